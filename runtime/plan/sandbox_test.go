package plan

import (
	"testing"
	"time"

	"github.com/podsim/podsim/runtime/state"
)

// lost is the state of a pod whose sandbox does not run any more.
func lost(m memories) *state.Pod {
	return &state.Pod{Sandbox: &state.Sandbox{ID: "box"}, Containers: m}
}

func TestSandboxLoss(t *testing.T) {
	checkDecisions(t, []decision{
		{"a new pod gets a sandbox (S4.50)", podOf(never, "", "m"), &state.Pod{}, "new sandbox"},
		{"a lost sandbox is replaced under Always (S4.50)", podOf(always, "", "m"), lost(memories{"m": running()}), "new sandbox"},
		{"a lost sandbox is replaced under OnFailure (S4.50)", podOf(onFailure, "", "m"), lost(memories{"m": running()}), "new sandbox"},
		{"under Never the pod ends if a container ever existed (S4.53)", podOf(never, "", "m"), lost(memories{"m": running()}), "kill pod"},
		{"under Never an init that existed is enough (S4.53)", podOf(never, "a", "m"), lost(memories{"a": exited(0, 0)}), "kill pod"},
		{"under Never the sandbox is replaced if no container ever existed (S4.53)", podOf(never, "", "m"), lost(memories{"m": {}}), "new sandbox"},
		{"mains that ended for good need no new sandbox (S4.54)", podOf(onFailure, "s", "m"),
			lost(memories{"s": running(), "m": exited(0, 0)}), "kill pod"},
		{"a main that is to be tried again needs one (S4.54)", podOf(onFailure, "", "m n"),
			lost(memories{"m": exited(0, 0), "n": exited(1, 0)}), "new sandbox"},
		{"under Always what ended needs one (S4.54)", podOf(always, "", "m"), lost(memories{"m": exited(0, 0)}), "new sandbox"},
		{"a sandbox that is gone altogether is made again", podOf(always, "", "m"), &state.Pod{Containers: memories{"m": exited(1, 0)}}, "new sandbox"},
	})
}

func TestInANewSandbox(t *testing.T) {
	fresh := func(m memories) *state.Pod {
		return &state.Pod{Sandbox: &state.Sandbox{ID: "new", Attempt: 1, Ready: true}, Containers: m}
	}
	checkDecisions(t, []decision{
		{"everything begins again with the first init (S4.51)", podOf(always, "a s", "m"),
			fresh(memories{"a": exited(0, time.Hour), "s": exited(137, 0), "m": exited(137, 0)}), "start a"},
		{"a main that succeeded does not run again under OnFailure (S4.52)", podOf(onFailure, "", "m n"),
			fresh(memories{"m": exited(0, 0), "n": exited(137, 0)}), "start n"},
		{"an init waits for no back-off: its instances are gone (S4.51, S5.2)", podOf(always, "s", "m"),
			fresh(memories{"s": backingOff(exited(137, time.Second), 80*time.Second)}), "start s"},
	})
}
