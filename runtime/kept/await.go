package kept

import (
	"context"
	"errors"
	"sync"
)

// progress is the version of the store up to which all is written, for those who wait for that.
type progress struct {
	mu      sync.Mutex
	version uint64
	failure error         // of the last attempt
	tried   chan struct{} // closed, and replaced, after each attempt
}

func newProgress() *progress { return &progress{tried: make(chan struct{})} }

// tell says how an attempt to write all up to a version went.
func (p *progress) tell(version uint64, failure error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failure = failure; failure == nil {
		p.version = max(p.version, version)
	}
	close(p.tried)
	p.tried = make(chan struct{})
}

// reached reports whether all is written up to a version; if not, what is closed after the next attempt, and how the last one failed.
func (p *progress) reached(version uint64) (bool, <-chan struct{}, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.version >= version, p.tried, p.failure
}

// errEnded is told who waits for a keeper that writes no more.
var errEnded = errors.New("nothing is kept any more: the node ends")

// Await returns when all changes up to a version of the store are written. The error is that of an attempt that failed, although it will be
// made again, or the context's when that ends before. Any goroutine may call it.
func (k *Keeper) Await(ctx context.Context, version uint64) error {
	for first := true; ; first = false {
		reached, tried, failure := k.progress.reached(version)
		switch {
		case reached:
			return nil
		case failure != nil && (!first || errors.Is(failure, errEnded)):
			return failure
		}
		select {
		case k.awaited <- struct{}{}:
		default:
		}
		select {
		case <-tried:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
