package kubeapi

import (
	"time"

	certificatesv1 "k8s.io/api/certificates/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func trustBundleTable() table[*certificatesv1.ClusterTrustBundle] {
	return table[*certificatesv1.ClusterTrustBundle]{
		columns: []metav1.TableColumnDefinition{nameColumn(), column("SignerName", "Signer whose trust anchors these are.")},
		row: func(bundle *certificatesv1.ClusterTrustBundle, _ time.Time) metav1.TableRow {
			return cells(bundle.Name, orNone(bundle.Spec.SignerName))
		},
	}
}
