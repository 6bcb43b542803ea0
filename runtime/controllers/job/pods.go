package job

import (
	"cmp"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/controllers/owned"
)

// IsTracked reports whether a pod carries the finalizer by which its Job counts it.
func IsTracked(pod *corev1.Pod) bool {
	return slices.Contains(pod.Finalizers, batchv1.JobTrackingFinalizer)
}

// hasFailed reports whether a pod counts as failed: one that is being deleted does, unless only ends count.
func hasFailed(pod *corev1.Pod, job *batchv1.Job) bool {
	return pod.Status.Phase == corev1.PodFailed || owned.IsTerminating(pod) && !replacesFailedOnly(job)
}

// condition is a pod's condition of that type if it has that status, else nil.
func condition(pod *corev1.Pod, kind corev1.PodConditionType, status corev1.ConditionStatus) *corev1.PodCondition {
	for i := range pod.Status.Conditions {
		if c := &pod.Status.Conditions[i]; c.Type == kind && c.Status == status {
			return c
		}
	}
	return nil
}

func filter(pods []*corev1.Pod, keep func(*corev1.Pod) bool) []*corev1.Pod {
	return slices.DeleteFunc(slices.Clone(pods), func(pod *corev1.Pod) bool { return !keep(pod) })
}

// finishedAt is when a pod came to its end: the end of its last container, sidecars included. Of a pod that does not show that it is when
// it stopped being ready, when its deletion was asked for, or when it was created.
func finishedAt(pod *corev1.Pod) time.Time {
	if last, known := lastEnd(pod); known {
		return last
	}
	if c := condition(pod, corev1.PodReady, corev1.ConditionFalse); c != nil && !c.LastTransitionTime.IsZero() {
		return c.LastTransitionTime.Time
	}
	if pod.DeletionTimestamp != nil {
		return pod.DeletionTimestamp.Add(-time.Duration(ptr.Deref(pod.DeletionGracePeriodSeconds, 0)) * time.Second)
	}
	return pod.CreationTimestamp.Time
}

// lastEnd is the end of the container that ended last; not known unless every main container and sidecar tells of its own.
func lastEnd(pod *corev1.Pod) (last time.Time, known bool) {
	statuses := slices.Clone(pod.Status.ContainerStatuses)
	for _, s := range pod.Status.InitContainerStatuses {
		if isSidecar(pod, s.Name) {
			statuses = append(statuses, s)
		}
	}
	for _, s := range statuses {
		if s.State.Terminated == nil || s.State.Terminated.FinishedAt.IsZero() {
			return time.Time{}, false
		}
		if end := s.State.Terminated.FinishedAt.Time; end.After(last) {
			last = end
		}
	}
	return last, len(statuses) > 0
}

func isSidecar(pod *corev1.Pod, name string) bool {
	return slices.ContainsFunc(pod.Spec.InitContainers, func(c corev1.Container) bool {
		return c.Name == name && podspec.IsSidecar(&c)
	})
}

// byProgress orders active pods so that those come first whose loss costs the least: not on a node, not started, not ready, ready for a
// short time, often restarted, new.
func byProgress(a, b *corev1.Pod) int {
	first := func(a, b bool) int { // true comes first
		switch {
		case a == b:
			return 0
		case a:
			return -1
		}
		return 1
	}
	mainsA, sidecarsA := restarts(a)
	mainsB, sidecarsB := restarts(b)
	return cmp.Or(
		first(a.Spec.NodeName == "", b.Spec.NodeName == ""),
		cmp.Compare(phaseRank(a), phaseRank(b)),
		first(!owned.IsReady(a), !owned.IsReady(b)),
		newerFirst(readySince(a), readySince(b)),
		cmp.Compare(mainsB, mainsA),
		cmp.Compare(sidecarsB, sidecarsA),
		newerFirst(a.CreationTimestamp.Time, b.CreationTimestamp.Time),
	)
}

func phaseRank(pod *corev1.Pod) int {
	return slices.Index([]corev1.PodPhase{corev1.PodPending, corev1.PodUnknown, corev1.PodRunning}, pod.Status.Phase)
}

// newerFirst puts the later time first, and an unknown one before all.
func newerFirst(a, b time.Time) int {
	switch {
	case a.IsZero() && b.IsZero():
		return 0
	case a.IsZero():
		return -1
	case b.IsZero():
		return 1
	}
	return b.Compare(a)
}

// readySince is since when a pod is ready, the zero time if it is not.
func readySince(pod *corev1.Pod) time.Time {
	if since, ready := owned.ReadySince(pod); ready {
		return since
	}
	return time.Time{}
}

// restarts are the most restarts of any main container, and of any sidecar.
func restarts(pod *corev1.Pod) (mains, sidecars int32) {
	for _, s := range pod.Status.ContainerStatuses {
		mains = max(mains, s.RestartCount)
	}
	for _, s := range pod.Status.InitContainerStatuses {
		if isSidecar(pod, s.Name) {
			sidecars = max(sidecars, s.RestartCount)
		}
	}
	return mains, sidecars
}
