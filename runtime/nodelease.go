package runtime

import (
	"context"
	"time"

	"github.com/google/uuid"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
)

const (
	// leaseSeconds is how long a node counts as alive after the last sign of it, and leaseInterval how often it gives one: a quarter of that,
	// as a kubelet's.
	leaseSeconds  = 40
	leaseInterval = leaseSeconds * time.Second / 4
)

// keepLease renews the lease by which clients see that the node is alive, as a kubelet does, until the context ends.
func (n *Node) keepLease(ctx context.Context) {
	renew := time.NewTicker(leaseInterval)
	defer renew.Stop()
	for {
		n.renewLease(metav1.NowMicro())
		select {
		case <-ctx.Done():
			return
		case <-renew.C:
		}
	}
}

// renewLease makes the lease if it is not there, or not any more.
func (n *Node) renewLease(now metav1.MicroTime) {
	key := types.NamespacedName{Namespace: corev1.NamespaceNodeLease, Name: NodeName}
	spec := coordinationv1.LeaseSpec{HolderIdentity: ptr.To(NodeName), LeaseDurationSeconds: ptr.To[int32](leaseSeconds), RenewTime: &now}
	_, err := n.store.Leases.Update(key, func(lease *coordinationv1.Lease) error {
		lease.Spec = spec
		return nil
	})
	if err == nil {
		return
	}
	_, _ = n.store.Leases.Create(&coordinationv1.Lease{ // it fails only when a client was faster
		ObjectMeta: metav1.ObjectMeta{
			Namespace: key.Namespace, Name: key.Name, UID: types.UID(uuid.NewString()), CreationTimestamp: metav1.NewTime(now.Time).Rfc3339Copy(),
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Node", Name: NodeName, UID: n.tokens.nodeUID}},
		},
		Spec: spec,
	})
}
