package controllers

import (
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/store"
)

// EventFailedDelete is the reason of the Warning event on a claim that is to be deleted and cannot be.
const EventFailedDelete = "VolumeFailedDelete"

// inUseRetry is how long after containers were found that use a claim, of pods that the store does not know, it is tried again to let it go.
const inUseRetry = 2 * time.Second

// claimProtection lets claims go that are being deleted, once no pod uses them.
func (m *Manager) claimProtection() *controller {
	ofPods := func(ctx context.Context, pending queue) {
		all := func([]*corev1.Pod) { addAll(m.store.Claims, "", pending) }
		store.FollowEvents(ctx, m.store.Pods, all, func(event store.Event[*corev1.Pod]) {
			for _, name := range podspec.ClaimsOf(event.Object) {
				pending.Add(types.NamespacedName{Namespace: event.Object.Namespace, Name: name})
			}
		})
	}
	return &controller{
		name:      "pvc-protection",
		follow:    []func(context.Context, queue){followOwners(m.store.Claims), ofPods},
		reconcile: m.releaseUnused,
	}
}

// releaseUnused takes the protection off a claim that is being deleted, unless a pod uses it. With its last finalizer goes the claim.
func (m *Manager) releaseUnused(ctx context.Context, key types.NamespacedName) (time.Duration, error) {
	claim, err := m.store.Claims.Get(key)
	if err != nil || claim.DeletionTimestamp == nil || !slices.Contains(claim.Finalizers, podspec.ClaimProtection) {
		return 0, nil
	}
	pods, _ := m.store.Pods.List(claim.Namespace)
	if slices.ContainsFunc(pods, func(pod *corev1.Pod) bool { return podspec.UsesClaim(pod, claim) && !podspec.Loses(pod, claim) }) {
		return 0, nil
	}
	change := unfinalized(claim, podspec.ClaimProtection)
	_, err = m.client.CoreV1().PersistentVolumeClaims(claim.Namespace).Patch(ctx, claim.Name, types.StrategicMergePatchType, change, metav1.PatchOptions{})
	if err != nil && !passes(err) && ctx.Err() == nil {
		m.warn(owner{claim, m.store.Claims.Kind(), "pvc-protection-controller"}, EventFailedDelete, "%v", err)
	}
	if apierrors.IsForbidden(err) { // another node has a pod with it
		return inUseRetry, nil
	}
	return 0, err
}
