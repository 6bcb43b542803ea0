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
			kill, again := mainKill(in, c, memory)
			if kill == nil {
				keep++
				continue
			}
			kills = append(kills, *kill)
			if again {
				starts = append(starts, candidate{container: c, replaces: true})
			}
			continue
		}
		if ended := memory.Exited(); ended == nil || ShouldRestart(in.Pod, c, ended) {
			starts = append(starts, candidate{container: c})
		}
	}
	return keep, kills, starts
}

// mainKill is the kill of a running main that cannot go on as it is, and whether it is started again; nil if it can (S4.33).
func mainKill(in Input, c *corev1.Container, memory *state.Container) (kill *Kill, again bool) {
	const willRestart = ", will be restarted"
	if kill := changedKill(c, memory, "Container"); kill != nil {
		kill.Message += willRestart
		return kill, true // whatever its policy says (S4.34)
	}
	if kill := condemned(c, memory, "Container"); kill != nil {
		if restartPolicy(in.Pod, c) == corev1.RestartPolicyNever { // S4.34: no exit code yet that a rule could be about
			return kill, false
		}
		kill.Message += willRestart
		return kill, true
	}
	return resizeKill(c, memory), true
}

// changedKill is the kill of a running container that was started with another image than the spec has by now (S4.19, S4.33); nil if it
// was not.
func changedKill(c *corev1.Container, memory *state.Container, called string) *Kill {
	if memory.Current.Image == c.Image {
		return nil
	}
	return &Kill{Container: c, Message: called + " " + c.Name + " definition changed"}
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
