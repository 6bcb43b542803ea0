// Package plan decides what a pod's worker does next. It is pure: a pass is computed from the pod, its state and the time, as a
// kubelet computes its pod actions (S4), and carried out elsewhere. It knows no engine, no clock and no store.
package plan

import (
	"cmp"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/state"
)

// Input is what a decision rests on. Nothing in it is modified.
type Input struct {
	Pod   *corev1.Pod
	State *state.Pod
	Now   time.Time
	// InitialBackOff is the first wait of the crash back-off; 0 means DefaultInitialBackOff.
	InitialBackOff time.Duration
	// MaxBackOff is the cap of the crash back-off; 0 means DefaultMaxBackOff.
	MaxBackOff time.Duration
}

// Pass is what to do now: kills first, one after another, then starts in their order (S4.5).
type Pass struct {
	// NewSandbox: everything that runs is killed, a new sandbox is made, and the next pass goes on in it (S4.2). Nothing else is
	// set then.
	NewSandbox bool
	// RestartAll are the containers whose instances are to be killed and removed, in this order, so that all of them begin anew (S4.61).
	// Nothing else is set then.
	RestartAll []*corev1.Container
	// KillPod: nothing is left to run; all that still runs is stopped in order and the sandbox with it (S4.6, S4.14).
	KillPod bool
	Kills   []Kill
	// Updates are the running containers whose resources change, after the kills and before the starts (S13.31).
	Updates []Update
	Starts  []Start
	// Refusals are the starts that their back-off forbids for now.
	Refusals []Refusal
	// Wake is when the next pass is due even if nothing happens; zero if only a change can bring one.
	Wake time.Time
}

// Kill stops the running instance of one container.
type Kill struct {
	Container *corev1.Container
	// Message of the Killing event (S4.19, S4.33).
	Message string
	// Grace is the grace period in seconds that the failing probe asks for (S6.50); nil for the pod's.
	Grace *int64
}

// Start starts the next instance of one container.
type Start struct {
	Container *corev1.Container
	// Kind tells which list of the spec the container stands in.
	Kind podspec.ContainerKind
	// BackOff is the entry to remember once the start is attempted.
	BackOff state.BackOff
}

// Refusal is a start that waits for its back-off.
type Refusal struct {
	Container *corev1.Container
	Delay     time.Duration
	Until     time.Time
	// Announce says that the refusal is to be published: the first one after an exit, then at every further look (S5.8, S5.9).
	Announce bool
}

// Next is the next pass of a pod that is neither being deleted nor at its end.
func Next(in Input) Pass {
	if RestartsAll(in.Pod, in.State) {
		return Pass{RestartAll: restartAll(in)} // S4.1
	}
	if !in.State.SandboxReady() {
		return sandboxPass(in)
	}
	initialized, failed, initKills, initStarts := inits(in)
	if failed {
		return Pass{KillPod: true}
	}
	var mainKills []Kill
	var mainStarts []candidate
	if initialized {
		keep := 0
		keep, mainKills, mainStarts = mains(in)
		if keep == 0 && len(mainStarts) == 0 {
			return Pass{KillPod: true} // S4.6: sidecars do not hold a pod, and are not restarted
		}
	}
	pass := Pass{Kills: append(initKills, mainKills...), Updates: updates(in)}
	pass.admit(in, slices.Concat(ephemerals(in), initStarts, mainStarts))
	return pass
}

// candidate is a container that is to be started as soon as its back-off allows.
type candidate struct {
	container *corev1.Container
	kind      podspec.ContainerKind
	// replaces: the running instance is killed in this pass; back-off looks at the one before it (S5.7).
	replaces bool
}

// endsPass reports whether nothing after the candidate may start when it does not: so it is with a regular init (S4.22).
func (c candidate) endsPass() bool { return c.kind == podspec.Init && !podspec.IsSidecar(c.container) }

// admit sorts candidates into starts and refusals; one whose last attempt failed before an instance existed waits for its retry.
func (p *Pass) admit(in Input, candidates []candidate) {
	for _, c := range candidates {
		memory := in.State.Containers[c.container.Name]
		if retry := retryAt(c.container, memory); retry.After(in.Now) {
			p.wakeAt(retry)
			if c.endsPass() {
				return
			}
			continue
		}
		start := Start{Container: c.container, Kind: c.kind}
		if last := lastEnd(in, c); last != nil {
			next, delay, until := backOff(memory.BackOff(c.container.Image), last.FinishedAt, in.Now, in.initialBackOff(), in.maxBackOff())
			if delay > 0 {
				refusal := refuse(c, memory, delay, until, in.Now)
				p.Refusals = append(p.Refusals, refusal)
				p.wakeAt(nextLook(refusedAt(memory, refusal, in.Now), until))
				if c.endsPass() {
					return
				}
				continue
			}
			start.BackOff = next
		} else {
			start.BackOff = memory.BackOff(c.container.Image)
		}
		p.Starts = append(p.Starts, start)
	}
}

// lastEnd is the newest instance that has ended at the time of the decision: nil before the first end. An init container has none
// in a new sandbox, because its instances went with the old one (S4.51).
func lastEnd(in Input, c candidate) *state.Instance {
	memory := in.State.Containers[c.container.Name]
	if memory == nil {
		return nil
	}
	last := memory.Exited()
	if c.replaces || memory.Current != nil && memory.Current.Phase == state.Created { // or it never started, because the node crashed
		last = memory.Previous
	}
	if last != nil && c.kind == podspec.Init && last.SandboxID != in.State.Sandbox.ID {
		return nil
	}
	return last
}

func refuse(c candidate, memory *state.Container, delay time.Duration, until, now time.Time) Refusal {
	f := memory.StartFailure
	known := f != nil && f.Reason == ReasonCrashLoopBackOff && f.InstanceID == memory.Current.ID
	return Refusal{Container: c.container, Delay: delay, Until: until,
		Announce: !known || !now.Before(nextLook(f.At, until))}
}

// refusedAt is when the refusal that stands was announced.
func refusedAt(memory *state.Container, r Refusal, now time.Time) time.Time {
	if r.Announce {
		return now
	}
	return memory.StartFailure.At
}

// nextLook is when a container is looked at again that was refused to start. A kubelet does so after what was left of the back-off,
// at most a minute, stretched by a random factor between 1 and 1.5 (S0.5, S5.8). So that runs repeat the factor is fixed here, at what
// recordings of a real node show on the average. Anything else that happens to the pod may bring the look, and the start, sooner.
func nextLook(refused, until time.Time) time.Time {
	const longest = time.Minute
	return refused.Add(min(until.Sub(refused), longest) * 23 / 20)
}

func (p *Pass) wakeAt(t time.Time) {
	if p.Wake.IsZero() || t.Before(p.Wake) {
		p.Wake = t
	}
}

func (in Input) initialBackOff() time.Duration {
	return cmp.Or(in.InitialBackOff, DefaultInitialBackOff)
}

func (in Input) maxBackOff() time.Duration { return cmp.Or(in.MaxBackOff, DefaultMaxBackOff) }
