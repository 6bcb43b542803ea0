package runtime

import (
	"context"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"github.com/podsim/podsim/runtime/engine"
	"github.com/podsim/podsim/runtime/plan"
	"github.com/podsim/podsim/runtime/state"
)

// startErrorExitCode is what a kubelet shows for an instance that could not be started (S3.53).
const startErrorExitCode = 128

// killedExitCode is that of a container whose first process got SIGKILL.
const killedExitCode = 137

// inspect asks the engine for one instance; nil if the engine does not know it.
func (n *Node) inspect(ctx context.Context, id string) (*state.Instance, error) {
	c, err := n.engine.ContainerInspect(ctx, id)
	if errdefs.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return instanceOf(c, n.facts), nil
}

// instanceOf reads an instance from what an engine with these facts tells of a container.
func instanceOf(c container.InspectResponse, facts engine.Facts) *state.Instance {
	i := &state.Instance{
		ID:         c.ID,
		Attempt:    engine.Attempt(c.Config.Labels),
		SandboxID:  c.Config.Labels[engine.LabelSandbox],
		Image:      c.Config.Labels[engine.LabelImage],
		ImageID:    c.Image,
		StopSignal: c.Config.StopSignal,
		CreatedAt:  engineTime(c.Created),
		StartedAt:  engineTime(c.State.StartedAt),
	}
	switch c.State.Status {
	case container.StateCreated:
		if c.State.ExitCode != 0 || c.State.Error != "" {
			failStart(i, c.State.Error)
		}
	case container.StateExited, container.StateDead, container.StateRemoving:
		i.Phase = state.Exited
		i.FinishedAt = engineTime(c.State.FinishedAt)
		i.ExitCode = c.State.ExitCode
		i.Reason = endReason(c.State)
		if i.Reason == plan.ReasonOOMKilled && facts.UnifiedCgroups {
			i.ExitCode = killedExitCode // even if it came to an end by itself before the node could kill it (S13.15, S13.27)
		}
	default:
		i.Phase = state.Running
	}
	return i
}

// failStart marks an instance whose start the engine refused, as containerd shows one (S3.53).
func failStart(i *state.Instance, message string) {
	i.Phase = state.Exited
	i.StartedAt = time.Unix(0, 0)
	i.FinishedAt = i.CreatedAt
	i.ExitCode = startErrorExitCode
	i.Reason = plan.ReasonStartError
	i.Message = message
}

func endReason(s *container.State) string {
	switch {
	case s.OOMKilled:
		return plan.ReasonOOMKilled
	case s.ExitCode == 0:
		return plan.ReasonCompleted
	default:
		return plan.ReasonError
	}
}

// engineTime reads a time of the engine; one that it leaves unset is the zero time.
func engineTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Year() <= 1 {
		return time.Time{}
	}
	return t
}
