package pause

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestFor(t *testing.T) {
	tests := map[string]struct {
		end  time.Duration // of the context
		want time.Duration
		err  error
	}{
		"the time passes":       {end: time.Hour, want: time.Minute},
		"the context ends":      {end: time.Second, want: time.Second, err: context.DeadlineExceeded},
		"the context has ended": {end: 0, want: 0, err: context.DeadlineExceeded},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), test.end)
				defer cancel()
				begin := time.Now()
				if err := For(ctx, time.Minute); !errors.Is(err, test.err) {
					t.Errorf("For: %v, want %v", err, test.err)
				}
				if took := time.Since(begin); took != test.want {
					t.Errorf("it took %v, want %v", took, test.want)
				}
			})
		})
	}
}
