package progress

import (
	"fmt"
	"strings"

	"github.com/docker/go-units"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime"
	"github.com/podsim/podsim/runtime/podstate"
)

// isPull tells whether an event is about the begin or the end of a pull. Where an image was there already, nothing was pulled.
func isPull(e *corev1.Event) bool {
	return e.Reason == "Pulling" || e.Reason == "Pulled" && strings.HasPrefix(e.Message, "Successfully pulled ")
}

// pulls are the pulls that containers wait for. The events of the pods tell when one begins and ends; how far it is only the node's own
// process knows.
type pulls struct {
	waiting map[types.UID]map[string]bool   // pod, container: its pull has begun
	running map[string]runtime.PullProgress // by image
}

func newPulls() *pulls {
	return &pulls{waiting: map[types.UID]map[string]bool{}, running: map[string]runtime.PullProgress{}}
}

// heedEvent takes in an event of a pod: whatever of a container comes after the begin of its pull means that the pull has ended.
func (p *pulls) heedEvent(pod *corev1.Pod, e *corev1.Event) {
	if p.waiting[pod.UID] == nil {
		p.waiting[pod.UID] = map[string]bool{}
	}
	if container := podstate.EventContainer(e); container != "" {
		p.waiting[pod.UID][container] = e.Reason == "Pulling"
	}
}

func (p *pulls) heedProgress(progress runtime.PullProgress) {
	if progress.Ended {
		delete(p.running, progress.Image)
		return
	}
	p.running[progress.Image] = progress
}

// text says what a container that has not begun waits for; it is empty if that is no pull.
func (p *pulls) text(pod *corev1.Pod, status *corev1.ContainerStatus) string {
	c, _ := podspec.FindContainer(pod, status.Name)
	if c == nil || status.State.Running != nil || status.State.Terminated != nil {
		return ""
	}
	progress, known := p.running[c.Image]
	switch {
	case known:
		return "pulling " + bar(progress) + " of " + c.Image // which may be too long for the line
	case p.waiting[pod.UID][c.Name]:
		return "pulling " + c.Image
	}
	return ""
}

// barWidth is the number of columns inside a bar.
const barWidth = 20

// bar draws how much of an image there is.
func bar(p runtime.PullProgress) string {
	drawn := strings.Repeat("=", int(p.Share*barWidth))
	if len(drawn) < barWidth {
		drawn += ">"
	}
	text := fmt.Sprintf("[%-*s] %d/%d layers", barWidth, drawn, p.Present, p.Layers)
	if p.Total > 0 {
		text += ", " + units.HumanSize(float64(p.Bytes)) + "/" + units.HumanSize(float64(p.Total))
	}
	return text
}
