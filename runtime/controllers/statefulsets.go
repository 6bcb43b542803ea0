package controllers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/podspec/workload"
	"github.com/podsim/podsim/runtime/controllers/owned"
	"github.com/podsim/podsim/runtime/controllers/statefulset"
	"github.com/podsim/podsim/runtime/store"
)

func (m *Manager) statefulSets() *controller {
	return &controller{
		name:      "statefulset",
		follow:    []func(context.Context, queue){followOwners(m.store.StatefulSets), followOwned(m.store.StatefulSets, m.store.Pods)},
		reconcile: m.reconcileStatefulSet,
	}
}

func (m *Manager) reconcileStatefulSet(ctx context.Context, key types.NamespacedName) (time.Duration, error) {
	set, err := m.store.StatefulSets.Get(key)
	if apierrors.IsNotFound(err) {
		return 0, nil
	}
	o := owner{set, m.store.StatefulSets.Kind(), "statefulset-controller"}
	pods, err := m.membersOf(ctx, o, set)
	if err != nil {
		return 0, err
	}
	plan := statefulset.Decide(set, pods, time.Now())
	failure := errors.Join(m.ownClaims(ctx, o, set, pods), m.arrange(ctx, o, set, plan))
	if isTerminating(failure) {
		failure = nil
	}
	if pods, err = m.membersOf(ctx, o, set); err != nil {
		return 0, err
	}
	status, again := statefulset.Status(set, pods, time.Now())
	if !equality.Semantic.DeepEqual(status, set.Status) {
		changed := set.DeepCopy()
		changed.Status = status
		_, err = m.client.AppsV1().StatefulSets(set.Namespace).UpdateStatus(ctx, changed, metav1.UpdateOptions{})
	}
	return owned.Sooner(plan.Again, again), errors.Join(failure, err)
}

// membersOf are the StatefulSet's own pods, of which only those with its names count.
func (m *Manager) membersOf(ctx context.Context, o owner, set *appsv1.StatefulSet) ([]*corev1.Pod, error) {
	pods, err := m.podsOf(ctx, o, set.Spec.Selector)
	return slices.DeleteFunc(pods, func(pod *corev1.Pod) bool { return statefulset.Ordinal(set, pod) < 0 }), err
}

// arrange makes and deletes pods in the order of the plan.
func (m *Manager) arrange(ctx context.Context, o owner, set *appsv1.StatefulSet, plan statefulset.Plan) error {
	for _, ordinal := range plan.Create {
		if err := m.createMember(ctx, o, set, ordinal); err != nil {
			return err
		}
	}
	for _, pod := range plan.Ended {
		m.warn(o, "RecreatingTerminatedPod", "StatefulSet %s/%s is recreating terminated Pod %s", set.Namespace, set.Name, pod.Name)
	}
	for _, pod := range slices.Concat(plan.Ended, plan.Scaled, plan.Delete) {
		switch err := m.removePod(ctx, pod); {
		case apierrors.IsNotFound(err):
		case err != nil:
			m.warn(o, "FailedDelete", "delete Pod %s in StatefulSet %s failed error: %v", pod.Name, set.Name, err)
			return err
		default:
			m.tell(o, "SuccessfulDelete", "delete Pod %s in StatefulSet %s successful", pod.Name, set.Name)
		}
	}
	return nil
}

// createMember makes the claims of a pod that are missing, and then the pod.
func (m *Manager) createMember(ctx context.Context, o owner, set *appsv1.StatefulSet, ordinal int) error {
	pod, claims := workload.StatefulPod(set, ordinal)
	for _, claim := range claims {
		if err := m.ensureClaim(ctx, o, set, pod, claim); err != nil {
			return err
		}
	}
	_, err := m.client.CoreV1().Pods(set.Namespace).Create(ctx, pod, metav1.CreateOptions{})
	switch {
	case err == nil:
		m.tell(o, "SuccessfulCreate", "create Pod %s in StatefulSet %s successful", pod.Name, set.Name)
	case !isTerminating(err) && ctx.Err() == nil:
		m.warn(o, "FailedCreate", "create Pod %s in StatefulSet %s failed error: %v", pod.Name, set.Name, err)
	}
	return err
}

