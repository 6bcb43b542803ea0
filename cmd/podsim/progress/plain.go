package progress

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/runtime"
	"github.com/podsim/podsim/runtime/podstate"
)

// Plain prints logs to one stream and a line per change of a pod or a container to another, and rewrites nothing.
type Plain struct {
	logs, changes *bufio.Writer
	labels        *Labels
	shown         map[types.UID]map[string]string // pod, container ("" is the pod itself) -> last text
}

// NewPlain writes log lines to logs and everything else to changes.
func NewPlain(logs, changes io.Writer, labels *Labels) *Plain {
	return &Plain{
		logs: bufio.NewWriter(logs), changes: bufio.NewWriter(changes),
		labels: labels, shown: map[types.UID]map[string]string{},
	}
}

// Pod prints what changed since the pod was shown last; a container that has only ever waited in good order is not
// worth a line.
func (p *Plain) Pod(pod *corev1.Pod) {
	shown := p.shown[pod.UID]
	if shown == nil {
		shown = map[string]string{}
		p.shown[pod.UID] = shown
	}
	for _, c := range podstate.AllStatuses(pod) {
		text := containerText(pod, &c)
		if last, known := shown[c.Name]; last == text || !known && text == "waiting" {
			continue
		}
		shown[c.Name] = text
		p.say(pod, c.Name+" "+text)
	}
	if text := podText(pod); text != shown[""] {
		shown[""] = text
		p.say(pod, text)
	}
}

// Log implements Display.
func (p *Plain) Log(pod *corev1.Pod, container string, line []byte) {
	io.WriteString(p.logs, p.labels.logLine(pod, container, line)) // Flush tells of a failed write
}

// Event implements Display.
func (p *Plain) Event(pod *corev1.Pod, event *corev1.Event) {
	if isWorthALine(event) {
		p.say(pod, eventText(event))
	}
}

// Pull implements Display: the events tell when a pull begins and ends.
func (p *Plain) Pull(runtime.PullProgress) {}

// Note implements Display.
func (p *Plain) Note(pod *corev1.Pod, text string) { p.say(pod, text) }

// Flush implements Display.
func (p *Plain) Flush() error { return errors.Join(p.changes.Flush(), p.logs.Flush()) }

// Close implements Display.
func (p *Plain) Close() error { return p.Flush() }

func (p *Plain) say(pod *corev1.Pod, text string) {
	fmt.Fprintf(p.changes, "pod/%s: %s\n", pod.Name, text)
}
