package kubeapi

import (
	"fmt"
	"strconv"
	"time"

	"github.com/podsim/podsim/podspec"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// podSummary is a pod in the words of `kubectl get pods` (S3.75).
type podSummary struct {
	// ready of total: the mains and the sidecars.
	ready, total int
	status       string
	restarts     int
	// lastRestart is when an instance ended that was restarted; zero when there was none.
	lastRestart time.Time
}

// summarize reads the columns READY, STATUS and RESTARTS out of a pod (S3.75).
func summarize(pod *corev1.Pod) podSummary {
	summary := podSummary{total: len(pod.Spec.Containers), status: baseStatus(pod)}
	sidecars := sidecarNames(pod)
	summary.total += len(sidecars)

	var inits, initSidecars restarts
	initializing := false
	for i, container := range pod.Status.InitContainerStatuses {
		inits.count(container)
		if sidecars[container.Name] {
			initSidecars.count(container)
		}
		if ended := container.State.Terminated; ended != nil && ended.ExitCode == 0 {
			continue
		}
		if sidecars[container.Name] && container.Started != nil && *container.Started {
			if container.Ready {
				summary.ready++
			}
			continue
		}
		initializing = true
		summary.status = initStatus(container.State, i, len(pod.Spec.InitContainers))
		break
	}
	summary.restarts, summary.lastRestart = inits.total, inits.last
	if !initializing || isTrue(pod, corev1.PodInitialized) {
		summary.addMains(pod, initSidecars)
	}

	switch {
	case pod.DeletionTimestamp == nil:
	case pod.Status.Reason == "NodeLost":
		summary.status = "Unknown"
	case pod.Status.Phase != corev1.PodSucceeded && pod.Status.Phase != corev1.PodFailed:
		summary.status = "Terminating"
	}
	return summary
}

// baseStatus is the status of a pod whose containers say nothing special.
func baseStatus(pod *corev1.Pod) string {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodScheduled && condition.Reason == corev1.PodReasonSchedulingGated {
			return corev1.PodReasonSchedulingGated
		}
	}
	if pod.Status.Reason != "" {
		return pod.Status.Reason
	}
	return string(pod.Status.Phase)
}

// initStatus is the status of a pod whose init container at index, of so many, is not done.
func initStatus(state corev1.ContainerState, index, inits int) string {
	switch {
	case state.Terminated != nil:
		return "Init:" + terminatedReason(state.Terminated)
	case state.Waiting != nil && state.Waiting.Reason != "" && state.Waiting.Reason != "PodInitializing":
		return "Init:" + state.Waiting.Reason
	default:
		return fmt.Sprintf("Init:%d/%d", index, inits)
	}
}

// addMains lets the mains of an initialized pod decide about the status, and counts their restarts and the sidecars'
// instead of those of all inits.
func (s *podSummary) addMains(pod *corev1.Pod, restarts restarts) {
	lastError, running := "", false
	for i := len(pod.Status.ContainerStatuses) - 1; i >= 0; i-- {
		container := pod.Status.ContainerStatuses[i]
		restarts.count(container)
		switch state := container.State; {
		case state.Waiting != nil && state.Waiting.Reason != "":
			s.status = state.Waiting.Reason
		case state.Terminated != nil:
			s.status = terminatedReason(state.Terminated)
			if state.Terminated.ExitCode != 0 {
				lastError = s.status
			}
		case state.Running != nil && container.Ready:
			running = true
			s.ready++
		}
	}
	s.restarts, s.lastRestart = restarts.total, restarts.last

	if s.status != "Completed" {
		return
	}
	switch {
	case running && isTrue(pod, corev1.PodReady):
		s.status = "Running"
	case lastError != "":
		s.status = lastError
	case running:
		s.status = "NotReady"
	}
}

func terminatedReason(state *corev1.ContainerStateTerminated) string {
	switch {
	case state.Reason != "":
		return state.Reason
	case state.Signal != 0:
		return fmt.Sprintf("Signal:%d", state.Signal)
	default:
		return fmt.Sprintf("ExitCode:%d", state.ExitCode)
	}
}

// restarts sums up the restarts of some containers.
type restarts struct {
	total int
	last  time.Time
}

func (r *restarts) count(container corev1.ContainerStatus) {
	r.total += int(container.RestartCount)
	if ended := container.LastTerminationState.Terminated; ended != nil && ended.FinishedAt.After(r.last) {
		r.last = ended.FinishedAt.Time
	}
}

func sidecarNames(pod *corev1.Pod) map[string]bool {
	names := map[string]bool{}
	for i := range pod.Spec.InitContainers {
		if podspec.IsSidecar(&pod.Spec.InitContainers[i]) {
			names[pod.Spec.InitContainers[i].Name] = true
		}
	}
	return names
}

func isTrue(pod *corev1.Pod, condition corev1.PodConditionType) bool {
	for _, c := range pod.Status.Conditions {
		if c.Type == condition {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

func podTable() table[*corev1.Pod] {
	return table[*corev1.Pod]{
		columns: []metav1.TableColumnDefinition{
			nameColumn(), column("Ready", "Ready containers of all that keep running."), column("Status", "What the pod does or what keeps it from it."),
			column("Restarts", "How often containers were restarted, and when last."), ageColumn(),
			wide("IP", "Address of the pod."), wide("Node", "Node that the pod runs on."),
			wide("Nominated Node", "Node that the pod waits for."), wide("Readiness Gates", "True readiness gates of all."),
		},
		row: podRow,
	}
}

func podRow(pod *corev1.Pod, now time.Time) metav1.TableRow {
	summary := summarize(pod)
	restarts := strconv.Itoa(summary.restarts)
	if summary.restarts > 0 && !summary.lastRestart.IsZero() {
		restarts = fmt.Sprintf("%d (%s ago)", summary.restarts, since(summary.lastRestart, now))
	}
	ip := ""
	if len(pod.Status.PodIPs) > 0 {
		ip = pod.Status.PodIPs[0].IP
	}
	row := cells(pod.Name, fmt.Sprintf("%d/%d", summary.ready, summary.total), summary.status, restarts,
		since(pod.CreationTimestamp.Time, now),
		orNone(ip), orNone(pod.Spec.NodeName), orNone(pod.Status.NominatedNodeName), readinessGates(pod))
	switch pod.Status.Phase {
	case corev1.PodSucceeded:
		row.Conditions = completed("Succeeded", "The pod has completed successfully.")
	case corev1.PodFailed:
		row.Conditions = completed("Failed", "The pod failed.")
	}
	return row
}

// completed marks a row as one of a pod that will not run again.
func completed(reason, message string) []metav1.TableRowCondition {
	return []metav1.TableRowCondition{{Type: metav1.RowCompleted, Status: metav1.ConditionTrue, Reason: reason, Message: message}}
}

func readinessGates(pod *corev1.Pod) string {
	if len(pod.Spec.ReadinessGates) == 0 {
		return "<none>"
	}
	open := 0
	for _, gate := range pod.Spec.ReadinessGates {
		if isTrue(pod, gate.ConditionType) {
			open++
		}
	}
	return fmt.Sprintf("%d/%d", open, len(pod.Spec.ReadinessGates))
}

func orNone(value string) string {
	if value == "" {
		return "<none>"
	}
	return value
}