// ensureClaim makes a claim that is missing. One that is there gets its owners with the others, when it has its pod.
func (m *Manager) ensureClaim(ctx context.Context, o owner, set *appsv1.StatefulSet, pod *corev1.Pod, claim *corev1.PersistentVolumeClaim) error {
	claim.OwnerReferences = claimOwners(o, set, nil)
	there, err := m.store.Claims.Get(store.KeyOf(claim))
	switch {
	case err == nil && there.DeletionTimestamp != nil:
		return fmt.Errorf("claim %s is being deleted", claim.Name)
	case err == nil:
		return m.updateOwners(ctx, there, claim.OwnerReferences)
	}
	_, err = m.client.CoreV1().PersistentVolumeClaims(set.Namespace).Create(ctx, claim, metav1.CreateOptions{})
	switch {
	case apierrors.IsAlreadyExists(err): // with a volume of another node's
		return nil
	case err == nil:
		m.tell(o, "SuccessfulCreate", "create Claim %s Pod %s in StatefulSet %s success", claim.Name, pod.Name, set.Name)
	case !isTerminating(err) && ctx.Err() == nil:
		m.warn(o, "FailedCreate", "create Claim %s for Pod %s in StatefulSet %s failed error: %v", claim.Name, pod.Name, set.Name, err)
	}
	return err
}

// ownClaims gives the claims of all pods the owners with which they are to go, which a change of the StatefulSet may have made others.
func (m *Manager) ownClaims(ctx context.Context, o owner, set *appsv1.StatefulSet, pods []*corev1.Pod) error {
	for _, pod := range pods {
		owners := claimOwners(o, set, pod)
		_, claims := workload.StatefulPod(set, statefulset.Ordinal(set, pod))
		for _, claim := range claims {
			there, err := m.store.Claims.Get(store.KeyOf(claim))
			if err != nil {
				continue
			}
			if err := m.updateOwners(ctx, there, owners); err != nil {
				return err
			}
		}
	}
	return nil
}

// claimOwners are the owners with which the claims of a pod go: the pod, if there are too many and claims are not to outlast that, or else
// the StatefulSet, if they are not to outlast it. The pod is nil if it is still to be made.
func claimOwners(o owner, set *appsv1.StatefulSet, pod *corev1.Pod) []metav1.OwnerReference {
	const remove = appsv1.DeletePersistentVolumeClaimRetentionPolicyType
	beyond := pod != nil && statefulset.IsBeyond(set, pod)
	switch {
	case beyond && whenScaled(set) == remove:
		return []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: pod.Name, UID: pod.UID}}
	case whenDeleted(set) == remove:
		return []metav1.OwnerReference{{APIVersion: o.kind.GroupVersion().String(), Kind: o.kind.Kind, Name: set.Name, UID: set.UID}}
	}
	return nil
}

// updateOwners gives a claim the owners by which a StatefulSet has it deleted, and takes those off that it gave it before.
func (m *Manager) updateOwners(ctx context.Context, claim *corev1.PersistentVolumeClaim, owners []metav1.OwnerReference) error {
	changed := claim.DeepCopy()
	changed.OwnerReferences = slices.DeleteFunc(changed.OwnerReferences, func(r metav1.OwnerReference) bool {
		ours := r.Kind == "StatefulSet" && strings.HasPrefix(r.APIVersion, appsv1.GroupName+"/") || r.Kind == "Pod"
		return ours && r.Controller == nil
	})
	changed.OwnerReferences = append(changed.OwnerReferences, owners...)
	if equality.Semantic.DeepEqual(claim.OwnerReferences, changed.OwnerReferences) {
		return nil
	}
	_, err := m.client.CoreV1().PersistentVolumeClaims(claim.Namespace).Update(ctx, changed, metav1.UpdateOptions{})
	return err
}

func whenDeleted(set *appsv1.StatefulSet) appsv1.PersistentVolumeClaimRetentionPolicyType {
	if policy := set.Spec.PersistentVolumeClaimRetentionPolicy; policy != nil {
		return policy.WhenDeleted
	}
	return appsv1.RetainPersistentVolumeClaimRetentionPolicyType
}

func whenScaled(set *appsv1.StatefulSet) appsv1.PersistentVolumeClaimRetentionPolicyType {
	if policy := set.Spec.PersistentVolumeClaimRetentionPolicy; policy != nil {
		return policy.WhenScaled
	}
	return appsv1.RetainPersistentVolumeClaimRetentionPolicyType
}
