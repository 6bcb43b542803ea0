package plan

import "github.com/podsim/podsim/podspec"

// ephemerals are the ephemeral containers to start: those that never had an instance, whatever the inits are at (S4.3). One whose
// instance could not be started has had it; one that failed before it had any, for its image say, is tried again.
func ephemerals(in Input) []candidate {
	var starts []candidate
	for i := range in.Pod.Spec.EphemeralContainers {
		c := podspec.EphemeralContainer(&in.Pod.Spec.EphemeralContainers[i])
		if memory := in.State.Containers[c.Name]; memory == nil || memory.Current == nil && memory.Spent == 0 {
			starts = append(starts, candidate{container: c, kind: podspec.Ephemeral})
		}
	}
	return starts
}
