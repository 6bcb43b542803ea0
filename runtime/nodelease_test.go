package runtime

import (
	"testing"
	"testing/synctest"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	"k8s.io/apimachinery/pkg/types"
)

func TestTheNodeRenewsItsLease(t *testing.T) {
	inWorld(t, func(w *world) {
		synctest.Wait()
		key := types.NamespacedName{Namespace: "kube-node-lease", Name: NodeName}
		lease := func() *coordinationv1.Lease {
			t.Helper()
			lease, err := w.node.store.Leases.Get(key)
			if err != nil {
				t.Fatal(err)
			}
			return lease
		}
		first := lease()
		node, err := w.node.store.Nodes.Get(types.NamespacedName{Name: NodeName})
		if err != nil {
			t.Fatal(err)
		}
		if owners := first.OwnerReferences; len(owners) != 1 || owners[0].Kind != "Node" || owners[0].UID != node.UID || *first.Spec.HolderIdentity != NodeName {
			t.Errorf("%+v", first)
		}
		time.Sleep(time.Minute)
		if age := time.Since(lease().Spec.RenewTime.Time); age > leaseInterval {
			t.Errorf("renewed %v ago", age)
		}
		if _, err := w.node.store.Leases.Delete(key, nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(leaseInterval + time.Second)
		if lease().UID == first.UID {
			t.Error("it was not deleted")
		}
	})
}
