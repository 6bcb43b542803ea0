package kubeapi

import (
	"time"

	certificatesv1 "k8s.io/api/certificates/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/podsim/podsim/podspec/validation"
)

func trustBundles(config Config) *resource[*certificatesv1.ClusterTrustBundle] {
	bundles := stored(config.Store.TrustBundles, config.Clock, trustBundleTable(), func(bundle *certificatesv1.ClusterTrustBundle) fields.Set {
		return fields.Set{"metadata.name": bundle.Name, "spec.signerName": bundle.Spec.SignerName}
	})
	bundles.clusterScoped = true
	bundles.finish = validation.ValidateTrustBundle // which has no defaults
	bundles.finishUpdate = validation.ValidateTrustBundleUpdate
	return bundles
}

func trustBundleTable() table[*certificatesv1.ClusterTrustBundle] {
	return table[*certificatesv1.ClusterTrustBundle]{
		columns: []metav1.TableColumnDefinition{nameColumn(), column("SignerName", "Signer whose trust anchors these are.")},
		row: func(bundle *certificatesv1.ClusterTrustBundle, _ time.Time) metav1.TableRow {
			return cells(bundle.Name, orNone(bundle.Spec.SignerName))
		},
	}
}

// certificateResources is what discovery tells of the group of certificates.
func certificateResources() []served {
	return []served{{plural: "clustertrustbundles", singular: "clustertrustbundle", kind: "ClusterTrustBundle",
		verbs: []string{"create", "delete", "get", "list", "patch", "update", "watch"}}}
}
