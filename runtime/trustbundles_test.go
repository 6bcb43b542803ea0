package runtime

import (
	"slices"
	"testing"
	"time"

	certificatesv1 "k8s.io/api/certificates/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/runtime/store"
)

// Bundles of trust anchors come back with the pods that show some, and one that was deleted does not.
func TestTrustBundlesOutliveTheirNode(t *testing.T) {
	inWorld(t, func(w *world) {
		bundle := func(name string) *certificatesv1.ClusterTrustBundle {
			return &certificatesv1.ClusterTrustBundle{ObjectMeta: metav1.ObjectMeta{Name: name}}
		}
		names := func() []string {
			var found []string
			all, _ := w.node.store.TrustBundles.List("")
			for _, b := range all {
				found = append(found, b.Name)
			}
			return found
		}
		for _, name := range []string{"kept", "removed"} {
			if _, err := w.node.store.TrustBundles.Create(bundle(name)); err != nil {
				t.Fatal(err)
			}
		}
		w.create(`
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  volumes: [{name: trust, projected: {sources: [{clusterTrustBundle: {name: kept, path: a}}]}}]
  containers: [{name: main, image: "busybox:1.36", volumeMounts: [{name: trust, mountPath: /t}]}]
`)
		time.Sleep(time.Minute)
		w.restart(0)
		time.Sleep(time.Minute)
		if got := names(); !slices.Equal(got, []string{"kept", "removed"}) {
			t.Errorf("the next node has %q", got)
		}
		if _, err := w.node.store.TrustBundles.Delete(store.KeyOf(bundle("removed")), nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		w.restart(0)
		time.Sleep(time.Minute)
		if got := names(); !slices.Equal(got, []string{"kept"}) {
			t.Errorf("after the deletion the next node has %q", got)
		}
	})
}
