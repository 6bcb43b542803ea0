package runtime

import (
	"context"
	"testing"
	"time"

	"github.com/podsim/podsim/runtime/engine/enginetest"
)

// An engine makes a container or a network although the one who asked for it has gone, and nobody would remove it: a deletion without grace waits for
// the creation that is under way.
func TestAForcedDeletionDoesNotGiveUpACreation(t *testing.T) {
	for name, c := range map[string]struct {
		method string
		when   time.Duration
	}{
		"of the network": {"NetworkCreate", time.Second},
		"of the sandbox": {"ContainerCreate", time.Second},
		"of a container": {"ContainerCreate", 8 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.machine.Script("main", ignoresStop)
				created := 0
				w.machine.Intercept(func(ctx context.Context, call enginetest.Call) error {
					if call.Method != c.method {
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
				time.Sleep(c.when)
				w.delete("p", 0)
				w.awaitGone("p")
				if want := 1 + int(c.when/(5*time.Second)); created < want {
					w.Errorf("%d creations, want %d at least", created, want)
				}
				w.wantNothingLeft()
			})
		})
	}
}
