package runtime

import (
	"sync"
	"time"

	"github.com/podsim/podsim/runtime/plan"
)

// gracePeriod is the time that a pod's containers have left to stop, one budget for all of them (S8.15). It may be shortened while it
// runs (S8.11), never lengthened.
type gracePeriod struct {
	mu      sync.Mutex
	end     time.Time
	minimum time.Duration // from a stop signal to SIGKILL, however little is left
	changed chan struct{}
}

// newGracePeriod starts a period of d.
func newGracePeriod(d time.Duration) *gracePeriod {
	return &gracePeriod{end: time.Now().Add(d), changed: make(chan struct{}), minimum: plan.MinimumGrace}
}

// shorten lets the period end d from now if that is sooner; with zero, which only a forced deletion asks for, what still runs is killed
// at once (S8.3).
func (g *gracePeriod) shorten(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	end := time.Now().Add(d)
	if !end.Before(g.end) && (d > 0 || g.minimum == 0) {
		return
	}
	g.end = end
	if d <= 0 {
		g.minimum = 0
	}
	close(g.changed)
	g.changed = make(chan struct{})
}

// await returns when done is closed or the period, which ends late by that much for the caller, is over. It returns how long that took.
func (g *gracePeriod) await(done <-chan struct{}, late time.Duration) time.Duration {
	for begun := time.Now(); ; {
		left, _, changed := g.left(late)
		if expired(left, done, changed) {
			return time.Since(begun)
		}
	}
}

// awaitStop returns true when done is closed, false when the period, which ends late by that much for the caller, is over and at least
// the minimum has passed since signalled.
func (g *gracePeriod) awaitStop(done <-chan struct{}, signalled time.Time, late time.Duration) bool {
	for {
		left, minimum, changed := g.left(late)
		if expired(max(left, minimum-time.Since(signalled)), done, changed) {
			select {
			case <-done:
				return true
			default:
				return false
			}
		}
	}
}

// expired waits for the time to pass or for done, and returns true then; false if the period was changed before.
func expired(left time.Duration, done, changed <-chan struct{}) bool {
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return true
	case <-changed:
		return false
	}
}

// left is what is left of the period for a caller for whom it ends late by that much; a forced end waits for nobody.
func (g *gracePeriod) left(late time.Duration) (left, minimum time.Duration, changed <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.minimum == 0 {
		late = 0
	}
	return time.Until(g.end) + late, g.minimum, g.changed
}

// fraction is what is left of a duration beside its whole seconds: a kubelet takes only those off a grace period (S7.7).
func fraction(d time.Duration) time.Duration { return d % time.Second }
