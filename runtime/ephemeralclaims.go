package runtime

import (
	"context"
	"fmt"
	"time"

	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/volume"
	"github.com/google/uuid"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/volumes"
)

// makeEphemeralClaims makes the claims of the pod's ephemeral volumes that are not there (S11.45). One of that name that is not the pod's
// is the volume's failure, and so is data on the engine that belongs to a pod of another node.
func (n *Node) makeEphemeralClaims(ctx context.Context, pod *corev1.Pod) error {
	if len(podspec.EphemeralVolumes(pod)) == 0 {
		return nil
	}
	found, err := n.engine.VolumeList(ctx, volume.ListOptions{Filters: filters.NewArgs(
		filters.Arg("label", network.LabelManaged+"=true"), filters.Arg("label", network.LabelNamespace+"="+pod.Namespace))})
	if err != nil {
		return fmt.Errorf("looking for the data of ephemeral volumes: %w", err)
	}
	owners := map[string]string{}
	for _, v := range found.Volumes {
		owners[v.Name] = v.Labels[network.LabelPodUID]
	}
	var failures volumes.MountErrors
	for _, v := range podspec.EphemeralVolumes(pod) {
		name := podspec.EphemeralClaimName(pod, v)
		claim, err := n.store.Claims.Get(types.NamespacedName{Namespace: pod.Namespace, Name: name})
		if err != nil {
			if claim, err = n.store.Claims.Create(ephemeralClaim(pod, v)); err != nil {
				return fmt.Errorf("making the claim of volume %q: %w", v.Name, err)
			}
		}
		owner, there := owners[volumes.ClaimName(pod.Namespace, name)]
		if !metav1.IsControlledBy(claim, pod) || there && owner != string(pod.UID) {
			failures = append(failures, &volumes.MountError{Volume: v.Name, Unknown: true, Err: fmt.Errorf(
				"PVC %s/%s was not created for pod %s/%s (pod is not owner)", pod.Namespace, name, pod.Namespace, pod.Name)})
		}
	}
	return failures.OrNil()
}

// ephemeralClaim is the claim of an ephemeral volume, as a cluster's controller makes it.
func ephemeralClaim(pod *corev1.Pod, v *corev1.Volume) *corev1.PersistentVolumeClaim {
	template := v.Ephemeral.VolumeClaimTemplate.DeepCopy()
	claim := &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: pod.Namespace, Name: podspec.EphemeralClaimName(pod, v), Labels: template.Labels, Annotations: template.Annotations,
			Finalizers: []string{podspec.ClaimProtection},
			UID:        types.UID(uuid.NewString()), CreationTimestamp: metav1.NewTime(time.Now()).Rfc3339Copy(),
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(pod, corev1.SchemeGroupVersion.WithKind("Pod"))},
		},
		Spec:   template.Spec,
		Status: corev1.PersistentVolumeClaimStatus{Phase: corev1.ClaimPending},
	}
	return claim
}

// forgetEphemeralClaims drops the claims of a pod that is gone. Their data went with its other volumes.
func (n *Node) forgetEphemeralClaims(pod *corev1.Pod) {
	for _, v := range podspec.EphemeralVolumes(pod) {
		key := types.NamespacedName{Namespace: pod.Namespace, Name: podspec.EphemeralClaimName(pod, v)}
		if claim, err := n.store.Claims.Get(key); err == nil && metav1.IsControlledBy(claim, pod) {
			if _, err := n.store.Claims.Delete(key, nil); err != nil {
				n.log.Warn("forgetting a claim", "claim", key, "error", err)
			}
		}
	}
}
