package status

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/plan"
)

// own are the conditions that the node writes, in the order in which they are published (S3.20). Others are kept in front.
var own = []corev1.PodConditionType{
	corev1.PodResizePending, corev1.PodResizeInProgress,
	corev1.PodReadyToStartContainers, corev1.PodInitialized, corev1.PodReady, corev1.ContainersReady, corev1.PodScheduled,
	corev1.AllContainersRestarting,
}

// Own reports whether a condition is one that only the node writes.
func Own(t corev1.PodConditionType) bool { return slices.Contains(own, t) }

func conditions(in Input, s corev1.PodStatus) []corev1.PodCondition {
	last := in.Pod.Status.Conditions
	var list []corev1.PodCondition
	for _, c := range last {
		if !Own(c.Type) {
			list = append(list, c)
		}
	}
	for _, c := range []*corev1.PodCondition{in.State.Resize.Pending, in.State.Resize.InProgress} {
		if c != nil && !Terminal(s.Phase) {
			list = append(list, *c)
		}
	}
	ready := containersReady(in.Pod, s)
	for _, c := range []corev1.PodCondition{
		readyToStart(in),
		initialized(in, s),
		podReady(in.Pod, last, ready),
		ready,
		{Type: corev1.PodScheduled, Status: corev1.ConditionTrue},
	} {
		c.ObservedGeneration = in.Pod.Generation
		list = append(list, since(last, c, in.Now))
	}
	if plan.RestartOfAllPossible(in.Pod) {
		list = append(list, since(last, allRestarting(in, s), in.Now))
	}
	return list
}

// since dates a condition: its last transition was now unless its status is that of before (S3.28).
func since(before []corev1.PodCondition, c corev1.PodCondition, now time.Time) corev1.PodCondition {
	c.LastTransitionTime = metav1.NewTime(now).Rfc3339Copy()
	if known := condition(before, c.Type); known != nil && known.Status == c.Status {
		c.LastTransitionTime = known.LastTransitionTime
	}
	return c
}

func condition(list []corev1.PodCondition, t corev1.PodConditionType) *corev1.PodCondition {
	for i := range list {
		if list[i].Type == t {
			return &list[i]
		}
	}
	return nil
}

// readyToStart tells of the sandbox (S3.22).
func readyToStart(in Input) corev1.PodCondition {
	c := corev1.PodCondition{Type: corev1.PodReadyToStartContainers, Status: corev1.ConditionFalse, Reason: "PodSandboxNotReady"}
	switch {
	case in.State.Sandbox == nil:
		c.Message = "no pod sandbox exists"
	case !in.State.Sandbox.Ready:
		c.Message = "pod sandbox is not ready"
	default:
		return corev1.PodCondition{Type: c.Type, Status: corev1.ConditionTrue}
	}
	return c
}

// initialized tells whether the init containers did their part; once true it stays so (S3.23).
func initialized(in Input, s corev1.PodStatus) corev1.PodCondition {
	c := corev1.PodCondition{Type: corev1.PodInitialized, Status: corev1.ConditionTrue}
	if s.Phase == corev1.PodSucceeded {
		c.Reason = "PodCompleted"
		return c
	}
	if before := condition(in.Pod.Status.Conditions, c.Type); before != nil && before.Status == corev1.ConditionTrue {
		return c
	}
	if anyMainRan(s) {
		return c
	}
	var incomplete []string
	for i, status := range s.InitContainerStatuses {
		done := status.Ready
		if podspec.IsSidecar(&in.Pod.Spec.InitContainers[i]) {
			done = *status.Started
		}
		if !done {
			incomplete = append(incomplete, status.Name)
		}
	}
	if len(incomplete) == 0 {
		return c
	}
	c.Status = corev1.ConditionFalse
	c.Reason = "ContainersNotInitialized"
	c.Message = fmt.Sprintf("containers with incomplete status: [%s]", strings.Join(incomplete, " "))
	return c
}

func anyMainRan(s corev1.PodStatus) bool {
	return slices.ContainsFunc(s.ContainerStatuses, func(c corev1.ContainerStatus) bool {
		return c.State.Running != nil || c.State.Terminated != nil
	})
}

// containersReady tells whether every sidecar and main is ready (S3.24).
func containersReady(pod *corev1.Pod, s corev1.PodStatus) corev1.PodCondition {
	c := corev1.PodCondition{Type: corev1.ContainersReady, Status: corev1.ConditionFalse}
	switch s.Phase {
	case corev1.PodSucceeded:
		c.Reason = "PodCompleted"
		return c
	case corev1.PodFailed:
		c.Reason = "PodFailed"
		return c
	}
	var unready []string
	for i, status := range s.InitContainerStatuses {
		if podspec.IsSidecar(&pod.Spec.InitContainers[i]) && !status.Ready {
			unready = append(unready, status.Name)
		}
	}
	for i := range pod.Spec.Containers {
		if status := find(s.ContainerStatuses, pod.Spec.Containers[i].Name); !status.Ready {
			unready = append(unready, status.Name)
		}
	}
	if len(unready) == 0 {
		c.Status = corev1.ConditionTrue
		return c
	}
	c.Reason = "ContainersNotReady"
	c.Message = fmt.Sprintf("containers with unready status: [%s]", strings.Join(unready, " "))
	return c
}

// podReady is ContainersReady and all readiness gates, which other conditions open (S3.25).
func podReady(pod *corev1.Pod, others []corev1.PodCondition, ready corev1.PodCondition) corev1.PodCondition {
	ready.Type = corev1.PodReady
	if ready.Status != corev1.ConditionTrue {
		return ready
	}
	var closed []string
	for _, gate := range pod.Spec.ReadinessGates {
		switch c := condition(others, gate.ConditionType); {
		case c == nil:
			closed = append(closed, fmt.Sprintf("corresponding condition of pod readiness gate %q does not exist.", string(gate.ConditionType)))
		case c.Status != corev1.ConditionTrue:
			closed = append(closed, fmt.Sprintf("the status of pod readiness gate %q is not %q, but %v", string(gate.ConditionType), "True", c.Status))
		}
	}
	if len(closed) > 0 {
		ready.Status = corev1.ConditionFalse
		ready.Reason = "ReadinessGatesNotReady"
		ready.Message = strings.Join(closed, ", ")
	}
	return ready
}
