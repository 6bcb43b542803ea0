// Package daemonset decides what the pod of a DaemonSet on the one node needs, and what the DaemonSet's status is. It is pure.
package daemonset

import (
	"cmp"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec/workload"
	"github.com/podsim/podsim/runtime/controllers/owned"
)

// Plan is what is to be done for a DaemonSet.
type Plan struct {
	// Create says that a pod is to be made.
	Create bool
	// Delete are the pods that are to go: those that are too many or of an old template. Failed have ended, and make room for another.
	Delete, Failed []*corev1.Pod
}

// Decide looks at the pods that are the DaemonSet's own. There is never more than one at a time: another is made when the one before is
// gone.
func Decide(ds *appsv1.DaemonSet, pods []*corev1.Pod) Plan {
	if ds.DeletionTimestamp != nil {
		return Plan{}
	}
	var plan Plan
	var alive []*corev1.Pod
	for _, pod := range oldestFirst(pods) {
		switch {
		case owned.HasEnded(pod):
			if pod.DeletionTimestamp == nil {
				plan.Failed = append(plan.Failed, pod)
			}
		case pod.DeletionTimestamp == nil:
			alive = append(alive, pod)
		}
	}
	if len(pods) == 0 {
		plan.Create = true
	}
	if len(alive) == 0 {
		return plan
	}
	plan.Delete = alive[1:]
	if ds.Spec.UpdateStrategy.Type != appsv1.OnDeleteDaemonSetStrategyType && !isCurrent(ds, alive[0]) {
		plan.Delete = alive
	}
	return plan
}

// isCurrent says that a pod is of the DaemonSet's template as it is now.
func isCurrent(ds *appsv1.DaemonSet, pod *corev1.Pod) bool {
	return pod.Labels[appsv1.ControllerRevisionHashLabelKey] == workload.DaemonHash(ds)
}

func oldestFirst(pods []*corev1.Pod) []*corev1.Pod {
	return slices.SortedStableFunc(slices.Values(pods), func(a, b *corev1.Pod) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
}

// Status is what a DaemonSet shows of its pods, of which the oldest counts. Again is when it will be another one although nothing
// changes; 0 is never.
func Status(ds *appsv1.DaemonSet, pods []*corev1.Pod, now time.Time) (status appsv1.DaemonSetStatus, again time.Duration) {
	status = appsv1.DaemonSetStatus{
		ObservedGeneration: ds.Generation, DesiredNumberScheduled: 1, CollisionCount: ds.Status.CollisionCount, Conditions: ds.Status.Conditions,
	}
	if len(pods) > 0 {
		pod := oldestFirst(pods)[0]
		status.CurrentNumberScheduled = 1
		if owned.IsReady(pod) {
			status.NumberReady = 1
		}
		available, in := owned.Availability(pod, ds.Spec.MinReadySeconds, now)
		if available {
			status.NumberAvailable = 1
		}
		if isCurrent(ds, pod) {
			status.UpdatedNumberScheduled = 1
		}
		again = in
	}
	status.NumberUnavailable = status.DesiredNumberScheduled - status.NumberAvailable
	return status, again
}
