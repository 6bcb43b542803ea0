// Package progress shows a person what the containers of pods are doing, and their logs, as it happens.
//
// It knows v1.Pod and text, and nothing about where pods, logs and events come from: the caller hands them in one after
// another, from one goroutine. Plain prints a line per change, for files and pipes; Live keeps a block of one line per
// container at the end of a terminal and rewrites it.
package progress

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime"
	"github.com/podsim/podsim/runtime/podstate"
)

// A Display shows pods. Its methods are called from one goroutine; what it shows may be held back until Flush.
type Display interface {
	// Pod shows the pod's newest state.
	Pod(pod *corev1.Pod)
	// Log shows one line of a container's log, given without its newline.
	Log(pod *corev1.Pod, container string, line []byte)
	// Event takes in an event of the pod, and shows it if it is worth showing.
	Event(pod *corev1.Pod, event *corev1.Event)
	// Pull shows how far the pull of an image is.
	Pull(p runtime.PullProgress)
	// Note shows one line of podsim's own about a pod, such as "created" or "deleted".
	Note(pod *corev1.Pod, text string)
	// Flush writes out what is held back.
	Flush() error
	// Close ends the display; nothing is rewritten any more afterwards.
	Close() error
}

// containerText says in a few words what a container of the pod is doing: waiting, running, ready or exited, and how often it
// was restarted.
func containerText(pod *corev1.Pod, c *corev1.ContainerStatus) string {
	return stateText(pod, c) + restartsText(c)
}

func stateText(pod *corev1.Pod, c *corev1.ContainerStatus) string {
	switch {
	case c.State.Running != nil && c.Ready:
		return "ready"
	case c.State.Running != nil && c.Started != nil && !*c.Started:
		return "running, not started"
	case c.State.Running != nil && c.Started != nil && podstate.CanBeReady(pod, c.Name):
		return "running, not ready"
	case c.State.Running != nil:
		return "running"
	case c.State.Terminated != nil:
		return exitText(c.State.Terminated)
	case c.State.Waiting != nil:
		return waitingText(c.State.Waiting)
	}
	return "waiting"
}

func waitingText(w *corev1.ContainerStateWaiting) string {
	switch w.Reason {
	case "", "ContainerCreating", "PodInitializing":
		return "waiting"
	case "CrashLoopBackOff": // its message repeats the pod's name and uid
		return "waiting (CrashLoopBackOff)"
	}
	text := "waiting (" + w.Reason
	if w.Message != "" {
		text += ": " + firstLine(w.Message)
	}
	return text + ")"
}

// exitText names the exit code, and the reason when it says more than the code does.
func exitText(t *corev1.ContainerStateTerminated) string {
	text := fmt.Sprintf("exited %d", t.ExitCode)
	switch t.Reason {
	case "", "Completed", "Error":
		return text
	}
	text += " (" + t.Reason
	if t.Message != "" && t.Reason != "OOMKilled" {
		text += ": " + firstLine(t.Message)
	}
	return text + ")"
}

func restartsText(c *corev1.ContainerStatus) string {
	if c.RestartCount == 0 {
		return ""
	}
	times := "once"
	if c.RestartCount > 1 {
		times = fmt.Sprintf("%d times", c.RestartCount)
	}
	text := ", restarted " + times
	if last := c.LastTerminationState.Terminated; last != nil && c.State.Terminated == nil {
		text += ", last " + exitText(last)
	}
	return text
}

func firstLine(text string) string {
	text, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
	return text
}

// podText says how the pod as a whole ended or is ending, and is empty while it is simply there.
func podText(pod *corev1.Pod) string {
	switch {
	case podstate.Terminal(pod):
		text := string(pod.Status.Phase)
		if pod.Status.Reason != "" {
			text += " (" + pod.Status.Reason
			if pod.Status.Message != "" {
				text += ": " + firstLine(pod.Status.Message)
			}
			text += ")"
		}
		return text
	case pod.DeletionTimestamp != nil:
		return "terminating"
	}
	return ""
}

// isWorthALine picks the events that tell more than the states of the containers do: warnings, and the begin and the end of a pull.
func isWorthALine(e *corev1.Event) bool { return e.Type == corev1.EventTypeWarning || isPull(e) }

// eventText is one event on one line, without the pod's name. What is normal needs no more than its message.
func eventText(e *corev1.Event) string {
	text := e.Message
	if e.Type != corev1.EventTypeNormal {
		text = e.Type + " " + e.Reason
		if e.Message != "" {
			text += ": " + firstLine(e.Message)
		}
	}
	if container := podstate.EventContainer(e); container != "" {
		return container + ": " + text
	}
	return text
}
