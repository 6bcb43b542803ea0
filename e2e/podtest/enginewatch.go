package podtest

import (
	"context"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/runtime/engine"
)

// watchEngine takes down what the engine tells of the pod's containers, which is finer than what the API does: the signals that they are
// sent, and when each ended.
func (h *history) watchEngine(ctx context.Context, docker engine.Engine) {
	messages, errs := docker.Events(ctx, events.ListOptions{Filters: filters.NewArgs(
		filters.Arg("type", string(events.ContainerEventType)),
		filters.Arg("label", network.LabelPodUID+"="+string(h.look().pod.UID)),
		filters.Arg("label", network.LabelType+"="+network.TypeContainer),
	)})
	for {
		select {
		case m := <-messages:
			h.engineTold(m, time.Now())
		case <-errs: // the API tells of what comes
			return
		case <-ctx.Done():
			return
		}
	}
}

func (h *history) engineTold(m events.Message, at time.Time) {
	switch m.Action {
	case events.ActionKill:
		h.change(func() {
			h.moments = append(h.moments, moment{at: at, container: m.Actor.Attributes[network.LabelContainerName], text: "sent signal " + m.Actor.Attributes["signal"]})
		})
	case events.ActionDie:
		h.change(func() {
			h.deaths[m.Actor.ID] = at
			for i := range h.moments {
				if h.moments[i].endedID() == m.Actor.ID {
					h.moments[i].at = at
				}
			}
		})
	}
}
