package plan

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/podsim/podsim/runtime/state"
)

func TestRetriesOfStartsThatFailed(t *testing.T) {
	fell := func(reason string, ago time.Duration) *state.Pod {
		return in(memories{"m": failed(&state.Container{}, reason, ago)})
	}
	pod := podOf(always, "", "m")
	checkDecisions(t, []decision{
		{"a failed pull is soon followed by a pass that meets its back-off (S5.15)", pod, fell(ReasonErrImagePull, 0), "wake 1s"},
		{"after that the start is tried (S5.13)", pod, fell(ReasonErrImagePull, time.Second), "start m"},
		{"a pull in back-off is tried after 10 s (S5.13)", pod, fell(ReasonImagePullBackOff, 3*time.Second), "wake 7s"},
		{"an image that is never pulled is looked for after 10 s (S0.5)", pod, fell(ReasonErrImageNeverPull, 0), "wake 10s"},
		{"an invalid name is tried after 10 s (S14.9)", pod, fell(ReasonInvalidImageName, 0), "wake 10s"},
		{"a failed inspection is tried after 10 s (S0.5)", pod, fell(ReasonImageInspectError, 0), "wake 10s"},
		{"what the container refers to is looked for after 10 s (S9.9)", pod, fell(ReasonCreateConfigError, 9*time.Second), "wake 1s"},
		{"at the end of the wait the start is tried (S9.9)", pod, fell(ReasonCreateConfigError, 10*time.Second), "start m"},
		{"a refused creation is tried after 10 s (S0.5)", pod, fell(ReasonCreateError, 0), "wake 10s"},
		{"the earliest retry wakes the pod", podOf(always, "", "m n"),
			in(memories{"m": failed(&state.Container{}, ReasonCreateError, 2*time.Second), "n": failed(&state.Container{}, ReasonCreateError, 5*time.Second)}),
			"wake 5s"},
	})
}

func TestAFailedStartWithoutAnInstanceDoesNotAdvanceTheBackOff(t *testing.T) {
	memory := failed(&state.Container{}, ReasonCreateError, RetryInterval)
	pass := Next(Input{Pod: podOf(always, "", "m"), State: in(memories{"m": memory}), Now: now})
	if len(pass.Starts) != 1 || pass.Starts[0].BackOff != (state.BackOff{}) {
		t.Errorf("got %s with %+v", describe(pass), pass.Starts)
	}
}

func TestPullBackOff(t *testing.T) {
	var waits []time.Duration
	var entry state.BackOff
	at := now
	for range 7 {
		entry = PullFailed(entry, at)
		waits = append(waits, entry.Delay)
		if PullAllowed(entry, at.Add(entry.Delay-time.Millisecond)) {
			t.Errorf("a pull is allowed before the end of %v", entry.Delay)
		}
		at = at.Add(entry.Delay)
		if !PullAllowed(entry, at) {
			t.Errorf("no pull is allowed at the end of %v", entry.Delay)
		}
	}
	if diff := cmp.Diff(seconds(10, 20, 40, 80, 160, 300, 300), waits); diff != "" {
		t.Errorf("10 s doubling to 300 s, from the last failed pull (S5.12):\n%s", diff)
	}
}

func TestPullBackOffIsResetBy600SecondsWithoutAFailure(t *testing.T) {
	last := state.BackOff{Delay: 300 * time.Second, Updated: now.Add(-601 * time.Second)}
	if got := PullFailed(last, now); got.Delay != 10*time.Second {
		t.Errorf("the next wait is %v (S5.12)", got.Delay)
	}
}

func TestTheFirstPullIsAllowed(t *testing.T) {
	if !PullAllowed(state.BackOff{}, now) {
		t.Error("it is not (S5.12)")
	}
}

func TestMountsAreTriedAgainFromHalfASecondDoublingToTwoMinutes(t *testing.T) {
	var got []time.Duration
	for failures := 1; failures <= 10; failures++ {
		got = append(got, MountRetry(failures))
	}
	want := append([]time.Duration{500 * time.Millisecond}, seconds(1, 2, 4, 8, 16, 32, 64, 122, 122)...)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(S5.14):\n%s", diff)
	}
}
