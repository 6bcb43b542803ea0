package runtime

import (
	"context"
	"testing"
	"time"

	"github.com/podsim/podsim/runtime/engine/enginetest"
)

func TestAWaitThatBreaksOffIsNoExit(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", ignoresStop)
		w.up(oneMain)
		w.machine.FailNext("ContainerWait", errHiccup)
		w.delete("p", -1)
		w.awaitGone("p")
		w.wantTimeline("0s started main 0", "10s signalled main 0: TERM", "15s signalled main 0: KILL", "15s exited main 0: 137") // S7.13, S8.15
	})
}

func TestAStopThatTheEngineRefusesIsTriedAgainAtItsPaceAndWithinItsGracePeriod(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("a", ignoresStop)
		hooks, kills := 0, 0
		w.machine.OnExec(func(x enginetest.Exec) enginetest.ExecResult {
			if x.Command[0] == "finish" {
				hooks++
			}
			return enginetest.ExecResult{}
		})
		w.up(hookedManifest)
		w.machine.Intercept(func(_ context.Context, call enginetest.Call) error {
			if call.Method == "ContainerKill" && time.Since(w.begun) < 15*time.Second {
				kills++
				return errHiccup
			}
			return nil
		})
		w.delete("p", -1)
		w.awaitGone("p")
		if hooks != 1 {
			t.Errorf("the preStop hook ran %d times (S7.12)", hooks)
		}
		if kills > 12 {
			t.Errorf("in five seconds the engine was asked %d times", kills)
		}
		lines := w.timeline()
		if last := lines[len(lines)-2]; last != "20s signalled a 0: KILL" {
			t.Errorf("the last signal is %q: the grace period is one for all tries (S8.15)", last)
		}
	})
}
