package plan

import (
	"testing"
	"time"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/state"
)

func TestEphemeralContainers(t *testing.T) {
	pod := withEphemeral(podOf(always, "a", "m"), "e f")
	checkDecisions(t, []decision{
		{"start before the inits, in their order (S4.3)", pod, in(nil), "start e, start f, start a"},
		{"do not wait for an init that runs (S4.3)", pod, in(memories{"a": running(), "e": running()}), "start f"},
		{"do not wait for an init's back-off (S4.3, S4.22)", withEphemeral(podOf(always, "a", "m"), "e"),
			in(memories{"a": backingOff(exited(1, time.Second), 10*time.Second)}), "start e, refuse a for 10s until 9s aloud, wake 10.35s"},
		{"are never started again (S4.3, S4.71)", pod, in(memories{"m": running(), "e": exited(1, 0), "f": exited(0, 0)}), "nothing"},
		{"not even in a new sandbox (S4.3)", pod,
			&state.Pod{Sandbox: &state.Sandbox{ID: "new", Ready: true}, Containers: memories{"e": exited(1, 0), "f": exited(1, 0)}}, "start a"},
		{"nor when their instances are gone (S4.3)", pod, in(memories{"m": running(), "e": {Spent: 1}, "f": {Spent: 1}}), "nothing"},
		{"are not started by a pod that ends (S4.6)", withEphemeral(podOf(never, "", "m"), "e"), in(memories{"m": exited(0, 0)}), "kill pod"},
		{"do not hold a pod whose mains are done (S4.71)", withEphemeral(podOf(never, "", "m"), "e"),
			in(memories{"m": exited(0, 0), "e": running()}), "kill pod"},
		{"do not fail a pod (S4.71)", withEphemeral(podOf(never, "", "m"), "e"), in(memories{"m": running(), "e": exited(1, 0)}), "nothing"},
		{"wait for the sandbox (S4.2)", pod, &state.Pod{}, "new sandbox"},
		{"are tried again that failed before they had an instance (S0.5)", withEphemeral(podOf(always, "", "m"), "e"),
			in(memories{"m": running(), "e": failed(&state.Container{}, ReasonImagePullBackOff, 3*time.Second)}), "wake 7s"},
		{"and then start (S5.13)", withEphemeral(podOf(always, "", "m"), "e"),
			in(memories{"m": running(), "e": failed(&state.Container{}, ReasonImagePullBackOff, 10*time.Second)}), "start e"},
		{"are not tried again whose instance could not be started (S4.3)", withEphemeral(podOf(always, "", "m"), "e"),
			in(memories{"m": running(), "e": failed(exited(128, time.Hour), ReasonRunContainerError, time.Hour)}), "nothing"},
	})
}

func TestStartsTellTheKindOfTheirContainer(t *testing.T) {
	pod := withEphemeral(podOf(always, "s", "m"), "e")
	pass := Next(Input{Pod: pod, State: in(memories{"s": running()}), Now: now})
	want := map[string]podspec.ContainerKind{"e": podspec.Ephemeral, "m": podspec.Main}
	for _, start := range pass.Starts {
		if start.Kind != want[start.Container.Name] {
			t.Errorf("%s is of kind %v", start.Container.Name, start.Kind)
		}
	}
	if pass = Next(Input{Pod: pod, State: in(nil), Now: now}); pass.Starts[1].Kind != podspec.Init {
		t.Errorf("%s is of kind %v", pass.Starts[1].Container.Name, pass.Starts[1].Kind)
	}
}
