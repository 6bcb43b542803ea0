package podspec

import (
	"testing"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

func TestWhichTrustBundlesASourceShows(t *testing.T) {
	live := &metav1.LabelSelector{MatchLabels: map[string]string{"live": "yes"}}
	bundle := func(name, signer, live string) *certificatesv1.ClusterTrustBundle {
		return &certificatesv1.ClusterTrustBundle{
			ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"live": live}}, Spec: certificatesv1.ClusterTrustBundleSpec{SignerName: signer},
		}
	}
	byName := corev1.ClusterTrustBundleProjection{Name: ptr.To("roots")}
	bySigner := func(selector *metav1.LabelSelector) corev1.ClusterTrustBundleProjection {
		return corev1.ClusterTrustBundleProjection{SignerName: ptr.To("example.com/a"), LabelSelector: selector}
	}
	for _, row := range []struct {
		what   string
		source corev1.ClusterTrustBundleProjection
		bundle *certificatesv1.ClusterTrustBundle
		want   bool
	}{
		{"its name", byName, bundle("roots", "", "no"), true},
		{"another name", byName, bundle("others", "", "no"), false},
		{"no selector", bySigner(nil), bundle("b", "example.com/a", "yes"), false},
		{"empty selector", bySigner(&metav1.LabelSelector{}), bundle("b", "example.com/a", "no"), true},
		{"labels that match", bySigner(live), bundle("b", "example.com/a", "yes"), true},
		{"labels that do not", bySigner(live), bundle("b", "example.com/a", "no"), false},
		{"another signer", bySigner(live), bundle("b", "example.com/b", "yes"), false},
	} {
		if got := ShowsTrustBundle(&row.source, row.bundle); got != row.want {
			t.Errorf("%s: %v", row.what, got)
		}
		pod := &corev1.Pod{Spec: corev1.PodSpec{Volumes: []corev1.Volume{{VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{
			Sources: []corev1.VolumeProjection{{ClusterTrustBundle: &row.source}},
		}}}}}}
		if got := ShowsTrustBundleIn(pod, row.bundle); got != row.want || !HasTrustBundles(pod) {
			t.Errorf("%s, in a pod: %v", row.what, got)
		}
	}
}
