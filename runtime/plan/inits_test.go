package plan

import (
	"testing"
	"time"

	"github.com/podsim/podsim/runtime/state"
)

func TestRegularInitsRunOneByOne(t *testing.T) {
	two := podOf(always, "a b", "m")
	checkDecisions(t, []decision{
		{"without any instance the first init starts (S4.12)", two, in(nil), "start a"},
		{"while an init runs nothing else starts (S4.4, S4.12)", two, in(memories{"a": running()}), "nothing"},
		{"an init that ended with 0 is followed by the next (S4.13)", two, in(memories{"a": exited(0, 0)}), "start b"},
		{"the second runs: the first is not looked at (S4.10)", two, in(memories{"a": exited(0, 0), "b": running()}), "nothing"},
		{"after the last init the mains start in the same pass (S4.13)", two,
			in(memories{"a": exited(0, 0), "b": exited(0, 0)}), "start m"},
		{"earlier inits are assumed done even if their instances are gone (S4.10)", two, in(memories{"b": exited(0, 0)}), "start m"},
		{"once a main exists no init runs again (S4.11)", two, in(memories{"m": running()}), "nothing"},
		{"once a main exists a failed init does not matter (S4.11)", podOf(never, "a", "m"),
			in(memories{"a": exited(1, 0), "m": running()}), "nothing"},
		{"without inits the mains start at once", podOf(always, "", "m n"), in(nil), "start m, start n"},
		{"an init that was created and never started is started (S4.12, S4.32)", two,
			in(memories{"a": {Current: &state.Instance{ID: "id", Attempt: 1, SandboxID: "box", Phase: state.Created}}}), "start a"},
		{"an init of an earlier sandbox does not count (S4.10, S4.51)", two,
			&state.Pod{Sandbox: &state.Sandbox{ID: "new", Ready: true}, Containers: memories{"a": exited(0, time.Minute)}}, "start a"},
	})
}

func TestFailedInits(t *testing.T) {
	oomKilled := func() *state.Container {
		c := exited(0, time.Minute)
		c.Current.Reason = ReasonOOMKilled
		return c
	}
	checkDecisions(t, []decision{
		{"a failed init is tried again under Always (S4.14)", podOf(always, "a", "m"), in(memories{"a": exited(1, 0)}), "start a"},
		{"a failed init is tried again under OnFailure (S4.14)", podOf(onFailure, "a", "m"), in(memories{"a": exited(1, 0)}), "start a"},
		{"a failed init ends the pod under Never (S4.14)", podOf(never, "a", "m"), in(memories{"a": exited(1, 0)}), "kill pod"},
		{"a failed init ends the pod with its sidecars (S4.14)", podOf(never, "s a", "m"),
			in(memories{"s": running(), "a": exited(1, 0)}), "kill pod"},
		{"an init that was out of memory failed, whatever its code (S3.52, S4.14)", podOf(never, "a", "m"),
			in(memories{"a": oomKilled()}), "kill pod"},
		{"an init that was out of memory is tried again (S3.52, S4.14)", podOf(onFailure, "a", "m"),
			in(memories{"a": oomKilled()}), "start a"},
		{"an init in back-off ends the pass: no main starts (S4.22)", podOf(always, "a", "m"),
			in(memories{"a": backingOff(exited(1, time.Second), 10*time.Second)}), "refuse a for 10s until 9s aloud, wake 10.35s"},
		{"an init that could not be created is tried again after 10 s (S0.5)", podOf(always, "a", "m"),
			in(memories{"a": failed(&state.Container{}, ReasonCreateConfigError, 4*time.Second)}), "wake 6s"},
	})
}

