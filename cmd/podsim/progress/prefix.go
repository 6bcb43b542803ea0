package progress

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/podstate"
)

// Labels names the containers of a set of pods at the head of a line: "container" for a single pod, "pod/container"
// for several, all padded to the same width, and each in a colour of its own on request.
type Labels struct {
	withPod bool
	colours bool
	width   int
	index   map[string]int
}

// NewLabels lays out labels for the containers of pods. With colours, every container has its colour by its place in
// the manifest, so that it is the same in every run; ephemeral containers get the next ones as they come.
func NewLabels(pods []*corev1.Pod, colours bool) *Labels {
	l := &Labels{withPod: len(pods) > 1, colours: colours, index: map[string]int{}}
	for _, pod := range pods {
		for _, container := range podstate.ContainerNames(pod) {
			name := l.name(pod, container)
			l.index[name] = len(l.index)
			l.width = max(l.width, len(name))
		}
	}
	return l
}

// Padded is the label of a container, padded with blanks to the width of the widest.
func (l *Labels) Padded(pod *corev1.Pod, container string) string {
	name := l.name(pod, container)
	if _, known := l.index[name]; !known {
		l.index[name] = len(l.index)
	}
	padded := name + strings.Repeat(" ", max(0, l.width-len(name)))
	if !l.colours {
		return padded
	}
	// Cyan, yellow, green, magenta and blue, then their bright variants; red is left to what failed.
	colours := [...]int{36, 33, 32, 35, 34, 96, 93, 92, 95, 94}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", colours[l.index[name]%len(colours)], padded)
}

func (l *Labels) name(pod *corev1.Pod, container string) string {
	if l.withPod {
		return pod.Name + "/" + container
	}
	return container
}

// logLine is a line of a container's log with its label, as it is printed.
func (l *Labels) logLine(pod *corev1.Pod, container string, line []byte) string {
	return l.Padded(pod, container) + " | " + string(line) + "\n"
}
