package probe_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/probe"
)

func TestVerdictsOfAnInstance(t *testing.T) {
	twice := corev1.Probe{SuccessThreshold: 2}
	for _, row := range []struct {
		name   string
		kind   probe.Kind
		spec   corev1.Probe
		script string
		want   []string
		tries  int // until 9.5 s
	}{
		{"liveness fails after three failures in a row and rests (S6.8, S6.9)", probe.Liveness, corev1.Probe{}, "f",
			[]string{"2s a failed"}, 3},
		{"liveness passes at the first success and goes on (S6.8)", probe.Liveness, corev1.Probe{}, "s",
			[]string{"0s a passed"}, 10},
		{"liveness can fail after it passed (S6.8)", probe.Liveness, corev1.Probe{}, "ssfff",
			[]string{"0s a passed", "4s a failed"}, 5},
		{"a success between failures begins the row again (S6.8)", probe.Liveness, corev1.Probe{}, "ffsffsff",
			[]string{"2s a passed", "8s a failed"}, 9},
		{"one failure is enough where the threshold is 1 (S6.8)", probe.Liveness, corev1.Probe{FailureThreshold: 1}, "sf",
			[]string{"0s a passed", "1s a failed"}, 2},
		{"startup rests after a success (S6.9)", probe.Startup, corev1.Probe{}, "ffs",
			[]string{"2s a passed"}, 3},
		{"startup rests after a failure (S6.9)", probe.Startup, corev1.Probe{}, "fffs",
			[]string{"2s a failed"}, 3},
		{"readiness comes and goes, and is probed all the time (S6.52)", probe.Readiness, corev1.Probe{}, "sfffffs",
			[]string{"0s a passed", "3s a failed", "6s a passed"}, 10},
		{"failures below the threshold leave readiness as it is (S6.8)", probe.Readiness, corev1.Probe{}, "sffs",
			[]string{"0s a passed"}, 10},
		{"two successes in a row where the threshold is 2 (S6.8)", probe.Readiness, twice, "sfs",
			[]string{"3s a passed"}, 10},
		{"a success below the threshold leaves readiness as it is (S6.8)", probe.Readiness, twice, "ssfffsfss",
			[]string{"1s a passed", "4s a failed", "8s a passed"}, 10},
		{"a warning counts as success (S6.32)", probe.Readiness, twice, "ws",
			[]string{"1s a passed"}, 10},
		{"an attempt that errors is repeated at once (S6.10)", probe.Liveness, corev1.Probe{}, "ees",
			[]string{"0s a passed"}, 12},
		{"an attempt that fails is not (S6.10)", probe.Liveness, corev1.Probe{}, "fs",
			[]string{"1s a passed"}, 10},
		{"a tick that errors three times neither counts nor ends the row (S6.10)", probe.Liveness, corev1.Probe{}, "ffeeef",
			[]string{"3s a failed"}, 6},
		{"errors alone never give a verdict (S6.23)", probe.Liveness, corev1.Probe{}, "e",
			nil, 30},
		{"an attempt that panics is one that errors", probe.Liveness, corev1.Probe{}, "ppps",
			[]string{"1s a passed"}, 12},
	} {
		t.Run(row.name, func(t *testing.T) {
			running := runs(0, "a")
			running.Started = row.kind != probe.Startup
			saw := stage{kind: row.kind, spec: row.spec, script: row.script, story: []scene{running}, until: 9500 * ms}.play(t)
			if diff := cmp.Diff(row.want, saw.reports); diff != "" {
				t.Error(diff)
			}
			if len(saw.tries) != row.tries {
				t.Errorf("%d attempts instead of %d: %v", len(saw.tries), row.tries, saw.tries)
			}
		})
	}
}

func TestVerdictsOverRestarts(t *testing.T) {
	for _, row := range []struct {
		name string
		stage
		want []string
	}{
		{"the row of failures goes on with the next instance (S6.8)",
			stage{kind: probe.Liveness, script: "f", story: []scene{runs(0, "a"), runs(1500*ms, "b")}, until: 4500 * ms},
			[]string{"2s b failed"}},
		{"after a liveness failure it begins again (S6.8, S6.9)",
			stage{kind: probe.Liveness, script: "f", story: []scene{runs(0, "a"), ended(4500*ms, "a"), runs(6*second, "b")}, until: 9500 * ms},
			[]string{"2s a failed", "8s b failed"}},
		{"after a startup failure it begins again (S6.8, S6.9)",
			stage{kind: probe.Startup, script: "f", story: []scene{starts(0, "a"), starts(4500*ms, "b")}, until: 9500 * ms},
			[]string{"2s a failed", "7s b failed"}},
		{"after a startup success it begins again (S6.8, S6.9)",
			stage{kind: probe.Startup, spec: corev1.Probe{SuccessThreshold: 2}, story: []scene{starts(0, "a"), starts(4500*ms, "b")}, until: 9500 * ms},
			[]string{"1s a passed", "6s b passed"}},
		{"after a readiness failure it goes on (S6.8)",
			stage{kind: probe.Readiness, script: "f", story: []scene{runs(0, "a"), runs(3500*ms, "b")}, until: 9500 * ms},
			[]string{"2s a failed", "4s b failed"}},
		{"what is the same as for the instance before is news for the next (S6.7)",
			stage{kind: probe.Readiness, story: []scene{runs(0, "a"), runs(1500*ms, "b")}, until: 4500 * ms},
			[]string{"0s a passed", "2s b passed"}},
		{"an instance that does not run fails, once (S6.11)",
			stage{kind: probe.Readiness, story: []scene{runs(0, "a"), ended(1500*ms, "a"), runs(5500*ms, "b")}, until: 9500 * ms},
			[]string{"0s a passed", "2s a failed", "6s b passed"}},
		{"that failure is no part of the row (S6.8, S6.11)",
			stage{kind: probe.Liveness, script: "f", story: []scene{runs(0, "a"), ended(500*ms, "a"), runs(2500*ms, "b")}, until: 5500 * ms},
			[]string{"1s a failed", "4s b failed"}},
		{"nothing is added to a verdict (S6.9)",
			stage{kind: probe.Startup, story: []scene{starts(0, "a"), ended(1500*ms, "a")}, until: 5500 * ms},
			[]string{"0s a passed"}},
		{"a status without an instance is no new instance (S6.9)",
			stage{kind: probe.Liveness, script: "f", story: []scene{runs(0, "a"), ended(3500*ms, ""), runs(5500*ms, "a")}, until: 9500 * ms},
			[]string{"2s a failed"}},
		{"extra runs count (S6.4)",
			stage{kind: probe.Readiness, script: "f", story: []scene{runs(0, "a")}, asked: []time.Duration{100 * ms, 200 * ms}, until: 2*second - ms},
			[]string{"200ms a failed"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if diff := cmp.Diff(row.want, row.play(t).reports); diff != "" {
				t.Error(diff)
			}
		})
	}
}
