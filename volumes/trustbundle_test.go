package volumes

import (
	"encoding/pem"
	"strings"
	"testing"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

func TestTrustAnchorsAreThereOnce(t *testing.T) {
	block := func(content string) string {
		return "# " + content + "\n" + string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte(content)}))
	}
	bundle := func(name, signer string, anchors ...string) *certificatesv1.ClusterTrustBundle {
		b := &certificatesv1.ClusterTrustBundle{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: certificatesv1.ClusterTrustBundleSpec{SignerName: signer}}
		for _, anchor := range anchors {
			b.Spec.TrustBundle += block(anchor)
		}
		return b
	}
	all := objects{trustBundles: []*certificatesv1.ClusterTrustBundle{
		bundle("a:s:1", "a/s", "two", "one"), bundle("a:s:2", "a/s", "three", "one"), bundle("roots", "", "four"),
	}}
	every, user, group := &metav1.LabelSelector{}, &corev1.PodSecurityContext{RunAsUser: ptr.To[int64](7)}, &corev1.PodSecurityContext{FSGroup: ptr.To[int64](8)}
	for _, row := range []struct {
		what    string
		source  corev1.ClusterTrustBundleProjection
		context *corev1.PodSecurityContext
		want    string // the certificates
		mode    int64
		owner   int64
		failure string
	}{
		{"by name", corev1.ClusterTrustBundleProjection{Name: ptr.To("roots")}, nil, "four", 0o644, 0, ""},
		{"by signer", corev1.ClusterTrustBundleProjection{SignerName: ptr.To("a/s"), LabelSelector: every}, nil, "one three two", 0o644, 0, ""},
		{"for one user", corev1.ClusterTrustBundleProjection{Name: ptr.To("roots")}, user, "four", 0o600, 7, ""},
		{"for a group", corev1.ClusterTrustBundleProjection{Name: ptr.To("roots")}, group, "four", 0o600, 0, ""},
		{"missing", corev1.ClusterTrustBundleProjection{Name: ptr.To("none")}, nil, "", 0, 0,
			`while getting ClusterTrustBundle: clustertrustbundle.certificates.k8s.io "none" not found`},
		{"of no signer", corev1.ClusterTrustBundleProjection{SignerName: ptr.To("a/s")}, nil, "", 0, 0,
			"combination of signerName and labelSelector matched zero ClusterTrustBundles"},
		{"missing, and optional", corev1.ClusterTrustBundleProjection{Name: ptr.To("none"), Optional: ptr.To(true)}, nil, "", 0o644, 0, ""},
	} {
		pod := &corev1.Pod{Spec: corev1.PodSpec{SecurityContext: row.context, Containers: []corev1.Container{{}}}}
		row.source.Path = "ca.pem"
		files, err := trustBundlePayload(pod, &row.source, 0o644, all)
		if row.failure != "" {
			if err == nil || err.Error() != row.failure {
				t.Errorf("%s: %v", row.what, err)
			}
			continue
		}
		var got []string
		for block, rest := pem.Decode(files["ca.pem"].content); block != nil; block, rest = pem.Decode(rest) {
			got = append(got, string(block.Bytes))
		}
		if f, there := files["ca.pem"]; err != nil || !there || strings.Join(got, " ") != row.want || f.mode != row.mode || f.owner != row.owner ||
			strings.Contains(string(f.content), "#") {
			t.Errorf("%s: %v %q %o of %d", row.what, err, got, f.mode, f.owner)
		}
	}
}
