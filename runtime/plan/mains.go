package plan

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/state"
)

// mains looks at the main containers in spec order: how many run and are kept, which are to be killed, and which are to be started
// (S4.30 to S4.34).
func mains(in Input) (keep int, kills []Kill, starts []candidate) {
	for i := range in.Pod.Spec.Containers {
		c := &in.Pod.Spec.Containers[i]
		memory := in.State.Containers[c.Name]
		if memory.Running() {
			kill := condemned(c, memory, "Container")
			switch {
			case kill == nil:
				keep++
				continue
			case restartPolicy(in.Pod, c) != corev1.RestartPolicyNever: // S4.34: no exit code yet that a rule could be about
				kill.Message += ", will be restarted"
				starts = append(starts, candidate{container: c, replaces: true})
			}
			kills = append(kills, *kill)
			continue
		}
		if ended := memory.Exited(); ended == nil || ShouldRestart(in.Pod, c, ended) {
			starts = append(starts, candidate{container: c})
		}
	}
	return keep, kills, starts
}

// condemned is the kill of a running container whose liveness or startup probe failed (S4.19, S4.33); nil if neither did. The message
// begins with what the container is called there.
func condemned(c *corev1.Container, memory *state.Container, called string) *Kill {
	judged := func(result state.ProbeResult, probe *corev1.Probe, name string) *Kill {
		if result != state.Failed || probe == nil {
			return nil
		}
		return &Kill{Container: c, Message: called + " " + c.Name + " failed " + name + " probe", Grace: probe.TerminationGracePeriodSeconds}
	}
	if kill := judged(memory.Liveness, c.LivenessProbe, "liveness"); kill != nil {
		return kill
	}
	return judged(memory.Startup, c.StartupProbe, "startup")
}
