package status

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/plan"
	"github.com/podsim/podsim/runtime/state"
)

// initStatuses are the init containers' statuses in spec order (S3.30).
func initStatuses(in Input) []corev1.ContainerStatus {
	var list []corev1.ContainerStatus
	for i := range in.Pod.Spec.InitContainers {
		list = append(list, containerStatus(in, &in.Pod.Spec.InitContainers[i], podspec.Init))
	}
	return list
}

// mainStatuses are the mains' statuses sorted by name (S3.30).
func mainStatuses(in Input) []corev1.ContainerStatus {
	var list []corev1.ContainerStatus
	for i := range in.Pod.Spec.Containers {
		list = append(list, containerStatus(in, &in.Pod.Spec.Containers[i], podspec.Main))
	}
	sortByName(list)
	return list
}

// ephemeralStatuses are the ephemeral containers' statuses sorted by name (S3.30).
func ephemeralStatuses(in Input) []corev1.ContainerStatus {
	var list []corev1.ContainerStatus
	for i := range in.Pod.Spec.EphemeralContainers {
		c := podspec.EphemeralContainer(&in.Pod.Spec.EphemeralContainers[i])
		list = append(list, containerStatus(in, c, podspec.Ephemeral))
	}
	sortByName(list)
	return list
}

func sortByName(list []corev1.ContainerStatus) {
	slices.SortFunc(list, func(a, b corev1.ContainerStatus) int { return strings.Compare(a.Name, b.Name) })
}

// Container is the status of the named container, of whatever kind, as the pod shows it; nil if it shows none.
func Container(pod *corev1.Pod, name string) *corev1.ContainerStatus {
	return containerIn(&pod.Status, name)
}

func containerIn(s *corev1.PodStatus, name string) *corev1.ContainerStatus {
	for _, list := range [][]corev1.ContainerStatus{s.InitContainerStatuses, s.ContainerStatuses, s.EphemeralContainerStatuses} {
		for i := range list {
			if list[i].Name == name {
				return &list[i]
			}
		}
	}
	return nil
}

func containerStatus(in Input, c *corev1.Container, kind podspec.ContainerKind) corev1.ContainerStatus {
	memory := in.State.Containers[c.Name]
	if memory == nil {
		memory = &state.Container{}
	}
	last := Container(in.Pod, c.Name)
	s := corev1.ContainerStatus{Name: c.Name, Image: c.Image, VolumeMounts: volumeMounts(c, in.RecursiveReadOnly)}
	if memory.Current != nil {
		showInstance(&s, memory, last)
		if kind != podspec.Ephemeral { // it has no resources (S4.71)
			showResources(&s, c, in.State)
		}
	} else {
		showAbsence(in, &s, c, kind, last)
	}
	if failed := memory.StartFailure; failed != nil && !in.Stopping && startsAgain(in.Pod, c, kind, memory) {
		if s.State.Terminated != nil {
			s.LastTerminationState = s.State
		}
		s.State = waiting(failed.Reason, failed.Message) // S3.34
	}
	showProbes(&s, c, kind, memory)
	return s
}

// showResources sets what the node has granted to a container, and what its newest instance has of it (S3.40, S13.31).
func showResources(s *corev1.ContainerStatus, c *corev1.Container, known *state.Pod) {
	granted, ok := known.Resize.Allocated[c.Name]
	if !ok {
		granted = c.Resources
	}
	s.Resources = granted.DeepCopy()
	if len(granted.Requests) > 0 {
		s.AllocatedResources = granted.Requests.DeepCopy()
	}
	if memory := known.Containers[c.Name]; memory.Running() {
		has := memory.Current.Resources
		for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
			showAmount(s.Resources.Requests, has.Requests, name)
			showAmount(s.Resources.Limits, has.Limits, name)
		}
	}
}

// showAmount sets what there is of a resource, if anything is to be shown at all.
func showAmount(shown, has corev1.ResourceList, name corev1.ResourceName) {
	if amount, ok := has[name]; ok && shown != nil {
		shown[name] = amount.DeepCopy()
	}
}

// startsAgain reports whether the start of a container is still to succeed, so that its failure shows (S3.34). An init container that
// ended with 0 shows that, even a sidecar whose next start waits.
func startsAgain(pod *corev1.Pod, c *corev1.Container, kind podspec.ContainerKind, memory *state.Container) bool {
	switch ended := memory.Exited(); {
	case memory.Current == nil:
		return true
	case ended == nil:
		return false
	case kind == podspec.Init && ended.ExitCode == 0:
		return false
	default:
		return plan.ShouldRestart(pod, c, ended)
	}
}

// showProbes sets what the probes decide: started (S3.39) and ready (S3.38). An ephemeral container has neither.
func showProbes(s *corev1.ContainerStatus, c *corev1.Container, kind podspec.ContainerKind, memory *state.Container) {
	if kind == podspec.Ephemeral {
		return
	}
	started := memory.Running() && (c.StartupProbe == nil || memory.Startup == state.Passed)
	s.Started = &started
	switch {
	case kind == podspec.Init && !podspec.IsSidecar(c):
		if ended := s.State.Terminated; ended != nil && ended.ExitCode == 0 {
			s.Ready = true
		}
	default:
		s.Ready = started && (c.ReadinessProbe == nil || memory.Readiness == state.Passed)
	}
}

// recursion is how far a mount is read-only (S3.40, S11.56).
func recursion(wanted *corev1.RecursiveReadOnlyMode, supported bool) corev1.RecursiveReadOnlyMode {
	if wanted == nil || *wanted == corev1.RecursiveReadOnlyDisabled || !supported {
		return corev1.RecursiveReadOnlyDisabled
	}
	return corev1.RecursiveReadOnlyEnabled
}

func volumeMounts(c *corev1.Container, supported bool) []corev1.VolumeMountStatus {
	var list []corev1.VolumeMountStatus
	for _, m := range c.VolumeMounts {
		status := corev1.VolumeMountStatus{Name: m.Name, MountPath: m.MountPath, ReadOnly: m.ReadOnly}
		if m.ReadOnly {
			mode := recursion(m.RecursiveReadOnly, supported)
			status.RecursiveReadOnly = &mode
		}
		list = append(list, status)
	}
	return list
}
