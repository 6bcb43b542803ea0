package plan

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/state"
)

// inits looks at the init containers from last to first (S4.10). The last one that has an instance in the sandbox is the frontier:
// it decides whether the next one starts, or, past the last, whether the pod is initialized. Those before it are done, save for
// sidecars, which are kept running (S4.18, S4.23).
func inits(in Input) (initialized, failed bool, kills []Kill, starts []candidate) {
	list := in.Pod.Spec.InitContainers
	past := MainCreated(in.Pod, in.State) // a main was created in this sandbox: all inits are behind us (S4.11)
	initialized = past || len(list) == 0
	for i := len(list) - 1; i >= 0; i-- {
		c := &list[i]
		instance := in.State.InSandbox(c.Name)
		sidecar := podspec.IsSidecar(c)
		if instance == nil {
			if past && sidecar {
				starts = append(starts, candidate{container: c, kind: podspec.Init}) // S4.23
			}
			continue
		}
		if past && !sidecar {
			continue
		}
		done, again := false, false // c lets the next one start; c itself is started again
		var kill *Kill
		switch {
		case instance.Phase == state.Running && sidecar:
			memory := in.State.Containers[c.Name]
			done = c.StartupProbe == nil || memory.Startup == state.Passed // S4.16
			if kill = sidecarKill(c, memory, done); kill != nil {
				kills = append(kills, *kill)
				again = true
			}
		case instance.Phase == state.Running:
		case instance.Phase == state.Created: // never started, because the node crashed
			again = true
		case sidecar:
			again = true // S4.18
		case initFailed(instance):
			if !Retryable(in.Pod, c, instance.ExitCode) {
				return false, true, nil, nil // S4.14
			}
			again = true
		default:
			done = true // S4.13: no rule makes an init run again that is done
		}
		if done && !past {
			if i == len(list)-1 {
				initialized = true
			} else {
				starts = append(starts, candidate{container: &list[i+1], kind: podspec.Init})
			}
		}
		if again {
			starts = append(starts, candidate{container: c, kind: podspec.Init, replaces: kill != nil})
		}
		past = true
	}
	if !past && len(list) > 0 {
		starts = append(starts, candidate{container: &list[0], kind: podspec.Init}) // S4.12
	}
	slices.Reverse(starts)
	return initialized, false, kills, starts
}

// sidecarKill is the kill of a running sidecar that is to be started again (S4.19, S13.31); nil if it goes on as it is. Whether its image
// changed is looked at once it has started.
func sidecarKill(c *corev1.Container, memory *state.Container, started bool) *Kill {
	if started {
		if kill := changedKill(c, memory, "Init container"); kill != nil {
			return kill
		}
	}
	if kill := condemned(c, memory, "Init container"); kill != nil {
		return kill
	}
	return resizeKill(c, memory)
}

// MainCreated reports whether a main has ever been created in the current sandbox (S3.2, S4.11).
func MainCreated(pod *corev1.Pod, known *state.Pod) bool {
	for i := range pod.Spec.Containers {
		if known.InSandbox(pod.Spec.Containers[i].Name) != nil {
			return true
		}
	}
	return false
}

// initFailedForGood reports whether a regular init container failed and is not tried again: the pod has failed then (S3.1).
func initFailedForGood(pod *corev1.Pod, known *state.Pod) bool {
	for i := range pod.Spec.InitContainers {
		c := &pod.Spec.InitContainers[i]
		ended := known.Containers[c.Name].Exited()
		if ended != nil && !podspec.IsSidecar(c) && initFailed(ended) && !Retryable(pod, c, ended.ExitCode) {
			return true
		}
	}
	return false
}
