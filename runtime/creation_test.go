package runtime

import (
	"context"
	"testing"
	"time"

	"github.com/podsim/podsim/runtime/engine/enginetest"
)

// An engine makes a container although the one who asked for it has gone, and nobody would remove it: a deletion without grace waits for
// the creation that is under way.
func TestAForcedDeletionDoesNotGiveUpACreation(t *testing.T) {
	for name, when := range map[string]time.Duration{"of the sandbox": time.Second, "of a container": 8 * time.Second} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.machine.Script("main", ignoresStop)
				created := 0
				w.machine.Intercept(func(ctx context.Context, call enginetest.Call) error {
					if call.Method != "ContainerCreate" {
						return nil
					}
					select {
					case <-ctx.Done():
						w.Errorf("the creation of %s is given up", call.Target)
						return ctx.Err()
					case <-time.After(5 * time.Second):
						created++
						return nil
					}
				})
				w.create(oneMain)
				time.Sleep(when)
				w.delete("p", 0)
				w.awaitGone("p")
				if want := 1 + int(when/(5*time.Second)); created < want {
					w.Errorf("%d creations, want %d at least", created, want)
				}
				w.wantNothingLeft()
			})
		})
	}
}
