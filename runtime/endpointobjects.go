//lint:file-ignore SA1019 clusters serve Endpoints, and clients read them, though EndpointSlices have taken their place

package runtime

import (
	"github.com/google/uuid"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/runtime/services"
	"github.com/podsim/podsim/runtime/store"
)

// refreshEndpoints makes the Endpoints and EndpointSlices of the store those of its Services and pods.
func (n *Node) refreshEndpoints() {
	all, _ := n.store.Services.List("")
	pods, _ := n.store.Pods.List("")
	var endpoints []*corev1.Endpoints
	var slices []*discoveryv1.EndpointSlice
	for _, service := range all {
		if made := services.Endpoints(service, pods); made != nil {
			endpoints = append(endpoints, made)
		}
		slices = append(slices, services.Slices(service, pods)...)
	}
	replaceAll(n.store.Endpoints, endpoints, func(kept, wanted *corev1.Endpoints) bool {
		same := equality.Semantic.DeepEqual(kept.Labels, wanted.Labels) && equality.Semantic.DeepEqual(kept.Subsets, wanted.Subsets)
		kept.Labels, kept.Subsets = wanted.Labels, wanted.Subsets
		return same
	})
	replaceAll(n.store.EndpointSlices, slices, func(kept, wanted *discoveryv1.EndpointSlice) bool {
		same := equality.Semantic.DeepEqual(kept.Labels, wanted.Labels) && equality.Semantic.DeepEqual(kept.Endpoints, wanted.Endpoints)
		if !same {
			kept.Generation++
		}
		kept.Labels, kept.Endpoints = wanted.Labels, wanted.Endpoints
		return same
	})
}

// replaceAll makes a collection hold the wanted objects and no others. Adopt makes a kept object what the wanted one is, and reports
// whether it was that already. Nobody else writes to the collection.
func replaceAll[T store.Object[T]](in *store.Collection[T], wanted []T, adopt func(kept, wanted T) bool) {
	left, _ := in.List("")
	obsolete := map[types.NamespacedName]bool{}
	for _, object := range left {
		obsolete[store.KeyOf(object)] = true
	}
	for _, object := range wanted {
		key := store.KeyOf(object)
		if !obsolete[key] {
			object.SetUID(types.UID(uuid.NewString()))
			object.SetCreationTimestamp(metav1.Now().Rfc3339Copy())
			object.SetGeneration(1)
			_, _ = in.Create(object) // it is not there
			continue
		}
		delete(obsolete, key)
		kept, err := in.Get(key)
		if err == nil && !adopt(kept.DeepCopy(), object) {
			_, _ = in.Update(key, func(kept T) error { adopt(kept, object); return nil })
		}
	}
	for key := range obsolete {
		_, _ = in.Delete(key, nil)
	}
}
