package podtest

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// panicOf is what a function panics with; "" if it does not.
func panicOf(do func()) (text string) {
	defer func() {
		if p, ok := recover().(error); ok {
			text = p.Error()
		}
	}()
	do()
	return ""
}

func breakDown() { panic("no such row") }

func TestARehearsalThatPanicsIsCleanedUp(t *testing.T) {
	for _, row := range []struct {
		name string
		do   func(own *rehearsal)
	}{
		{"at once", func(*rehearsal) { breakDown() }},
		{"in a cleanup", func(own *rehearsal) { own.Cleanup(breakDown) }},
		{"in one within it", func(own *rehearsal) { newRehearsal(own, "inner").run(breakDown) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			var cleaned []string
			own := newRehearsal(t, "panic")
			text := panicOf(func() {
				own.run(func() {
					own.Cleanup(func() { cleaned = append(cleaned, "first") })
					own.Cleanup(func() { cleaned = append(cleaned, "last") })
					row.do(own)
				})
			})
			if !strings.HasPrefix(text, "no such row\n\ngoroutine ") || !strings.Contains(text, "podtest.breakDown") {
				t.Errorf("it panics with %q", text)
			}
			if !slices.Equal(cleaned, []string{"last", "first"}) || own.Context().Err() == nil {
				t.Errorf("cleaned up: %q, context %v", cleaned, own.Context().Err())
			}
		})
	}
}

// Find has several pods at a time: all are gone when it panics.
func TestFindPanicsWithItsScenario(t *testing.T) {
	RequireEngine(t)
	t.Parallel()
	var learned atomic.Bool
	own := newRehearsal(t, "find")
	text := panicOf(func() {
		own.run(func() {
			Find(own, Scenario{Pod: []Option{YAML(sleeper)}, Kill: "app", Run: func(pod *Pod) {
				pod.WaitReady()
				if learned.Swap(true) {
					breakDown()
				}
			}})
		})
	})
	if !strings.HasPrefix(text, "no such row\n\n") || !strings.Contains(text, "podtest.breakDown") {
		t.Errorf("it panics with %q", text)
	}
	tests.mu.Lock()
	defer tests.mu.Unlock()
	for key := range tests.all {
		if strings.HasPrefix(key.test.Name(), own.Name()) {
			t.Errorf("%s has not been cleaned up", key.test.Name())
		}
	}
}
