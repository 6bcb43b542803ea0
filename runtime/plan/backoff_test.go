package plan

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/podsim/podsim/runtime/state"
)

// schedule is how long each restart of a container waits that ends as soon as it runs.
func schedule(initial, limit time.Duration, restarts int) []time.Duration {
	var entry state.BackOff
	var waits []time.Duration
	at := now
	for range restarts {
		finished := at
		next, _, until := backOff(entry, finished, at, initial, limit)
		if !until.IsZero() {
			at = until
			next, _, _ = backOff(entry, finished, at, initial, limit)
		}
		waits = append(waits, at.Sub(finished))
		entry = next
	}
	return waits
}

func seconds(values ...int) []time.Duration {
	var list []time.Duration
	for _, v := range values {
		list = append(list, time.Duration(v)*time.Second)
	}
	return list
}

func TestBackOffSchedule(t *testing.T) {
	for _, row := range []struct {
		name           string
		initial, limit time.Duration
		want           []time.Duration
	}{
		{"the first restart is immediate, the next ones wait 10 s doubling to 300 s (S5.1, S5.2)",
			DefaultInitialBackOff, DefaultMaxBackOff, seconds(0, 10, 20, 40, 80, 160, 300, 300)},
		{"a lowered cap cuts the schedule (S5.10)", DefaultInitialBackOff, time.Minute, seconds(0, 10, 20, 40, 60, 60)},
		{"a cap below 10 s lowers the first wait too (S5.10)", DefaultInitialBackOff, 3 * time.Second, seconds(0, 3, 3, 3)},
		{"the reduced back-off begins with 1 s and ends with 60 s (S5.10)",
			ReducedInitialBackOff, ReducedMaxBackOff, seconds(0, 1, 2, 4, 8, 16, 32, 60, 60)},
	} {
		t.Run(row.name, func(t *testing.T) {
			if diff := cmp.Diff(row.want, schedule(row.initial, row.limit, len(row.want))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBackOff(t *testing.T) {
	entry := func(delay, updatedAgo time.Duration) state.BackOff {
		return state.BackOff{Delay: delay, Updated: now.Add(-updatedAgo)}
	}
	for _, row := range []struct {
		name        string
		entry       state.BackOff
		finishedAgo time.Duration
		limit       time.Duration
		wantDelay   time.Duration // 0: may start
		wantUntil   time.Duration
		wantNext    state.BackOff
	}{
		{name: "without an entry it may start and gets one of 10 s (S5.2)",
			finishedAgo: 0, wantNext: entry(10*time.Second, 0)},
		{name: "the wait counts from the end of the last instance, not from the restart (S5.3)",
			entry: entry(40*time.Second, 5*time.Minute), finishedAgo: 15 * time.Second,
			wantDelay: 40 * time.Second, wantUntil: 25 * time.Second, wantNext: entry(40*time.Second, 5*time.Minute)},
		{name: "exactly at the end of the wait it may start and the entry doubles (S5.2)",
			entry: entry(40*time.Second, 5*time.Minute), finishedAgo: 40 * time.Second, wantNext: entry(80*time.Second, 0)},
		{name: "an instance that lived exactly 600 s does not reset the entry (S5.4)",
			entry: entry(80*time.Second, 600*time.Second), finishedAgo: 0,
			wantDelay: 80 * time.Second, wantUntil: 80 * time.Second, wantNext: entry(80*time.Second, 600*time.Second)},
		{name: "an instance that lived more than 600 s resets the entry to 10 s and restarts at once (S5.4)",
			entry: entry(300*time.Second, 601*time.Second), finishedAgo: 0, wantNext: entry(10*time.Second, 0)},
		{name: "the reset stays at 600 s under a lowered cap (S5.4)",
			entry: entry(20*time.Second, 100*time.Second), finishedAgo: 0, limit: 20 * time.Second,
			wantDelay: 20 * time.Second, wantUntil: 20 * time.Second, wantNext: entry(20*time.Second, 100*time.Second)},
	} {
		t.Run(row.name, func(t *testing.T) {
			limit := row.limit
			if limit == 0 {
				limit = DefaultMaxBackOff
			}
			next, delay, until := backOff(row.entry, now.Add(-row.finishedAgo), now, DefaultInitialBackOff, limit)
			if delay != row.wantDelay {
				t.Errorf("delay %v, want %v", delay, row.wantDelay)
			}
			if row.wantDelay > 0 && until.Sub(now) != row.wantUntil {
				t.Errorf("it ends in %v, want %v", until.Sub(now), row.wantUntil)
			}
			if diff := cmp.Diff(row.wantNext, next); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNextHonoursTheInitialBackOff(t *testing.T) {
	pass := Next(Input{Pod: podOf(always, "", "m"), State: in(memories{"m": exited(1, 0)}), Now: now,
		InitialBackOff: ReducedInitialBackOff, MaxBackOff: ReducedMaxBackOff})
	if len(pass.Starts) != 1 || pass.Starts[0].BackOff != (state.BackOff{Delay: time.Second, Updated: now}) {
		t.Errorf("got %s with %+v (S5.10)", describe(pass), pass.Starts)
	}
}

func TestNextHonoursTheCapOfTheBackOff(t *testing.T) {
	pod := podOf(always, "", "m")
	memory := in(memories{"m": backingOff(exited(1, 5*time.Second), 5*time.Second)})
	pass := Next(Input{Pod: pod, State: memory, Now: now, MaxBackOff: 5 * time.Second})
	if len(pass.Starts) != 1 || pass.Starts[0].BackOff != (state.BackOff{Delay: 5 * time.Second, Updated: now}) {
		t.Errorf("got %s with %+v", describe(pass), pass.Starts)
	}
}

func TestRefusals(t *testing.T) {
	crashed := func(ago, delay time.Duration) *state.Container { return backingOff(exited(1, ago), delay) }
	pod := podOf(always, "", "m")
	checkDecisions(t, []decision{
		{"the first refusal after an exit is announced (S5.9)", pod,
			in(memories{"m": crashed(time.Second, 10*time.Second)}), "refuse m for 10s until 9s aloud, wake 10.35s"},
		{"a short wait is announced once (S5.15)", pod,
			in(memories{"m": announced(crashed(5*time.Second, 10*time.Second), 5*time.Second)}), "refuse m for 10s until 5s, wake 6.5s"},
		{"a wait of more than a minute is looked at in hops of a minute, stretched (S0.5, S5.8)", pod,
			in(memories{"m": crashed(0, 300*time.Second)}), "refuse m for 5m0s until 5m0s aloud, wake 1m9s"},
		{"within the hop it is not announced again (S5.8)", pod,
			in(memories{"m": announced(crashed(30*time.Second, 300*time.Second), 30*time.Second)}), "refuse m for 5m0s until 4m30s, wake 39s"},
		{"after the hop it is announced again (S5.9)", pod,
			in(memories{"m": announced(crashed(75*time.Second, 300*time.Second), 75*time.Second)}), "refuse m for 5m0s until 3m45s aloud, wake 1m9s"},
		{"what a kubelet looks at later is started at once when something else brings a pass (S5.8)", pod,
			in(memories{"m": announced(crashed(10*time.Second, 10*time.Second), 10*time.Second)}), "start m"},
		{"the announcement of an earlier instance does not count", pod,
			in(memories{"m": func() *state.Container {
				c := announced(crashed(time.Second, 20*time.Second), 15*time.Second)
				c.StartFailure.InstanceID = "the one before"
				return c
			}()}), "refuse m for 20s until 19s aloud, wake 21.85s"},
		{"back-off does not look at the exit code (S5.5)", pod,
			in(memories{"m": backingOff(exited(0, time.Second), 10*time.Second)}), "refuse m for 10s until 9s aloud, wake 10.35s"},
		{"containers do not share back-off (S5.6)", podOf(always, "", "m n"),
			in(memories{"m": crashed(time.Second, 10*time.Second), "n": exited(1, time.Second)}),
			"start n, refuse m for 10s until 9s aloud, wake 10.35s"},
		{"an instance that could not be started counts as one that ended (S5.11)", pod,
			in(memories{"m": failed(backingOff(exited(128, time.Second), 10*time.Second), ReasonRunContainerError, time.Second)}),
			"refuse m for 10s until 9s aloud, wake 10.35s"},
		{"so does one whose postStart hook failed, and the first restart is immediate (S5.2, S5.11)", pod,
			in(memories{"m": failed(exited(137, 0), ReasonPostStartHookError, 0)}), "start m"},
		{"and the second waits (S5.11)", pod,
			in(memories{"m": failed(backingOff(exited(137, time.Second), 10*time.Second), ReasonPostStartHookError, time.Second)}),
			"refuse m for 10s until 9s aloud, wake 10.35s"},
	})
}
