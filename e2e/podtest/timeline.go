package podtest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/podstate"
)

// moment is something that happened to a pod.
type moment struct {
	at time.Time
	// container is the one that it is about; "" for the whole pod.
	container string
	text      string
	// end is how a container ended, if that is what happened.
	end *corev1.ContainerStateTerminated
}

// endedID is the engine's id of the container that ended, or "".
func (m moment) endedID() string {
	if m.end == nil {
		return ""
	}
	_, id, _ := strings.Cut(m.end.ContainerID, "://")
	return id
}

// changes tells what has become of a pod between two sights of it.
func changes(before, after *corev1.Pod) []moment {
	var all []moment
	if before.DeletionTimestamp == nil && after.DeletionTimestamp != nil {
		all = append(all, moment{text: fmt.Sprintf("asked to end within %d s", *after.DeletionGracePeriodSeconds)})
	}
	old := map[string]corev1.ContainerStatus{}
	for _, c := range podstate.AllStatuses(before) {
		old[c.Name] = c
	}
	for _, c := range podstate.AllStatuses(after) {
		all = append(all, containerChanges(old[c.Name], c)...)
	}
	if was, is := podstate.Ready(before), podstate.Ready(after); was != is {
		all = append(all, moment{text: ifElse(is, "ready", "not ready")})
	}
	if is := after.Status.Phase; is != before.Status.Phase && is != "" {
		text := "phase " + string(is)
		if after.Status.Reason != "" {
			text += ": " + after.Status.Reason
		}
		all = append(all, moment{text: text})
	}
	return all
}

// containerChanges tells what has become of a container. Between two sights it may have ended and begun again.
func containerChanges(before, after corev1.ContainerStatus) []moment {
	var all []moment
	add := func(text string, end *corev1.ContainerStateTerminated) {
		all = append(all, moment{container: after.Name, text: text, end: end})
	}
	ended := func(end *corev1.ContainerStateTerminated) {
		if end != nil && !knows(before, end) {
			add(endText(end), end)
		}
	}
	ended(after.LastTerminationState.Terminated)
	ended(after.State.Terminated)
	switch is, was := after.State, before.State; {
	case is.Running != nil && (was.Running == nil || !was.Running.StartedAt.Equal(&is.Running.StartedAt) || before.ContainerID != after.ContainerID):
		add(ifElse(after.RestartCount == 0, "running", fmt.Sprintf("running, restart %d", after.RestartCount)), nil)
	case is.Waiting != nil && is.Waiting.Reason != "" && (was.Waiting == nil || was.Waiting.Reason != is.Waiting.Reason):
		add("waiting: "+is.Waiting.Reason, nil)
	}
	if after.Ready != before.Ready && after.State.Running != nil {
		add(ifElse(after.Ready, "ready", "not ready"), nil)
	}
	return all
}

// knows reports whether the status tells of an end.
func knows(status corev1.ContainerStatus, end *corev1.ContainerStateTerminated) bool {
	same := func(other *corev1.ContainerStateTerminated) bool {
		return other != nil && other.ContainerID == end.ContainerID && other.FinishedAt.Equal(&end.FinishedAt)
	}
	return same(status.State.Terminated) || same(status.LastTerminationState.Terminated)
}

func endText(end *corev1.ContainerStateTerminated) string {
	text := fmt.Sprintf("ended with %d", end.ExitCode)
	if end.Reason != "" {
		text += " (" + end.Reason + ")"
	}
	if message := strings.TrimSpace(end.Message); message != "" {
		text += ": " + message
	}
	return text
}

// ofEvent is the moment that an event tells of, as it was seen at a time.
func ofEvent(e *corev1.Event, at time.Time) moment {
	return moment{at: at, container: podstate.EventContainer(e), text: fmt.Sprintf("%s %s: %s", e.Type, e.Reason, e.Message)}
}

// timeline is what happened, a line each, with the seconds since the first.
func timeline(moments []moment) string {
	if len(moments) == 0 {
		return ""
	}
	moments = slices.Clone(moments)
	slices.SortStableFunc(moments, func(a, b moment) int { return a.at.Compare(b.at) })
	width := 0
	for _, m := range moments {
		width = max(width, len(m.container))
	}
	var b strings.Builder
	for _, m := range moments {
		fmt.Fprintf(&b, "%8.3fs  %-*s  %s\n", m.at.Sub(moments[0].at).Seconds(), width, m.container, strings.ReplaceAll(m.text, "\n", "\n"+strings.Repeat(" ", 13+width)))
	}
	return b.String()
}

func ifElse(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}
