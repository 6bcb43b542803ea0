package probe_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/probe"
	"github.com/podsim/podsim/runtime/state"
)

// stage is a container with a story and a probe with a script. Times count from the start of the worker.
type stage struct {
	kind   probe.Kind
	spec   corev1.Probe // period and thresholds default to 1 s, 1 and 3
	story  []scene
	script string          // an answer of each attempt: s, f, w, e (error) or p (panic); the last one for ever, s if there is none
	takes  time.Duration   // each attempt
	asked  []time.Duration // when an extra run is asked for
	until  time.Duration   // when the worker is ended
}

// scene is what is shown of the container from a moment on.
type scene struct {
	from time.Duration
	probe.Sight
}

// shown is what an observer saw of a worker, each with its time.
type shown struct {
	tries, reports, events []string
	ended                  time.Duration
}

// runs shows an instance that runs and has started since the moment.
func runs(from time.Duration, id string) scene {
	return scene{from, probe.Sight{InstanceID: id, Running: true, Started: true}}
}

// starts shows an instance that runs and has yet to pass its startup probe.
func starts(from time.Duration, id string) scene {
	return scene{from, probe.Sight{InstanceID: id, Running: true}}
}

// ended shows an instance that ended and will be followed by another.
func ended(from time.Duration, id string) scene {
	return scene{from, probe.Sight{InstanceID: id}}
}

// over shows an instance that ended for good.
func over(from time.Duration, id string) scene {
	return scene{from, probe.Sight{InstanceID: id, Over: true}}
}

// play runs a worker on the stage until its end.
func (s stage) play(t *testing.T) shown {
	t.Helper()
	var saw shown
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		stamp := func(format string, args ...any) string {
			return time.Since(begun).String() + " " + fmt.Sprintf(format, args...)
		}
		ctx, stop := context.WithTimeout(t.Context(), s.until)
		defer stop()
		trigger := make(chan struct{}, 1)
		for _, moment := range s.asked {
			time.AfterFunc(moment, func() { trigger <- struct{}{} })
		}
		worker := probe.Worker{
			Kind:  s.kind,
			Probe: s.probe(),
			Look:  func() probe.Sight { return s.look(begun) },
			Attempt: func(ctx context.Context, id string) (probe.Outcome, error) {
				answer := s.answer(len(saw.tries))
				saw.tries = append(saw.tries, stamp("%s", id))
				select {
				case <-ctx.Done():
					return probe.Outcome{Output: "took too long"}, nil
				case <-time.After(s.takes):
				}
				return answer()
			},
			Tell: func(id string, n probe.Note) {
				saw.events = append(saw.events, stamp("%s %s %s: %s", id, n.Type, n.Reason, n.Message))
			},
			Report: func(id string, r state.ProbeResult) {
				saw.reports = append(saw.reports, stamp("%s %s", id, map[state.ProbeResult]string{
					state.Unjudged: "unjudged", state.Passed: "passed", state.Failed: "failed"}[r]))
			},
			Trigger: trigger,
		}
		worker.Run(ctx)
		saw.ended = time.Since(begun)
	})
	return saw
}

func (s stage) probe() *corev1.Probe {
	p := s.spec
	for field, byDefault := range map[*int32]int32{&p.PeriodSeconds: 1, &p.TimeoutSeconds: 1, &p.SuccessThreshold: 1, &p.FailureThreshold: 3} {
		if *field == 0 {
			*field = byDefault
		}
	}
	return &p
}

// look is the newest scene. An instance that runs did so from the first scene that shows it, unless a scene says otherwise.
func (s stage) look(begun time.Time) probe.Sight {
	now := time.Since(begun)
	var seen probe.Sight
	started := map[string]time.Time{}
	for _, scene := range s.story {
		if scene.from > now {
			break
		}
		seen = scene.Sight
		if _, known := started[seen.InstanceID]; seen.Running && !known {
			started[seen.InstanceID] = begun.Add(scene.from)
		}
	}
	if seen.Running && seen.StartedAt.IsZero() {
		seen.StartedAt = started[seen.InstanceID]
	}
	return seen
}

// answer is the script's for one attempt.
func (s stage) answer(attempt int) func() (probe.Outcome, error) {
	script := s.script
	if script == "" {
		script = "s"
	}
	letter := script[min(attempt, len(script)-1)]
	return func() (probe.Outcome, error) {
		switch letter {
		case 'e':
			return probe.Outcome{}, fmt.Errorf("no exec: %w", errors.New("container is gone"))
		case 'p':
			panic("index out of range")
		case 'f':
			return probe.Outcome{Answer: probe.Failure, Output: "not well\n"}, nil
		case 'w':
			return probe.Outcome{Answer: probe.Warning, Output: "redirected"}, nil
		default:
			return probe.Outcome{Answer: probe.Success, Output: "fine"}, nil
		}
	}
}
