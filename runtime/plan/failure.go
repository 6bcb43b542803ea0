package plan

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/state"
)

// Waiting reasons of a container that could not be started (S3D).
const (
	ReasonCrashLoopBackOff   = "CrashLoopBackOff"
	ReasonErrImagePull       = "ErrImagePull"
	ReasonImagePullBackOff   = "ImagePullBackOff"
	ReasonErrImageNeverPull  = "ErrImageNeverPull"
	ReasonInvalidImageName   = "InvalidImageName"
	ReasonImageInspectError  = "ImageInspectError"
	ReasonCreateConfigError  = "CreateContainerConfigError"
	ReasonCreateError        = "CreateContainerError"
	ReasonRunContainerError  = "RunContainerError"
	ReasonPostStartHookError = "PostStartHookError"
	ReasonPodInitializing    = "PodInitializing"
	ReasonContainerCreating  = "ContainerCreating"
)

// Reasons of a container that ended (S3E).
const (
	ReasonCompleted        = "Completed"
	ReasonError            = "Error"
	ReasonOOMKilled        = "OOMKilled"
	ReasonStartError       = "StartError"
	ReasonContainerUnknown = "ContainerStatusUnknown"
)

// ReasonRestartingAll is why a container waits that was removed so that all of the pod's containers begin anew, and the reason of the
// end that stands for the one it lost (S4.64).
const ReasonRestartingAll = "RestartingAllContainers"

// RetryInterval is when what failed before an instance existed is tried again (S0.5).
const RetryInterval = 10 * time.Second

const (
	failedPullToBackOff = time.Second      // S5.15: a failed pull is soon followed by a pass that meets the pull's back-off
	initialPullBackOff  = 10 * time.Second // S5.12
	maxPullBackOff      = 300 * time.Second
	pullBackOffReset    = 600 * time.Second
)

// retryAt is when a container may be tried again whose last attempt failed before it had an instance (S9.9, S12.4, S14.9); zero if
// nothing holds it. A failed start or postStart hook of an instance counts as that instance's end and is left to the crash back-off
// (S5.11), and one of another image than the container has by now holds nothing.
func retryAt(c *corev1.Container, memory *state.Container) time.Time {
	if memory == nil || memory.StartFailure == nil || memory.StartFailure.Image != c.Image {
		return time.Time{}
	}
	switch memory.StartFailure.Reason {
	case ReasonCrashLoopBackOff, ReasonRunContainerError, ReasonPostStartHookError:
		return time.Time{}
	case ReasonErrImagePull:
		return memory.StartFailure.At.Add(failedPullToBackOff)
	default:
		return memory.StartFailure.At.Add(RetryInterval)
	}
}

// PullAllowed reports whether an image may be pulled now, given the back-off entry of its failed pulls (S5.12).
func PullAllowed(entry state.BackOff, now time.Time) bool {
	return entry.Delay == 0 || now.Sub(entry.Updated) >= entry.Delay
}

// PullFailed is the back-off entry after one more failed pull (S5.12).
func PullFailed(entry state.BackOff, now time.Time) state.BackOff {
	if entry.Delay == 0 || now.Sub(entry.Updated) > pullBackOffReset {
		return state.BackOff{Delay: initialPullBackOff, Updated: now}
	}
	return state.BackOff{Delay: min(2*entry.Delay, maxPullBackOff), Updated: now}
}

// MountRetry is how long to wait after the given number of failed attempts in a row to set up a pod's volumes (S5.14).
func MountRetry(failures int) time.Duration {
	const first, last = 500 * time.Millisecond, 122 * time.Second
	if failures > 8 {
		return last
	}
	return min(first<<(failures-1), last)
}
