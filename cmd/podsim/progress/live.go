package progress

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/runtime"
	"github.com/podsim/podsim/runtime/podstate"
)

// Live keeps one line per container at the end of a terminal's text and rewrites it as the container changes; log
// lines, events and notes go above it.
type Live struct {
	out    io.Writer
	width  func() int
	labels *Labels
	pods   []*corev1.Pod                   // in the order of the block; each the newest state
	noted  map[types.UID]map[string]string // pod, ephemeral container ("" is the pod itself) -> last text
	pulls  *pulls

	above bytes.Buffer // lines to print above the block at the next Flush
	drawn int          // lines of the block on the terminal
	last  string       // the block as it is on the terminal
}

// NewLive shows pods, which may not exist yet, on a terminal; width gives its number of columns.
func NewLive(out io.Writer, width func() int, pods []*corev1.Pod, labels *Labels) *Live {
	return &Live{out: out, width: width, labels: labels, pods: append([]*corev1.Pod(nil), pods...), noted: map[types.UID]map[string]string{}, pulls: newPulls()}
}

// Pod implements Display.
func (l *Live) Pod(pod *corev1.Pod) {
	for i, p := range l.pods {
		if p.Name == pod.Name && p.Namespace == pod.Namespace {
			l.pods[i] = pod
		}
	}
	for _, c := range pod.Status.EphemeralContainerStatuses { // which came after the block was laid out
		if text := containerText(pod, &c); text != "waiting" {
			l.noteOnce(pod, c.Name, c.Name+" "+text)
		}
	}
	if text := podText(pod); text != "" {
		l.noteOnce(pod, "", text)
	}
}

// noteOnce shows a note unless it is the last one of the container, or of the pod itself.
func (l *Live) noteOnce(pod *corev1.Pod, container, text string) {
	noted := l.noted[pod.UID]
	if noted == nil {
		noted = map[string]string{}
		l.noted[pod.UID] = noted
	}
	if noted[container] != text {
		noted[container] = text
		l.Note(pod, text)
	}
}

// Log implements Display.
func (l *Live) Log(pod *corev1.Pod, container string, line []byte) {
	l.above.WriteString(l.labels.logLine(pod, container, line))
}

// Event implements Display. Where an image is pulled, the container's line tells of it.
func (l *Live) Event(pod *corev1.Pod, event *corev1.Event) {
	l.pulls.heedEvent(pod, event)
	if isWorthALine(event) && !isPull(event) {
		l.Note(pod, eventText(event))
	}
}

// Pull implements Display.
func (l *Live) Pull(p runtime.PullProgress) { l.pulls.heedProgress(p) }

// Note implements Display.
func (l *Live) Note(pod *corev1.Pod, text string) {
	fmt.Fprintf(&l.above, "pod/%s: %s\n", pod.Name, text)
}

// Flush prints what is to go above the block and draws the block anew, in one write.
func (l *Live) Flush() error {
	block, lines := l.block()
	if l.above.Len() == 0 && block == l.last {
		return nil
	}
	var text bytes.Buffer
	if l.drawn > 0 {
		fmt.Fprintf(&text, "\x1b[%dA\r\x1b[J", l.drawn)
	}
	text.Write(l.above.Bytes())
	text.WriteString(block)
	l.above.Reset()
	l.drawn, l.last = lines, block
	_, err := l.out.Write(text.Bytes())
	return err
}

// Close draws the block a last time and leaves it on the terminal.
func (l *Live) Close() error {
	err := l.Flush()
	l.drawn, l.last, l.pods = 0, "", nil
	return err
}

// block is the text of all container lines, none wider than the terminal, and their number.
func (l *Live) block() (text string, lines int) {
	var b strings.Builder
	width := l.width()
	for _, pod := range l.pods {
		statuses := map[string]corev1.ContainerStatus{}
		for _, c := range podstate.Statuses(pod) {
			statuses[c.Name] = c
		}
		for _, name := range podstate.ContainerNames(pod) {
			c := statuses[name]
			c.Name = name
			state := cmp.Or(l.pulls.text(pod, &c), containerText(pod, &c))
			if room := width - l.labels.width - 3; room > 0 && len([]rune(state)) > room {
				state = string([]rune(state)[:room-1]) + "…"
			}
			b.WriteString("  " + l.labels.Padded(pod, name) + " " + state + "\n")
			lines++
		}
	}
	return b.String(), lines
}
