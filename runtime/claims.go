package runtime

import (
	"context"
	"fmt"

	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/volume"
	"github.com/google/uuid"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/volumes"
)

// adoptClaims makes a claim of every claim's volume on the engine, whichever node made it: the data outlives pods and nodes, and so a
// claim that is created again is the one that was there.
func (n *Node) adoptClaims(ctx context.Context) error {
	found, err := n.engine.VolumeList(ctx, volume.ListOptions{Filters: filters.NewArgs(
		filters.Arg("label", network.LabelManaged+"=true"), filters.Arg("label", volumes.LabelClaim))})
	if err != nil {
		return fmt.Errorf("looking for the volumes of claims: %w", err)
	}
	for _, v := range found.Volumes {
		if err := createAgain(n.store.Claims, claimOf(v)); err != nil {
			return err
		}
	}
	return nil
}

// claimOf is the claim whose data an engine volume holds, as far as the volume tells of it.
func claimOf(v *volume.Volume) *corev1.PersistentVolumeClaim {
	return &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:         v.Labels[network.LabelNamespace],
			Name:              v.Labels[volumes.LabelClaim],
			UID:               types.UID(uuid.NewString()),
			CreationTimestamp: metav1.NewTime(engineTime(v.CreatedAt)),
		},
		Spec:   corev1.PersistentVolumeClaimSpec{VolumeName: v.Name},
		Status: corev1.PersistentVolumeClaimStatus{Phase: corev1.ClaimBound},
	}
}

// DeleteClaim removes a claim and the engine volume that held its data.
func (n *Node) DeleteClaim(ctx context.Context, namespace, name string) error {
	key := types.NamespacedName{Namespace: namespace, Name: name}
	if _, err := n.store.Claims.Get(key); err != nil {
		return err
	}
	if err := volumes.RemoveClaim(ctx, n.engine, namespace, name); err != nil {
		return err
	}
	_, err := n.store.Claims.Delete(key, nil)
	return err
}
