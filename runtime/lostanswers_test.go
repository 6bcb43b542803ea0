package runtime

import (
	"context"
	"testing"
	"time"

	"github.com/podsim/podsim/runtime/engine/enginetest"
)

// A start that took effect is no failure, even if neither its answer nor a look at the container comes through for a while: else the
// next attempt would run beside it (S0.1).
func TestAStartWhoseAnswerGotLostIsNoFailure(t *testing.T) {
	inWorld(t, func(w *world) {
		starts := 0
		w.machine.Intercept(func(_ context.Context, call enginetest.Call) error {
			if call.Method == "ContainerStart" {
				if starts++; starts == 2 { // the first is the sandbox's
					w.machine.LoseNext(call.Method, errHiccup)
				}
			}
			if call.Method == "ContainerInspect" && starts == 2 && time.Since(w.begun) < 5*time.Second {
				return errHiccup
			}
			return nil
		})
		w.create(oneMain)
		time.Sleep(20 * time.Second)
		w.delete("p", -1)
		w.awaitGone("p")
		if got := len(w.startTimes("main")); got != 1 {
			t.Errorf("%d instances were started: %v", got, w.timeline())
		}
		w.wantNothingLeft()
	})
}

func TestCallsWhoseAnswersGetLostLeaveNothingBehind(t *testing.T) {
	for _, method := range []string{"ContainerCreate", "ContainerStart", "ContainerKill", "ContainerRemove"} {
		t.Run(method, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.machine.LoseNext(method, errHiccup)
				w.up(oneMain)
				w.delete("p", -1)
				w.awaitGone("p")
				w.wantNothingLeft()
			})
		})
	}
}
