// Package probe runs the probes of a container: when to probe, how results add up to a verdict, which events they make, and what one
// attempt over HTTP, TCP or gRPC comes to (S6). It knows neither the engine nor the pod; what it sees of a container and who hears of
// a verdict are handed in.
package probe

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/state"
)

// Sight is what the published status shows of a container.
type Sight struct {
	InstanceID string // of the newest instance; "" before the first
	Running    bool
	StartedAt  time.Time // of a running instance
	Started    bool      // its startup probe passed, or it has none (S6.5)
	Over       bool      // the pod is at its end, or the container ended for good (S6.11)
}

// Worker is one probe of one container, for all of the container's instances (S6.1). Its fields are set before Run and left alone then;
// its functions are called by the goroutine of Run alone.
type Worker struct {
	Kind Kind
	// Probe has its defaults: period, timeout and thresholds are at least 1.
	Probe *corev1.Probe
	Look  func() Sight
	// Attempt probes an instance once. The context ends at the probe's timeout, and earlier with that of Run; an attempt that
	// reached its timeout says so in its outcome. An error is an attempt that did not run (S6.10).
	Attempt func(ctx context.Context, instanceID string) (Outcome, error)
	// Tell hears of the event of a tick, at most one.
	Tell func(instanceID string, n Note)
	// Report hears of every change of what the probe came to for an instance, which begins as state.Unjudged.
	Report func(instanceID string, r state.ProbeResult)
	// Trigger asks for a run at once; the next tick is one period later (S6.4). It should hold one request, so that the sender need
	// not wait; nil if there is nobody to ask.
	Trigger <-chan struct{}
	// Stop, when closed, ends the worker after the tick that is under way: a command that was begun has all of its time (S6.54). It may
	// be nil.
	Stop <-chan struct{}
}

// Run probes at once and then at every tick, until it is stopped, the context ends or the container is at its end (S6.2, S6.11).
func (w *Worker) Run(ctx context.Context) {
	period := time.Duration(w.Probe.PeriodSeconds) * time.Second
	ticker := time.NewTicker(period)
	defer ticker.Stop()
	var r record
	for ctx.Err() == nil && w.tick(ctx, &r) {
		select {
		case <-ctx.Done():
		case <-w.Stop:
			return
		case <-ticker.C:
		case <-w.Trigger:
			ticker.Reset(period)
		}
	}
}

// record is what a worker remembers from tick to tick.
type record struct {
	instanceID string            // the newest that was seen; "" before the first
	reported   state.ProbeResult // for that instance
	onHold     bool              // until there is another instance (S6.9)
	last       state.ProbeResult // of an attempt, whichever instance it was
	run        int               // how often last came in a row; it goes on over a restart (S6.8)
}

// meet begins a new instance, if this is one.
func (r *record) meet(instanceID string) {
	if instanceID != "" && instanceID != r.instanceID {
		r.instanceID, r.reported, r.onHold = instanceID, state.Unjudged, false
	}
}

// count adds the result of one attempt and returns how often it came in a row.
func (r *record) count(result state.ProbeResult) int {
	if result != r.last {
		r.last, r.run = result, 0
	}
	r.run++
	return r.run
}

// tick does what is due now and reports whether the worker goes on.
func (w *Worker) tick(ctx context.Context, r *record) bool {
	seen := w.Look()
	r.meet(seen.InstanceID)
	switch {
	case seen.InstanceID == "" || r.onHold:
	case !seen.Running:
		w.report(r, state.Failed) // S6.11
	case !seen.Over && w.due(seen):
		w.probe(ctx, r)
	}
	return !seen.Over
}

// due reports whether a running instance is probed at this tick: its initial delay is over, counted from its start (S6.2, S6.6), and it
// is the turn of this kind of probe (S6.5).
func (w *Worker) due(seen Sight) bool {
	age := max(0, time.Since(seen.StartedAt)) // an engine elsewhere may have a clock that is ahead
	delay := time.Duration(w.Probe.InitialDelaySeconds) * time.Second
	return age >= delay && seen.Started == (w.Kind != Startup)
}

// probe makes the attempt of one tick, and a verdict of it if there were enough like it.
func (w *Worker) probe(ctx context.Context, r *record) {
	outcome, err := w.attempt(ctx, r.instanceID)
	if ctx.Err() != nil {
		return // the worker's end cut it short
	}
	if note, ok := noteOf(w.Kind, outcome, err); ok {
		w.Tell(r.instanceID, note)
	}
	if err != nil {
		return
	}
	result, threshold := state.Passed, w.Probe.SuccessThreshold
	if outcome.Answer == Failure {
		result, threshold = state.Failed, w.Probe.FailureThreshold
	}
	if r.count(result) < int(threshold) {
		return
	}
	w.report(r, result)
	if w.Kind == Startup || w.Kind == Liveness && result == state.Failed {
		r.onHold, r.run = true, 0
	}
}

func (w *Worker) report(r *record, result state.ProbeResult) {
	if result != r.reported {
		r.reported = result
		w.Report(r.instanceID, result)
	}
}

// tries is how often a tick makes its attempt as long as that errors (S6.10).
const tries = 3

// attempt returns the first outcome of the tries, or the last one's error.
func (w *Worker) attempt(ctx context.Context, instanceID string) (outcome Outcome, err error) {
	for range tries {
		outcome, err = w.attemptOnce(ctx, instanceID)
		if err == nil || ctx.Err() != nil {
			break
		}
	}
	return outcome, err
}

// attemptOnce makes an attempt within the probe's timeout. One that panics is an error: it must not take the node down.
func (w *Worker) attemptOnce(ctx context.Context, instanceID string) (outcome Outcome, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(w.Probe.TimeoutSeconds)*time.Second)
	defer cancel()
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("the probe panicked: %v", cause)
		}
	}()
	return w.Attempt(ctx, instanceID)
}
