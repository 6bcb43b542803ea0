// Package owned tells what controllers ask of the pods and other objects that they own: which are theirs, and which of them count. It is
// pure: it knows neither a store nor a clock.
package owned

import (
	"time"

	corev1 "k8s.io/api/core/v1"
)

// IsActive says that a pod has neither ended nor is about to.
func IsActive(pod *corev1.Pod) bool {
	return !HasEnded(pod) && pod.DeletionTimestamp == nil
}

// IsTerminating says that a pod is about to end.
func IsTerminating(pod *corev1.Pod) bool {
	return !HasEnded(pod) && pod.DeletionTimestamp != nil
}

// HasEnded says that a pod has succeeded or failed.
func HasEnded(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}

// ReadySince is since when a pod is ready, and whether it is.
func ReadySince(pod *corev1.Pod) (time.Time, bool) {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.LastTransitionTime.Time, c.Status == corev1.ConditionTrue
		}
	}
	return time.Time{}, false
}

// IsReady says that a pod is ready.
func IsReady(pod *corev1.Pod) bool {
	_, ready := ReadySince(pod)
	return ready
}

// Availability says whether a pod has been ready for so many seconds, and if it is ready but not for that long, how long it will take.
func Availability(pod *corev1.Pod, minReadySeconds int32, now time.Time) (available bool, in time.Duration) {
	since, ready := ReadySince(pod)
	if !ready {
		return false, 0
	}
	left := since.Add(time.Duration(minReadySeconds) * time.Second).Sub(now)
	if minReadySeconds == 0 || left <= 0 {
		return true, 0
	}
	return false, left
}

// Sooner is the shorter of two times to wait, of which 0 means none.
func Sooner(a, b time.Duration) time.Duration {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}
