// Package status computes the status that a pod shows (S3). It is pure: the pod with its last published status, the state and the
// time go in, a v1.PodStatus comes out.
package status

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/state"
)

// Input is what a status rests on. Nothing in it is modified.
type Input struct {
	// Pod carries the last published status, from which what must not change is kept.
	Pod   *corev1.Pod
	State *state.Pod
	Now   time.Time
	// Stopping says that the pod is being stopped, for whatever reason: no container will be started any more, so that the last
	// end of a container shows instead of what it waits for (S8.18).
	Stopping bool
	// Ended says that everything was stopped for good: the phase becomes terminal (S3.5, S3.13).
	Ended bool
	// RecursiveReadOnly: the engine can make mounts read-only with all that is mounted below them (S11.56).
	RecursiveReadOnly bool
	// Failure is why the node ends the pod; nil if the containers' ends decide.
	Failure *Failure
}

// Failure ends a pod for a reason of its own, such as DeadlineExceeded (S3.14).
type Failure struct{ Reason, Message string }

// Generate is the status to publish.
func Generate(in Input) corev1.PodStatus {
	last := in.Pod.Status
	s := corev1.PodStatus{
		ObservedGeneration:         in.Pod.Generation,
		QOSClass:                   podspec.QOSClass(in.Pod),
		StartTime:                  last.StartTime,
		HostIP:                     last.HostIP,
		HostIPs:                    last.HostIPs,
		PodIP:                      last.PodIP,
		PodIPs:                     last.PodIPs,
		InitContainerStatuses:      initStatuses(in),
		ContainerStatuses:          mainStatuses(in),
		EphemeralContainerStatuses: ephemeralStatuses(in),
	}
	if s.StartTime == nil {
		now := metav1.NewTime(in.Now.Truncate(time.Second))
		s.StartTime = &now // S3.15
	}
	if in.State.Sandbox != nil && len(in.State.Sandbox.IPs) > 0 {
		setIPs(&s, in.State.Sandbox) // S3.41: kept after the sandbox is gone
	}
	s.Phase, s.Reason, s.Message = publishedPhase(in, s)
	s.Conditions = conditions(in, s)
	if in.Ended {
		condemnLost(in.Pod, &s)
	}
	cutMessages(in.Pod, &s)
	return s
}

func setIPs(s *corev1.PodStatus, sandbox *state.Sandbox) {
	s.PodIPs, s.HostIPs = nil, nil
	for _, ip := range sandbox.IPs {
		s.PodIPs = append(s.PodIPs, corev1.PodIP{IP: ip})
	}
	for _, ip := range sandbox.HostIPs {
		s.HostIPs = append(s.HostIPs, corev1.HostIP{IP: ip})
	}
	s.PodIP = s.PodIPs[0].IP
	if len(s.HostIPs) > 0 {
		s.HostIP = s.HostIPs[0].IP
	}
}
