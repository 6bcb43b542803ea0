package podtest

import (
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
