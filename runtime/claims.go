package runtime

import (
	"context"
	"fmt"
	"slices"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/volume"
	"github.com/google/uuid"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/defaults"
	"github.com/podsim/podsim/runtime/kubeapi"
	"github.com/podsim/podsim/runtime/store"
	"github.com/podsim/podsim/volumes"
)

// AdoptClaims makes a claim of every claim's volume on the engine, whichever node made it: the data outlives pods and nodes, and so a
// claim that is created again is the one that was there.
func (n *Node) AdoptClaims(ctx context.Context) error {
	return n.adoptClaims(ctx, func([]*volume.Volume) {})
}

// adoptClaims is AdoptClaims, and shows the volumes to look before it makes claims of them.
func (n *Node) adoptClaims(ctx context.Context, look func([]*volume.Volume)) error {
	n.claiming.Lock()
	defer n.claiming.Unlock()
	found, err := n.engine.VolumeList(ctx, volume.ListOptions{Filters: filters.NewArgs(
		filters.Arg("label", network.LabelManaged+"=true"), filters.Arg("label", volumes.LabelClaim))})
	if err != nil {
		return fmt.Errorf("looking for the volumes of claims: %w", err)
	}
	look(found.Volumes)
	for _, v := range found.Volumes {
		claim := claimOf(v)
		kubeapi.EnsureNamespace(n.store, claim.Namespace)
		if err := createAgain(n.store.Claims, claim); err != nil {
			return err
		}
		n.bindClaim(store.KeyOf(claim)) // it may have been recorded before it had its volume
	}
	return nil
}

// forgetLostClaims drops the claims that had a volume of which nothing is left: somebody removed it from the engine while no node was
// there to see.
func (n *Node) forgetLostClaims(found []*volume.Volume) {
	claims, _ := n.store.Claims.List("")
	for _, claim := range claims {
		name := volumes.ClaimName(claim.Namespace, claim.Name)
		is := func(v *volume.Volume) bool { return v.Name == name }
		owner := metav1.GetControllerOf(claim)
		ofPod := owner != nil && owner.Kind == "Pod" // whose volume bears no claim's label, and goes with the pod
		if ofPod || claim.Status.Phase != corev1.ClaimBound || slices.ContainsFunc(found, is) {
			continue
		}
		n.log.Info("dropping a claim whose volume is gone", "claim", store.KeyOf(claim), "volume", name)
		_, _ = n.store.Claims.Delete(store.KeyOf(claim), nil) // nobody else changes it yet
	}
}

// checkClaims fails for the volumes of a pod whose claims were being deleted already when it came, until they are gone.
func (n *Node) checkClaims(pod *corev1.Pod) error {
	var failures volumes.MountErrors
	for _, v := range pod.Spec.Volumes {
		if v.PersistentVolumeClaim == nil {
			continue
		}
		key := types.NamespacedName{Namespace: pod.Namespace, Name: v.PersistentVolumeClaim.ClaimName}
		if claim, err := n.store.Claims.Get(key); err == nil && podspec.Loses(pod, claim) {
			failures = append(failures, &volumes.MountError{Volume: v.Name, Unknown: true, Err: fmt.Errorf(
				"error processing PVC %s: PVC is being deleted", key)})
		}
	}
	return failures.OrNil()
}

// bindClaims has the claims of a pod show that their volumes are there. A pod can use a claim that nobody created: its volume is made all the
// same, and then the claim of that.
func (n *Node) bindClaims(ctx context.Context, pod *corev1.Pod) {
	for _, name := range podspec.ClaimsOf(pod) {
		key := types.NamespacedName{Namespace: pod.Namespace, Name: name}
		if _, err := n.store.Claims.Get(key); err == nil {
			n.bindClaim(key)
		} else if err := n.AdoptClaims(ctx); err != nil {
			n.log.Warn("making the claim of a volume", "claim", key, "error", err)
		}
	}
}

// bindClaim has a claim show that its volume is there.
func (n *Node) bindClaim(key types.NamespacedName) {
	_, err := n.store.Claims.Update(key, func(claim *corev1.PersistentVolumeClaim) error {
		claim.Spec.VolumeName = volumeName(claim)
		if claim.Status.Phase == corev1.ClaimBound {
			return nil
		}
		claim.Status.Phase, claim.Status.AccessModes = corev1.ClaimBound, claim.Spec.AccessModes
		if size, ok := claim.Spec.Resources.Requests[corev1.ResourceStorage]; ok {
			claim.Status.Capacity = corev1.ResourceList{corev1.ResourceStorage: size}
		}
		return nil
	})
	if err != nil && !apierrors.IsNotFound(err) {
		n.log.Warn("binding a claim", "claim", key, "error", err)
	}
}

// claimOf is the claim whose data an engine volume holds, as far as the volume tells of it.
func claimOf(v *volume.Volume) *corev1.PersistentVolumeClaim {
	claim := &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:         v.Labels[network.LabelNamespace],
			Name:              v.Labels[volumes.LabelClaim],
			UID:               types.UID(uuid.NewString()),
			CreationTimestamp: metav1.NewTime(engineTime(v.CreatedAt)),
			Finalizers:        []string{podspec.ClaimProtection},
		},
		Status: corev1.PersistentVolumeClaimStatus{Phase: corev1.ClaimBound},
	}
	claim.Spec.VolumeName = volumeName(claim)
	defaults.Claim(claim) // so that a client that sends it back changes nothing
	return claim
}

// DeleteClaim removes a claim and the engine volume that held its data. The error is Forbidden as long as a container uses it.
func (n *Node) DeleteClaim(ctx context.Context, namespace, name string) error {
	key := types.NamespacedName{Namespace: namespace, Name: name}
	if _, err := n.store.Claims.Get(key); err != nil {
		return err
	}
	n.claiming.Lock()
	defer n.claiming.Unlock()
	err := volumes.RemoveClaim(ctx, n.engine, namespace, name)
	if errdefs.IsConflict(err) {
		return apierrors.NewForbidden(n.store.Claims.Resource(), name, fmt.Errorf("containers of a pod use it: %w", err))
	}
	if err != nil {
		return err
	}
	_, err = n.store.Claims.Delete(key, nil)
	return err
}