func TestSidecars(t *testing.T) {
	checkDecisions(t, []decision{
		{"a running sidecar lets the next init start (S4.16)", podOf(always, "s a", "m"), in(memories{"s": running()}), "start a"},
		{"a running last sidecar lets the mains start (S4.16)", podOf(always, "s", "m"), in(memories{"s": running()}), "start m"},
		{"the successor starts in a later pass than the sidecar (S4.17)", podOf(always, "s1 s2", "m"), in(nil), "start s1"},
		{"a sidecar with a startup probe holds its successor (S4.16)", podOf(always, "s? a", "m"), in(memories{"s": running()}), "nothing"},
		{"the successor starts once the startup probe succeeded (S4.16)", podOf(always, "s? a", "m"),
			in(memories{"s": startupVerdict(running(), true)}), "start a"},
		{"a last sidecar with a startup probe holds the mains (S4.16)", podOf(always, "s?", "m"), in(memories{"s": running()}), "nothing"},
		{"a sidecar restarts under Never, whatever its code (S4.18)", podOf(never, "s", "m"),
			in(memories{"s": exited(0, 0), "m": running()}), "start s"},
		{"a sidecar restarts under OnFailure after 0 (S4.18)", podOf(onFailure, "s", "m"),
			in(memories{"s": exited(0, 0), "m": running()}), "start s"},
		{"a sidecar restarts with back-off (S4.18)", podOf(never, "s", "m"),
			in(memories{"s": backingOff(exited(1, 4*time.Second), 10*time.Second), "m": running()}),
			"refuse s for 10s until 6s aloud, wake 6.9s"},
		{"while the frontier is down its successor does not start (S4.20)", podOf(always, "s a", "m"),
			in(memories{"s": backingOff(exited(1, 4*time.Second), 10*time.Second)}), "refuse s for 10s until 6s aloud, wake 6.9s"},
		{"an earlier sidecar that is down restarts while a later init runs (S4.21)", podOf(always, "s a", "m"),
			in(memories{"s": exited(1, 0), "a": running()}), "start s"},
		{"an earlier sidecar restarts before the mains start (S4.21)", podOf(always, "s a", "m"),
			in(memories{"s": exited(1, 0), "a": exited(0, 0)}), "start s, start m"},
		{"an earlier sidecar in back-off is skipped and the mains start (S4.21)", podOf(always, "s a", "m"),
			in(memories{"s": backingOff(exited(1, time.Second), 10*time.Second), "a": exited(0, 0)}),
			"start m, refuse s for 10s until 9s aloud, wake 10.35s"},
		{"an earlier sidecar in back-off does not keep the next init from starting (S4.21, S4.22)", podOf(always, "s a b", "m"),
			in(memories{"s": backingOff(exited(1, time.Second), 10*time.Second), "a": exited(0, 0)}),
			"start b, refuse s for 10s until 9s aloud, wake 10.35s"},
		{"an earlier sidecar that lost its startup probe's success does not hold the mains (S4.10)", podOf(always, "s? a", "m"),
			in(memories{"s": running(), "a": exited(0, 0)}), "start m"},
		{"a sidecar whose instance disappeared is started again (S4.23)", podOf(always, "s", "m"),
			in(memories{"m": running()}), "start s"},
		{"a sidecar that could not be started does not hold the pass (S4.22)", podOf(always, "s a", "m"),
			in(memories{"s": failed(exited(1, time.Second), ReasonCreateError, time.Second), "a": exited(0, 0)}), "start m, wake 9s"},
		{"sidecars start in the order of the spec (S4.5)", podOf(always, "s1 s2", "m"),
			in(memories{"s1": exited(1, 0), "s2": exited(1, 0), "m": running()}), "start s1, start s2"},
	})
}

func TestStartupProbeOfASidecar(t *testing.T) {
	withPrevious := func(ago, delay time.Duration) *state.Container {
		c := startupVerdict(running(), false)
		c.Previous = exited(1, ago).Current
		c.SetBackOff("", state.BackOff{Delay: delay, Updated: now.Add(-time.Minute)})
		return c
	}
	const kill = "kill s (Init container s failed startup probe)"
	checkDecisions(t, []decision{
		{"a sidecar that failed its startup probe is killed and started again (S4.19)", podOf(always, "s?", "m"),
			in(memories{"s": startupVerdict(running(), false)}), kill + ", start s"},
		{"so it is under Never (S4.18)", podOf(never, "s?", "m"),
			in(memories{"s": startupVerdict(running(), false), "m": running()}), kill + ", start s"},
		{"back-off looks at the instance before the killed one (S5.7)", podOf(always, "s?", "m"),
			in(memories{"s": withPrevious(30*time.Second, 10*time.Second)}), kill + ", start s"},
		{"and refuses once the entry exceeds the time since that one's end (S5.7)", podOf(always, "s?", "m"),
			in(memories{"s": withPrevious(30*time.Second, 40*time.Second)}), kill + ", refuse s for 40s until 10s aloud, wake 11.5s"},
	})
}
