// Package statefulset decides which pods of a StatefulSet are to be made and which are to go, and what the StatefulSet's status is. It is
// pure.
package statefulset

import (
	"slices"
	"strconv"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/podsim/podsim/podspec/workload"
	"github.com/podsim/podsim/runtime/controllers/owned"
)

// Plan is what is to be done for a StatefulSet.
type Plan struct {
	// Create are the ordinals of the pods that are to be made, in order.
	Create []int
	// Delete are the pods that are to go, in order. Of the Ended, which failed or succeeded, others of the same names take the place; the
	// Scaled leave no other.
	Delete, Ended, Scaled []*corev1.Pod
	// Again is after what time to look again although nothing changes; 0 is never.
	Again time.Duration
}

// Ordinal is the number at the end of the name of a pod of the StatefulSet; -1 if it is not one of its names.
func Ordinal(set *appsv1.StatefulSet, pod *corev1.Pod) int {
	text, found := strings.CutPrefix(pod.Name, set.Name+"-")
	number, err := strconv.Atoi(text)
	if !found || err != nil || number < 0 || strconv.Itoa(number) != text {
		return -1
	}
	return number
}

// IsBeyond reports whether a pod has an ordinal that is not wanted any more.
func IsBeyond(set *appsv1.StatefulSet, pod *corev1.Pod) bool {
	ordinal, start := Ordinal(set, pod), firstOrdinal(set)
	return ordinal < start || ordinal >= start+int(ptr.Deref(set.Spec.Replicas, 1))
}

func firstOrdinal(set *appsv1.StatefulSet) int {
	if set.Spec.Ordinals == nil {
		return 0
	}
	return int(set.Spec.Ordinals.Start)
}

// decision is what Decide knows of a StatefulSet.
type decision struct {
	set      *appsv1.StatefulSet
	now      time.Time
	inOrder  bool
	wanted   []*corev1.Pod // by ordinal from the first one; nil where there is none
	start    int
	tooMany  []*corev1.Pod // highest ordinal first
	revision string
	plan     Plan
}

// Decide compares the pods that are the StatefulSet's own with the ordinals that it wants. With the policy OrderedReady one pod at a time
// comes or goes, and each waits for those before it.
func Decide(set *appsv1.StatefulSet, pods []*corev1.Pod, now time.Time) Plan {
	if set.DeletionTimestamp != nil {
		return Plan{}
	}
	d := newDecision(set, pods, now)
	if d.fill() && d.shrink() {
		d.update()
	}
	return d.plan
}

func newDecision(set *appsv1.StatefulSet, pods []*corev1.Pod, now time.Time) *decision {
	d := &decision{
		set: set, now: now, inOrder: set.Spec.PodManagementPolicy != appsv1.ParallelPodManagement,
		wanted: make([]*corev1.Pod, ptr.Deref(set.Spec.Replicas, 1)), revision: workload.StatefulRevision(set), start: firstOrdinal(set),
	}
	for _, pod := range pods {
		switch ordinal := Ordinal(set, pod); {
		case ordinal < 0:
		case !IsBeyond(set, pod):
			d.wanted[ordinal-d.start] = pod
		default:
			d.tooMany = append(d.tooMany, pod)
		}
	}
	slices.SortFunc(d.tooMany, func(a, b *corev1.Pod) int { return Ordinal(set, b) - Ordinal(set, a) })
	return d
}

// fill makes the pods that are missing. It reports whether what comes after it may begin.
func (d *decision) fill() bool {
	for i, pod := range d.wanted {
		switch {
		case pod == nil:
			d.plan.Create = append(d.plan.Create, d.start+i)
		case owned.HasEnded(pod) && pod.DeletionTimestamp == nil:
			d.plan.Ended = append(d.plan.Ended, pod)
		case d.isAvailable(pod):
			continue
		}
		if d.inOrder {
			return false
		}
	}
	return true
}

// shrink lets the pods go that are too many, and reports whether what comes after it may begin.
func (d *decision) shrink() bool {
	unhealthy := d.firstUnhealthy()
	for _, pod := range d.tooMany {
		switch {
		case pod.DeletionTimestamp != nil:
		case d.inOrder && !isHealthy(pod) && pod != unhealthy: // another one is looked after first
		default:
			d.plan.Scaled = append(d.plan.Scaled, pod)
		}
		if d.inOrder {
			return false
		}
	}
	return true
}

