// Package pause waits for time to pass, unless there is no use in it any more.
package pause

import (
	"context"
	"time"
)

// For waits for d. When ctx ends before, it returns at once with the context's error.
func For(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
