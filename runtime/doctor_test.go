package runtime

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/podsim/podsim/runtime/engine/enginetest"
	"github.com/podsim/podsim/runtime/pause"
)

func TestAnEngineThatDoesNotAnswerIsDiagnosed(t *testing.T) {
	for method, want := range map[string]string{"Info": "engine", "ContainerList": "pods"} {
		inWorld(t, func(w *world) {
			w.crash()
			defer w.boot() // the world expects a node
			checks := diagnose(w.Context(), hanging(w, method), "tcp://here")
			if last := failed(checks); last.Name != want || !strings.Contains(last.Detail, "the engine did not answer within 30s") {
				t.Errorf("without an answer to %s: %+v", method, checks)
			}
		})
	}
}

// hanging is a connection on which the next call of the method is never answered.
func hanging(w *world, method string) *enginetest.Client {
	hung := false
	w.machine.Intercept(func(ctx context.Context, call enginetest.Call) error {
		if call.Method == method && !hung {
			hung = true
			pause.For(ctx, time.Hour)
			return ctx.Err()
		}
		return nil
	})
	return w.machine.Connect()
}

// failed is the first check that fails.
func failed(checks []Check) Check {
	for _, check := range checks {
		if check.Outcome == Fail {
			return check
		}
	}
	return Check{}
}
