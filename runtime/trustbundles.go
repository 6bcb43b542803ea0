package runtime

import (
	"encoding/json"
	"fmt"
	"strings"

	certificatesv1 "k8s.io/api/certificates/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/store"
)

// savedTrustBundles are all bundles of trust anchors at a version of the store. Every pod that shows any has a record of them; the newest
// of these holds, so that a bundle that was deleted does not come back.
type savedTrustBundles struct {
	Version uint64
	Bundles []*certificatesv1.ClusterTrustBundle
}

// recordOfTrustBundles is the record of all bundles.
func recordOfTrustBundles(from *store.Collection[*certificatesv1.ClusterTrustBundle]) (objectRecord, error) {
	all, version := from.List("")
	var versions strings.Builder
	versions.WriteString("trust bundles\n") // none at all is a version, too
	for _, bundle := range all {
		versions.WriteString(bundle.Name + " " + bundle.ResourceVersion + "\n")
	}
	content, err := json.Marshal(savedTrustBundles{Version: version, Bundles: all})
	if err != nil {
		return objectRecord{}, fmt.Errorf("encoding the trust bundles: %w", err)
	}
	return objectRecord{name: trustBundlesRecord, version: versions.String(), content: content}, nil
}

// adoptTrustBundles makes the store's bundles those of a record, unless there was a newer one before.
func (n *Node) adoptTrustBundles(record []byte) error {
	if record == nil {
		return nil
	}
	var saved savedTrustBundles
	if err := json.Unmarshal(record, &saved); err != nil {
		return fmt.Errorf("reading %s: %w", trustBundlesRecord, err)
	}
	if saved.Version <= n.adoptedTrustBundles {
		return nil
	}
	n.adoptedTrustBundles = saved.Version
	putBackAll(n, n.store.TrustBundles, "", nil, saved.Bundles, saved.Version)
	return nil
}

// trustBundlesChanged has the pods that show trust anchors look at them again, and keep them.
func (n *Node) trustBundlesChanged() {
	n.eachWorker(func(w *worker) {
		if pod, ok := w.pod(); ok && podspec.HasTrustBundles(pod) {
			w.saver.save(pod, nil)
			w.inbox.nudge()
		}
	})
}
