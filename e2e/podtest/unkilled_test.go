package podtest

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
)

func TestFindFailsWhenTheContainerIsNeverKilled(t *testing.T) {
	RequireEngine(t)
	t.Parallel()
	var learned atomic.Bool
	own := newRehearsal(t, "find")
	own.run(func() {
		Find(own, Scenario{Pod: []Option{YAML(sleeper)}, Kill: "app", Run: func(pod *Pod) {
			if !learned.Swap(true) {
				pod.WaitReady()
			} // else it is over before anything happens
		}})
	})
	if err := own.err(); err == nil || !strings.Contains(err.Error(), `at "app ready": the moment never came`) {
		t.Errorf("it says %v", err)
	}
}

// Without an engine it would be skipped, had it looked for one.
func TestAScenarioThatKillsNoContainerIsNotRun(t *testing.T) {
	t.Setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
	for _, name := range []string{"", "ap"} {
		told := trial(t, func(t TB) { Find(t, Scenario{Pod: []Option{YAML(sleeper)}, Kill: name}) })
		want := fmt.Sprintf("Scenario.Kill: there is no container %q; there are app", name)
		if err := told.err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("skipped %q, error %v, want %s", told.skipped, err, want)
		}
	}
}
