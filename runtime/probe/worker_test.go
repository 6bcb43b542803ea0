package probe_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/probe"
	"github.com/podsim/podsim/runtime/state"
)

const (
	second = time.Second
	ms     = time.Millisecond
)

func TestWhenAContainerIsProbed(t *testing.T) {
	every2 := corev1.Probe{PeriodSeconds: 2}
	delay3 := corev1.Probe{PeriodSeconds: 1, InitialDelaySeconds: 3}
	for _, row := range []struct {
		name string
		stage
		want []string
	}{
		{"at every tick since the worker's start (S6.2)",
			stage{kind: probe.Liveness, spec: every2, story: []scene{runs(0, "a")}, until: 7 * second},
			[]string{"0s a", "2s a", "4s a", "6s a"}},
		{"a tick before the first instance does nothing (S6.2)",
			stage{kind: probe.Liveness, spec: every2, story: []scene{runs(2500*ms, "a")}, until: 7 * second},
			[]string{"4s a", "6s a"}},
		{"the ticks keep their phase over a restart (S6.1)",
			stage{kind: probe.Liveness, spec: every2, story: []scene{runs(0, "a"), ended(2500*ms, "a"), runs(5*second, "b")}, until: 9 * second},
			[]string{"0s a", "2s a", "6s b", "8s b"}},
		{"the first tick at which the initial delay is over (S6.2)",
			stage{kind: probe.Liveness, spec: delay3, story: []scene{runs(0, "a")}, until: 5*second - ms},
			[]string{"3s a", "4s a"}},
		{"a part of a second does not count (S6.2)",
			stage{kind: probe.Liveness, spec: delay3, story: []scene{runs(500*ms, "a")}, until: 5500 * ms},
			[]string{"4s a", "5s a"}},
		{"the initial delay counts anew for the next instance (S6.2)",
			stage{kind: probe.Liveness, spec: delay3, story: []scene{runs(0, "a"), runs(4*second, "b")}, until: 9*second - ms},
			[]string{"3s a", "7s b", "8s b"}},
		{"the initial delay of readiness counts from the container's start, not from its startup probe's success (S6.6)",
			stage{kind: probe.Readiness, spec: delay3, story: []scene{starts(0, "a"), runs(3500*ms, "a")}, until: 6*second - ms},
			[]string{"4s a", "5s a"}},
		{"without an initial delay a start in the future does not matter",
			stage{kind: probe.Liveness, story: []scene{{0, probe.Sight{InstanceID: "a", Running: true, Started: true,
				StartedAt: time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC)}}}, until: 2*second - ms},
			[]string{"0s a", "1s a"}},
		{"liveness not before the container has started (S6.5)",
			stage{kind: probe.Liveness, story: []scene{starts(0, "a"), runs(2500*ms, "a")}, until: 5*second - ms},
			[]string{"3s a", "4s a"}},
		{"readiness not before the container has started (S6.5)",
			stage{kind: probe.Readiness, story: []scene{starts(0, "a"), runs(2500*ms, "a")}, until: 5*second - ms},
			[]string{"3s a", "4s a"}},
		{"startup only until the container has started, and again for the next instance (S6.5)",
			stage{kind: probe.Startup, script: "f", story: []scene{starts(0, "a"), runs(1500*ms, "a"), starts(3500*ms, "b")}, until: 5*second - ms},
			[]string{"0s a", "1s a", "4s b"}},
		{"a tick that comes during an attempt is made up for after it, those beyond are lost",
			stage{kind: probe.Liveness, spec: corev1.Probe{TimeoutSeconds: 5}, takes: 2500 * ms, story: []scene{runs(0, "a")}, until: 6*second - ms},
			[]string{"0s a", "2.5s a", "5s a"}},
		{"at once when asked, and from there on every period (S6.4)",
			stage{kind: probe.Readiness, spec: every2, story: []scene{runs(0, "a")}, asked: []time.Duration{700 * ms}, until: 5*second - ms},
			[]string{"0s a", "700ms a", "2.7s a", "4.7s a"}},
		{"asked during an attempt: after it (S6.4)",
			stage{kind: probe.Readiness, spec: every2, takes: 900 * ms, story: []scene{runs(0, "a")}, asked: []time.Duration{300 * ms}, until: 4*second - ms},
			[]string{"0s a", "900ms a", "2.9s a"}},
		{"asked before the initial delay is over: not at once, but the ticks restart (S6.4)",
			stage{kind: probe.Readiness, spec: delay3, story: []scene{runs(0, "a")}, asked: []time.Duration{700 * ms}, until: 5*second - ms},
			[]string{"3.7s a", "4.7s a"}},
		{"only the running instance of those that follow each other",
			stage{kind: probe.Readiness, story: []scene{runs(0, "a"), runs(1500*ms, "b"), runs(2500*ms, "c")}, until: 4*second - ms},
			[]string{"0s a", "1s a", "2s b", "3s c"}},
		{"no more once the pod is at its end (S6.11)",
			stage{kind: probe.Liveness, story: []scene{runs(0, "a"), {1500 * ms, probe.Sight{InstanceID: "a", Running: true, Started: true, Over: true}}}, until: 5*second - ms},
			[]string{"0s a", "1s a"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if diff := cmp.Diff(row.want, row.play(t).tries); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhenAWorkerEnds(t *testing.T) {
	for _, row := range []struct {
		name string
		stage
		want    time.Duration
		reports []string
	}{
		{"when its context does",
			stage{kind: probe.Liveness, story: []scene{runs(0, "a")}, until: 2500 * ms},
			2500 * ms, []string{"0s a passed"}},
		{"in the middle of an attempt when its context does",
			stage{kind: probe.Liveness, takes: 900 * ms, story: []scene{runs(0, "a")}, until: 300 * ms},
			300 * ms, nil},
		{"at the tick that finds the container ended for good, whose result is a failure (S6.11)",
			stage{kind: probe.Readiness, story: []scene{runs(0, "a"), over(1500*ms, "a")}, until: 9 * second},
			2 * second, []string{"0s a passed", "2s a failed"}},
		{"at the tick that finds the pod at its end (S6.11)",
			stage{kind: probe.Readiness, story: []scene{runs(0, "a"), over(1500*ms, "")}, until: 9 * second},
			2 * second, []string{"0s a passed"}},
		{"at the end of a container with whose instance it was done (S6.9)",
			stage{kind: probe.Startup, story: []scene{starts(0, "a"), over(1500*ms, "a")}, until: 9 * second},
			2 * second, []string{"0s a passed"}},
		{"not between two instances",
			stage{kind: probe.Readiness, story: []scene{runs(0, "a"), ended(1500*ms, "a")}, until: 9 * second},
			9 * second, []string{"0s a passed", "2s a failed"}},
		{"not while there is no instance",
			stage{kind: probe.Readiness, until: 9 * second},
			9 * second, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			saw := row.play(t)
			if saw.ended != row.want {
				t.Errorf("it ended after %v, not after %v", saw.ended, row.want)
			}
			if diff := cmp.Diff(row.reports, saw.reports); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAnAttemptThatTheWorkersEndCutShortIsForgotten(t *testing.T) {
	for name, err := range map[string]error{"failed": nil, "errored": context.Canceled} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithCancel(t.Context())
				attempts := 0
				worker := probe.Worker{
					Kind:  probe.Liveness,
					Probe: stage{spec: corev1.Probe{FailureThreshold: 1}}.probe(),
					Look:  func() probe.Sight { return probe.Sight{InstanceID: "a", Running: true, Started: true} },
					Attempt: func(context.Context, string) (probe.Outcome, error) {
						attempts++
						time.Sleep(1500 * ms) // so that a tick is due with the end
						stop()
						return probe.Outcome{Answer: probe.Failure}, err
					},
					Tell:   func(string, probe.Note) { t.Error("it was told of") },
					Report: func(string, state.ProbeResult) { t.Error("it was reported") },
				}
				worker.Run(ctx)
				if attempts != 1 {
					t.Errorf("%d attempts instead of 1", attempts)
				}
			})
		})
	}
}

// A worker that is stopped ends after the attempt that is under way, which keeps its time and counts (S6.54).
func TestAnAttemptUnderWayOutlivesTheStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		var told, reported int
		worker := probe.Worker{
			Kind:  probe.Liveness,
			Probe: stage{spec: corev1.Probe{FailureThreshold: 1}}.probe(),
			Look:  func() probe.Sight { return probe.Sight{InstanceID: "a", Running: true, Started: true} },
			Attempt: func(ctx context.Context, _ string) (probe.Outcome, error) {
				close(stop) // panics if there is a second attempt
				<-ctx.Done()
				return probe.Outcome{Answer: probe.Failure}, nil
			},
			Tell:   func(string, probe.Note) { told++ },
			Report: func(string, state.ProbeResult) { reported++ },
			Stop:   stop,
		}
		begun := time.Now()
		worker.Run(t.Context())
		if took := time.Since(begun); took != second || told != 1 || reported != 1 {
			t.Errorf("it ended after %v, told %d and reported %d times", took, told, reported)
		}
	})
}

func TestEveryTryHasTheProbesTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var allowed []time.Duration
		worker := probe.Worker{
			Kind:  probe.Liveness,
			Probe: stage{spec: corev1.Probe{TimeoutSeconds: 3}}.probe(),
			Look:  func() probe.Sight { return probe.Sight{InstanceID: "a", Running: true, Started: true} },
			Attempt: func(ctx context.Context, _ string) (probe.Outcome, error) {
				begun := time.Now()
				<-ctx.Done()
				allowed = append(allowed, time.Since(begun))
				return probe.Outcome{}, ctx.Err()
			},
			Tell:   func(string, probe.Note) { stop() },
			Report: func(string, state.ProbeResult) { t.Error("errors gave a verdict (S6.10)") },
		}
		worker.Run(ctx)
		if diff := cmp.Diff([]time.Duration{3 * second, 3 * second, 3 * second}, allowed); diff != "" {
			t.Error(diff)
		}
	})
}
