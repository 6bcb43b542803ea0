package plan

import (
	"errors"
	"time"

	"github.com/podsim/podsim/runtime/state"
)

// The crash back-off of a kubelet (S5.1, S5.4).
const (
	// DefaultInitialBackOff is the first wait; the waits after it double.
	DefaultInitialBackOff = 10 * time.Second
	// DefaultMaxBackOff is the cap of the back-off; a node may lower it (S5.10).
	DefaultMaxBackOff = 300 * time.Second
	// ReducedInitialBackOff and ReducedMaxBackOff take their places under the feature gate ReduceDefaultCrashLoopBackOffDecay (S5.10).
	ReducedInitialBackOff = time.Second
	ReducedMaxBackOff     = 60 * time.Second

	backOffReset = 600 * time.Second // a restarted container that lives longer starts over with the first wait
)

// CheckMaxBackOff says what is wrong with a cap that a node is to be given, a second or more as a kubelet's (S5.10); 0 is the default.
func CheckMaxBackOff(limit time.Duration) error {
	if limit != 0 && limit < time.Second {
		return errors.New("must be at least 1s")
	}
	return nil
}

// backOff decides whether a container whose newest instance finished at finished may start now (S5.2). If it may, it returns the
// entry to keep once the start is made; if not, how long the delay is and when it ends, counted from the finish (S5.3). A limit
// below the initial delay lowers that too (S5.10).
func backOff(entry state.BackOff, finished, now time.Time, initial, limit time.Duration) (next state.BackOff, delay time.Duration, until time.Time) {
	expired := finished.Sub(entry.Updated) > backOffReset // S5.4
	if entry.Delay > 0 && !expired && now.Sub(finished) < entry.Delay {
		return entry, entry.Delay, finished.Add(entry.Delay)
	}
	next = state.BackOff{Delay: min(initial, limit), Updated: now}
	if entry.Delay > 0 && !expired {
		next.Delay = min(2*entry.Delay, limit)
	}
	return next, 0, time.Time{}
}
