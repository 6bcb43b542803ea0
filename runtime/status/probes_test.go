package status

import (
	"testing"

	"github.com/podsim/podsim/runtime/state"
)

func TestReadinessOfARunningContainer(t *testing.T) {
	for _, row := range []struct {
		name, container string
		known           *state.Container
		started, ready  bool
	}{
		{"without probes it is ready (S3.38)", "m", runs(0), true, true},
		{"before its readiness probe decided it is not (S3.38)", "m~", runs(0), true, false},
		{"with its readiness probe it is (S3.38)", "m~", readiness(runs(0), state.Passed), true, true},
		{"against its readiness probe it is not (S3.38)", "m~", readiness(runs(0), state.Failed), true, false},
		{"before its startup probe decided it has not started (S3.39)", "m?", runs(0), false, false},
		{"after its startup probe it is ready (S3.38, S3.39)", "m?", passed(runs(0)), true, true},
		{"after its startup probe its readiness probe decides (S3.38)", "m?~", passed(runs(0)), true, false},
		{"one that has not started is not ready, whatever its readiness (S3.38)", "m?~", readiness(runs(0), state.Passed), false, false},
		{"one that ended is not ready (S3.38)", "m~", readiness(endedWith(0, 0), state.Passed), false, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, pods := range [][2]string{{"", row.container}, {"s" + row.container, "n"}} {
				pod := podOf(always, pods[0], pods[1])
				name := "m"
				if pods[0] != "" {
					name = "sm" // the same for a sidecar
				}
				pod.Status = Generate(Input{Pod: pod, State: in(memories{name: row.known}), Now: now})
				if got := Container(pod, name); *got.Started != row.started || got.Ready != row.ready {
					t.Errorf("%s: started %v, ready %v", name, *got.Started, got.Ready)
				}
			}
		})
	}
}
