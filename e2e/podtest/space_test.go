package podtest

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestAnErrorOfTheTargetIsNoReasonToStopAsking(t *testing.T) {
	s := &space{}
	asked := 0
	err := s.poll(t.Context(), func(context.Context) (bool, error) {
		if asked++; asked == 1 {
			return false, errors.New("connection refused")
		}
		return true, nil
	})
	if err != nil || asked != 2 {
		t.Errorf("asked %d times, error %v", asked, err)
	}

	ctx, cancel := context.WithTimeoutCause(t.Context(), 2*pollPause, errors.New("not done within a short time"))
	defer cancel()
	err = s.poll(ctx, func(context.Context) (bool, error) { return false, errors.New("connection refused") })
	if err == nil || !strings.Contains(err.Error(), "not done within a short time") || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("an error that lasts: %v", err)
	}
}
