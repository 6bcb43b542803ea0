package podspec

import (
	"slices"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// ShowsTrustBundle tells whether a source of a projected volume shows the trust anchors of a bundle: the one that it names, or those of
// its signer with the right labels. Without a selector these are none, with an empty one all.
func ShowsTrustBundle(source *corev1.ClusterTrustBundleProjection, bundle *certificatesv1.ClusterTrustBundle) bool {
	if source.Name != nil {
		return bundle.Name == *source.Name
	}
	selector, err := metav1.LabelSelectorAsSelector(source.LabelSelector)
	return err == nil && source.SignerName != nil && bundle.Spec.SignerName == *source.SignerName && selector.Matches(labels.Set(bundle.Labels))
}

// ShowsTrustBundleIn tells whether any volume of a pod shows a bundle.
func ShowsTrustBundleIn(pod *corev1.Pod, bundle *certificatesv1.ClusterTrustBundle) bool {
	return slices.ContainsFunc(Projections(pod), func(source *corev1.VolumeProjection) bool {
		return source.ClusterTrustBundle != nil && ShowsTrustBundle(source.ClusterTrustBundle, bundle)
	})
}

// HasTrustBundles tells whether any volume of a pod shows bundles, whether there are some or not.
func HasTrustBundles(pod *corev1.Pod) bool {
	return slices.ContainsFunc(Projections(pod), func(source *corev1.VolumeProjection) bool { return source.ClusterTrustBundle != nil })
}