// firstUnhealthy is the pod of the lowest ordinal that does not run or is not ready; nil if there is none.
func (d *decision) firstUnhealthy() *corev1.Pod {
	for _, pod := range d.wanted {
		if pod != nil && !isHealthy(pod) {
			return pod
		}
	}
	for _, pod := range slices.Backward(d.tooMany) {
		if !isHealthy(pod) {
			return pod
		}
	}
	return nil
}

// update lets pods of another template go, the highest ordinal first and no more at a time than may be missing.
func (d *decision) update() {
	strategy := d.set.Spec.UpdateStrategy
	if strategy.Type == appsv1.OnDeleteStatefulSetStrategyType {
		return
	}
	first, missing := 0, 0
	if strategy.RollingUpdate != nil {
		first = int(ptr.Deref(strategy.RollingUpdate.Partition, 0)) // of the wanted pods, whatever ordinal they begin with
	}
	for _, pod := range d.wanted {
		if pod == nil || !d.isAvailable(pod) {
			missing++
		}
	}
	for i := len(d.wanted) - 1; i >= max(first, 0); i-- {
		pod := d.wanted[i]
		if pod == nil || pod.DeletionTimestamp != nil || pod.Labels[appsv1.StatefulSetRevisionLabel] == d.revision {
			continue
		}
		if d.isAvailable(pod) {
			if missing >= d.mayMiss() {
				return
			}
			missing++
		}
		d.plan.Delete = append(d.plan.Delete, pod)
	}
}

// mayMiss is how many pods may be missing during an update.
func (d *decision) mayMiss() int {
	rolling := d.set.Spec.UpdateStrategy.RollingUpdate
	if rolling == nil || rolling.MaxUnavailable == nil {
		return 1
	}
	number, err := intstr.GetScaledValueFromIntOrPercent(rolling.MaxUnavailable, len(d.wanted), false)
	if err != nil {
		return 1
	}
	return max(number, 1)
}

// isHealthy says that a pod runs, is ready and is to stay.
func isHealthy(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodRunning && owned.IsReady(pod) && pod.DeletionTimestamp == nil
}

// isAvailable says that a pod has been healthy for long enough. If only time is missing, the plan looks again then.
func (d *decision) isAvailable(pod *corev1.Pod) bool {
	available, in := owned.Availability(pod, d.set.Spec.MinReadySeconds, d.now)
	d.plan.Again = owned.Sooner(d.plan.Again, in)
	return available && isHealthy(pod)
}

// Status is what a StatefulSet shows of its pods. Again is when it will be another one although nothing changes; 0 is never.
func Status(set *appsv1.StatefulSet, pods []*corev1.Pod, now time.Time) (status appsv1.StatefulSetStatus, again time.Duration) {
	revision := workload.StatefulRevision(set)
	status = appsv1.StatefulSetStatus{
		ObservedGeneration: set.Generation, CurrentRevision: set.Status.CurrentRevision, UpdateRevision: revision,
		CollisionCount: set.Status.CollisionCount, Conditions: set.Status.Conditions,
	}
	if status.CollisionCount == nil {
		status.CollisionCount = new(int32)
	}
	if status.CurrentRevision == "" {
		status.CurrentRevision = revision
	}
	for _, pod := range pods {
		if pod.Status.Phase == "" {
			continue
		}
		status.Replicas++
		if pod.Status.Phase == corev1.PodRunning && owned.IsReady(pod) {
			status.ReadyReplicas++
			available, in := owned.Availability(pod, set.Spec.MinReadySeconds, now)
			if available {
				status.AvailableReplicas++
			}
			again = owned.Sooner(again, in)
		}
		if pod.DeletionTimestamp != nil {
			continue
		}
		if pod.Labels[appsv1.StatefulSetRevisionLabel] == status.CurrentRevision {
			status.CurrentReplicas++
		}
		if pod.Labels[appsv1.StatefulSetRevisionLabel] == revision {
			status.UpdatedReplicas++
		}
	}
	if set.Spec.UpdateStrategy.Type != appsv1.OnDeleteStatefulSetStrategyType &&
		status.UpdatedReplicas == status.Replicas && status.ReadyReplicas == status.Replicas {
		status.CurrentRevision, status.CurrentReplicas = revision, status.UpdatedReplicas
	}
	return status, again
}
