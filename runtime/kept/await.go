package kept

import (
	"context"
	"sync"
)

// progress is the version of the store up to which all is written, for those who wait for that.
type progress struct {
	mu       sync.Mutex
	version  uint64
	advanced chan struct{} // closed, and replaced, whenever the version grows
}

func newProgress() *progress { return &progress{advanced: make(chan struct{})} }

func (p *progress) advance(version uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if version > p.version {
		p.version = version
		close(p.advanced)
		p.advanced = make(chan struct{})
	}
}

func (p *progress) reached(version uint64) (bool, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.version >= version, p.advanced
}

// Await returns when all changes up to a version of the store are written, or with the context's error when that ends before. Any goroutine
// may call it while Run runs.
func (k *Keeper) Await(ctx context.Context, version uint64) error {
	for {
		reached, advanced := k.progress.reached(version)
		if reached {
			return nil
		}
		select {
		case k.awaited <- struct{}{}:
		default:
		}
		select {
		case <-advanced:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
