package volumes

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/ptr"

	"github.com/podsim/podsim/podspec"
)

// trustBundlePayload is the file with the trust anchors of the bundles that a source shows. What it says of missing ones are a kubelet's
// words; of an optional source the file is empty then. It is as much for the eyes of the pod's user alone as a token is.
func trustBundlePayload(pod *corev1.Pod, source *corev1.ClusterTrustBundleProjection, mode int64, objects Objects) (payload, error) {
	var shown []*certificatesv1.ClusterTrustBundle
	for _, bundle := range objects.TrustBundles() {
		if podspec.ShowsTrustBundle(source, bundle) {
			shown = append(shown, bundle)
		}
	}
	if len(shown) == 0 && !ptr.Deref(source.Optional, false) {
		if source.Name != nil {
			return nil, fmt.Errorf("while getting ClusterTrustBundle: %w", apierrors.NewNotFound(certificatesv1.Resource("clustertrustbundle"), *source.Name))
		}
		return nil, errors.New("combination of signerName and labelSelector matched zero ClusterTrustBundles")
	}
	return payload{path.Clean(source.Path): forPodsUser(pod, file{content: trustAnchors(shown), mode: mode})}, nil
}

// trustAnchors are the certificates of bundles, each once and without what stands around it. A kubelet gives them in an order that
// changes when it is restarted, so that nobody relies on it; here they are sorted.
func trustAnchors(bundles []*certificatesv1.ClusterTrustBundle) []byte {
	anchors := map[string]bool{}
	for _, bundle := range bundles {
		for block, rest := pem.Decode([]byte(bundle.Spec.TrustBundle)); block != nil; block, rest = pem.Decode(rest) {
			anchors[string(block.Bytes)] = true
		}
	}
	var content bytes.Buffer
	for _, anchor := range slices.Sorted(maps.Keys(anchors)) {
		_ = pem.Encode(&content, &pem.Block{Type: "CERTIFICATE", Bytes: []byte(anchor)}) // a buffer takes all
	}
	return content.Bytes()
}
