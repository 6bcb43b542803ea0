package probe_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/probe"
)

func TestEventsOfTicks(t *testing.T) {
	for _, row := range []struct {
		name   string
		kind   probe.Kind
		script string
		want   []string // until 2.5 s
	}{
		{"every tick that fails, also below the threshold (S6.60, S6.63)", probe.Readiness, "f", []string{
			"0s a Warning Unhealthy: Readiness probe failed: not well\n",
			"1s a Warning Unhealthy: Readiness probe failed: not well\n",
			"2s a Warning Unhealthy: Readiness probe failed: not well\n"}},
		{"liveness (S6.60)", probe.Liveness, "fs", []string{"0s a Warning Unhealthy: Liveness probe failed: not well\n"}},
		{"startup (S6.60)", probe.Startup, "fs", []string{"0s a Warning Unhealthy: Startup probe failed: not well\n"}},
		{"one for the three tries of a tick that errors (S6.10, S6.60)", probe.Liveness, "eees", []string{
			"0s a Warning Unhealthy: Liveness probe errored and resulted in unknown state: no exec: container is gone"}},
		{"none for an error that a further try made good (S6.10)", probe.Liveness, "es", nil},
		{"a failure after an error (S6.10)", probe.Liveness, "efs", []string{"0s a Warning Unhealthy: Liveness probe failed: not well\n"}},
		{"a panic", probe.Liveness, "ppps", []string{
			"0s a Warning Unhealthy: Liveness probe errored and resulted in unknown state: the probe panicked: index out of range"}},
		{"warnings (S6.61)", probe.Readiness, "ws", []string{"0s a Warning ProbeWarning: Readiness probe warning: redirected"}},
		{"none for a success", probe.Readiness, "s", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			running := runs(0, "a")
			running.Started = row.kind != probe.Startup
			saw := stage{kind: row.kind, script: row.script, story: []scene{running}, until: 2500 * ms}.play(t)
			if diff := cmp.Diff(row.want, saw.events); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAProbeThatTakesTooLongIsTriedOnce(t *testing.T) {
	saw := stage{kind: probe.Liveness, takes: 5 * second, spec: corev1.Probe{PeriodSeconds: 10}, story: []scene{runs(0, "a")}, until: 9 * second}.play(t)
	if diff := cmp.Diff([]string{"1s a Warning Unhealthy: Liveness probe failed: took too long"}, saw.events); diff != "" {
		t.Errorf("its timeout is a failure, not an error (S6.22):\n%s", diff)
	}
	if len(saw.tries) != 1 {
		t.Errorf("%d attempts instead of 1 (S6.10)", len(saw.tries))
	}
}

func TestNothingIsToldOfAContainerThatDoesNotRun(t *testing.T) {
	saw := stage{kind: probe.Readiness, script: "f", story: []scene{ended(0, "a"), over(2500*ms, "a")}, until: 9 * second}.play(t)
	if len(saw.tries) > 0 || len(saw.events) > 0 {
		t.Errorf("attempts %v, events %v (S6.2, S6.11)", saw.tries, saw.events)
	}
	if diff := cmp.Diff([]string{"0s a failed"}, saw.reports); diff != "" {
		t.Errorf("reports (S6.11):\n%s", diff)
	}
}
