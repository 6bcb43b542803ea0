// Package replicaset decides what a ReplicaSet's pods need: how many are to be made, which are to go, and what the ReplicaSet's status is.
// It is pure.
package replicaset

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/ptr"

	"github.com/podsim/podsim/runtime/controllers/owned"
)

// Plan is what is to be done for a ReplicaSet.
type Plan struct {
	// Create is how many pods are to be made.
	Create int
	// Delete are the pods that are to go.
	Delete []*corev1.Pod
	// Again is after what time to look again although nothing changes; 0 is never.
	Again time.Duration
}

// Decide compares the pods that are the ReplicaSet's own with the number that it wants.
func Decide(rs *appsv1.ReplicaSet, pods []*corev1.Pod, now time.Time) Plan {
	if rs.DeletionTimestamp != nil {
		return Plan{}
	}
	active := slices.DeleteFunc(slices.Clone(pods), func(pod *corev1.Pod) bool { return !owned.IsActive(pod) })
	missing := int(ptr.Deref(rs.Spec.Replicas, 1)) - len(active)
	switch {
	case missing > 0:
		if wait := patience(pods, now); wait > 0 {
			return Plan{Again: wait}
		}
		return Plan{Create: missing}
	case missing < 0:
		slices.SortStableFunc(active, firstToGo)
		return Plan{Delete: active[:-missing]}
	}
	return Plan{}
}

// maxPatience is the longest time between pods of which each fails.
const maxPatience = 5 * time.Minute

// patience is how long to wait before pods take the place of those that failed. On a node without a scheduler a pod for which there is no
// room fails at once, where in a cluster it would wait, and without end many would follow it: the first two are replaced at once, and
// those after them ever more slowly.
func patience(pods []*corev1.Pod, now time.Time) time.Duration {
	failed, last := 0, time.Time{}
	for _, pod := range pods {
		if pod.Status.Phase == corev1.PodFailed {
			failed++
			if pod.CreationTimestamp.After(last) {
				last = pod.CreationTimestamp.Time
			}
		}
	}
	const spared = 2
	if failed <= spared {
		return 0
	}
	pause := min(time.Second<<min(failed-spared-1, 16), maxPatience)
	return max(last.Add(pause).Sub(now), 0)
}

// firstToGo orders pods by which of them a ReplicaSet with too many deletes first: those that are least on their way, that cost least to
// delete, that have served for the shortest time, that crashed most often, and the youngest.
func firstToGo(a, b *corev1.Pod) int {
	return cmp.Or(
		cmp.Compare(progress(a), progress(b)),
		cmp.Compare(deletionCost(a), deletionCost(b)),
		readyTime(b).Compare(readyTime(a)),
		-cmp.Compare(restarts(a), restarts(b)),
		b.CreationTimestamp.Compare(a.CreationTimestamp.Time),
		cmp.Compare(a.UID, b.UID),
	)
}

// progress is how far a pod has come.
func progress(pod *corev1.Pod) int {
	switch {
	case pod.Status.Phase == corev1.PodRunning && owned.IsReady(pod):
		return 4
	case pod.Status.Phase == corev1.PodRunning:
		return 3
	case pod.Status.Phase == corev1.PodUnknown:
		return 2
	case owned.IsReady(pod):
		return 1
	}
	return 0
}

func deletionCost(pod *corev1.Pod) int64 {
	cost, err := strconv.ParseInt(pod.Annotations[corev1.PodDeletionCost], 10, 32)
	if err != nil {
		return 0
	}
	return cost
}

// readyTime is since when a pod is ready; zero if it is not.
func readyTime(pod *corev1.Pod) time.Time {
	if since, ready := owned.ReadySince(pod); ready {
		return since
	}
	return time.Time{}
}

// restarts are those of the container that was restarted most often.
func restarts(pod *corev1.Pod) int32 {
	var most int32
	for _, c := range pod.Status.ContainerStatuses {
		most = max(most, c.RestartCount)
	}
	return most
}

// Status is what a ReplicaSet shows of its own pods. The failure is why pods could not be made or deleted, nil if all could. Again is when
// it will be another one although nothing changes; 0 is never.
func Status(rs *appsv1.ReplicaSet, pods []*corev1.Pod, failure error, now time.Time) (status appsv1.ReplicaSetStatus, again time.Duration) {
	status = appsv1.ReplicaSetStatus{ObservedGeneration: rs.Generation, Conditions: conditions(rs, pods, failure, now), TerminatingReplicas: new(int32)}
	template := labels.SelectorFromSet(rs.Spec.Template.Labels)
	for _, pod := range pods {
		if owned.IsTerminating(pod) {
			*status.TerminatingReplicas++
		}
		if !owned.IsActive(pod) {
			continue
		}
		status.Replicas++
		if template.Matches(labels.Set(pod.Labels)) {
			status.FullyLabeledReplicas++
		}
		if owned.IsReady(pod) {
			status.ReadyReplicas++
		}
		available, in := owned.Availability(pod, rs.Spec.MinReadySeconds, now)
		if available {
			status.AvailableReplicas++
		}
		again = owned.Sooner(again, in)
	}
	return status, again
}

// conditions are the conditions of the ReplicaSet, and the failure among them for as long as it lasts.
func conditions(rs *appsv1.ReplicaSet, pods []*corev1.Pod, failure error, now time.Time) []appsv1.ReplicaSetCondition {
	kept := slices.DeleteFunc(slices.Clone(rs.Status.Conditions), func(c appsv1.ReplicaSetCondition) bool { return c.Type == appsv1.ReplicaSetReplicaFailure })
	if failure == nil {
		return kept
	}
	if len(kept) < len(rs.Status.Conditions) { // as it was told of first
		return rs.Status.Conditions
	}
	active := slices.DeleteFunc(slices.Clone(pods), func(pod *corev1.Pod) bool { return !owned.IsActive(pod) })
	reason := "FailedCreate"
	if len(active) > int(ptr.Deref(rs.Spec.Replicas, 1)) {
		reason = "FailedDelete"
	}
	return append(kept, appsv1.ReplicaSetCondition{
		Type: appsv1.ReplicaSetReplicaFailure, Status: corev1.ConditionTrue, LastTransitionTime: metav1.NewTime(now).Rfc3339Copy(),
		Reason: reason, Message: failure.Error(),
	})
}
