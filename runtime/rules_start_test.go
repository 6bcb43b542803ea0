package runtime

import (
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/engine/enginetest"
	"github.com/podsim/podsim/runtime/status"
)

// startsAlone: no container ever runs twice.
func (b *book) startsAlone(s enginetest.Step) string {
	for _, l := range b.of[s.Container] {
		if l.runs() {
			return fmt.Sprintf("attempt %d still runs (S0.1)", l.attempt)
		}
	}
	return ""
}

func (b *book) startsWithAHigherAttempt(s enginetest.Step) string {
	if last := b.newest(s.Container); last != nil && s.Attempt <= last.attempt {
		return fmt.Sprintf("attempt %d was started before (S3.36)", last.attempt)
	}
	return ""
}

func (b *book) startsInAFilledSandbox(s enginetest.Step) string {
	if !b.box(s.Sandbox).filled {
		return "the volumes of its sandbox were not filled (S11.3)"
	}
	return ""
}

// startsBeforeTheEnd: nothing is started once the pod's deletion has reached its worker, or its end was published.
func (b *book) startsBeforeTheEnd(s enginetest.Step) string {
	if b.latest != nil && status.Terminal(b.latest.Status.Phase) {
		return "the pod was published as " + string(b.latest.Status.Phase) + " (S3.11)"
	}
	for _, d := range b.w.deleted[b.pod.Name] {
		if !d.forgotten && s.At.After(d.at.Add(b.passTime(d))) {
			return fmt.Sprintf("the pod was deleted at %v (S8.17)", d.at.Sub(b.w.begun))
		}
	}
	return ""
}

// passTime is how long a pass may go on that a deletion came into: it waits for what it has begun, unless there is no grace (S0.7,
// S8.3). One container after another may be stopped in it, and be started with its hook.
func (b *book) passTime(d deletion) time.Duration {
	if d.grace == 0 {
		return b.w.trouble
	}
	pass := b.w.trouble
	lost := len(b.boxes) > 1
	for c := range podspec.Containers(b.pod) {
		probed := c.LivenessProbe != nil || c.StartupProbe != nil
		hooked := c.Lifecycle != nil && c.Lifecycle.PostStart != nil
		if probed || hooked || lost || asksEver(b.pod) || len(b.w.wanted[c.Name]) > 0 {
			pass += b.longestGrace(c) + lateStop
		}
		if hooked {
			pass += longestPostStart
		}
	}
	return pass
}

// asksEver reports whether any exit of a container makes all of them begin anew.
func asksEver(pod *corev1.Pod) bool {
	for c := range podspec.Containers(pod) {
		if slices.ContainsFunc(c.RestartPolicyRules, func(r corev1.ContainerRestartRule) bool {
			return r.Action == corev1.ContainerRestartRuleActionRestartAllContainers
		}) {
			return true
		}
	}
	return false
}

// startsAfterItsInits: init containers before it in the list have done their part in this sandbox.
func (b *book) startsAfterItsInits(s enginetest.Step) string {
	here := b.box(s.Sandbox)
	for i := range b.pod.Spec.InitContainers {
		init := &b.pod.Spec.InitContainers[i]
		if init.Name == s.Container {
			break
		}
		if _, kind := podspec.FindContainer(b.pod, s.Container); kind == podspec.Ephemeral {
			break // S4.3
		}
		switch {
		case !podspec.IsSidecar(init) && !here.done[init.Name]:
			return fmt.Sprintf("init %s is not done in this sandbox (S4.10)", init.Name)
		case podspec.IsSidecar(init) && !here.began[init.Name]:
			return fmt.Sprintf("sidecar %s was not started in this sandbox (S4.16)", init.Name)
		case podspec.IsSidecar(init) && init.StartupProbe != nil && !here.began[s.Container] && !b.passedIn(s, init.Name):
			return fmt.Sprintf("sidecar %s has not passed its startup probe (S4.16)", init.Name)
		}
	}
	return ""
}

// passedIn reports whether any instance of the sidecar in the sandbox had passed its startup probe by the time of the step.
func (b *book) passedIn(s enginetest.Step, sidecar string) bool {
	return slices.ContainsFunc(b.of[sidecar], func(l *life) bool {
		return l.sandbox == s.Sandbox && b.heard(l.passed(), s.At)
	})
}

// startsInItsTurn: mains are started in their order, as long as the engine does not refuse any (S4.30).
func (b *book) startsInItsTurn(s enginetest.Step) string {
	if b.w.trouble > 0 || !isMain(b.pod, s.Container) || b.newest(s.Container) != nil {
		return ""
	}
	for _, before := range b.pod.Spec.Containers {
		if before.Name == s.Container {
			break
		}
		if b.newest(before.Name) == nil && !b.rebuilt { // one that could not start in a lost sandbox has ended
			return fmt.Sprintf("main %s was not started before it (S4.30)", before.Name)
		}
	}
	return ""
}

func isMain(pod *corev1.Pod, name string) bool {
	_, kind := podspec.FindContainer(pod, name)
	return kind == podspec.Main
}

// startsAfterTheHook: a postStart hook holds everything else in its pod.
func (b *book) startsAfterTheHook(s enginetest.Step) string {
	if l := b.busyWithHook(s.At); l != nil {
		return fmt.Sprintf("the postStart hook of %s %d still runs (S7.2)", l.name, l.attempt)
	}
	return ""
}

// startsForAReason: a container that came to an end of its own is only started again if its rules and policies say so, or everything
// in its pod begins anew.
func (b *book) startsForAReason(s enginetest.Step) string {
	last := b.newest(s.Container)
	if last == nil || last.removed || !last.byItself() || b.condemned(last) {
		return "" // a kill that comes too late changes nothing
	}
	c, kind := podspec.FindContainer(b.pod, s.Container)
	switch {
	case kind == podspec.Ephemeral:
		return "it ran before (S4.71)"
	case kind == podspec.Main && !mayRunAgain(b.pod, c, last.code):
		return fmt.Sprintf("it ended with %d and is not to run again (S4.32)", last.code)
	case kind == podspec.Init && !podspec.IsSidecar(c) && last.sandbox == s.Sandbox && last.code == 0:
		return "it was done (S4.10)"
	case kind == podspec.Init && !podspec.IsSidecar(c) && last.code != 0 && !mayRunAgain(b.pod, c, last.code) && !b.outlivedItsSandbox(last):
		return fmt.Sprintf("it failed with %d for good (S4.14)", last.code)
	default:
		return ""
	}
}

// outlivedItsSandbox reports whether an instance may have ended after its sandbox was lost: then it does not count (S4.51).
func (b *book) outlivedItsSandbox(l *life) bool {
	lost := b.box(l.sandbox).ended
	return !lost.IsZero() && !l.ended.Add(b.w.trouble).Before(lost)
}

// crashBackOff is the crash back-off of a container as the node must have it at least (S5.2).
type crashBackOff struct {
	delay    time.Duration
	advanced time.Time
}

// The crash back-off (S5.1, S5.4).
const (
	firstBackOff   = 10 * time.Second
	longestBackOff = 300 * time.Second
	healthyAfter   = 600 * time.Second
)

// endBefore is the end that the back-off of a start is measured from: nil if there is none.
func (b *book) endBefore(s enginetest.Step) *life {
	c, kind := podspec.FindContainer(b.pod, s.Container)
	all := b.of[s.Container]
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].removed || kind == podspec.Init && all[i].sandbox != s.Sandbox { // it went with its sandbox (S4.51)
			all = all[i+1:] // none before it counts, though it may be left over
			break
		}
	}
	if len(all) == 0 || all[len(all)-1].runs() {
		return nil
	}
	last := all[len(all)-1]
	if (c.LivenessProbe != nil || c.StartupProbe != nil) && policyOf(b.pod, c) != corev1.RestartPolicyNever {
		if (!last.signalled.IsZero() || b.condemned(last)) && !b.postStartFailed(last) { // a probe's kill looks at the instance before it (S5.7)
			if len(all) < 2 {
				return nil
			}
			return all[len(all)-2]
		}
	}
	return last
}

// entry is the back-off that the node remembers at a time; what it knew of before a crash is forgotten.
func (b *book) entry(container string) crashBackOff {
	if e := b.backOffs[container]; e != nil && !b.crashedSince(e.advanced) {
		return *e
	}
	return crashBackOff{}
}

// expired reports whether the container had been well for long enough when it ended.
func (e crashBackOff) expired(end time.Time, inexact time.Duration) bool {
	return end.Sub(e.advanced) > healthyAfter-inexact
}

func (b *book) startsAfterItsBackOff(s enginetest.Step) string {
	end, entry := b.endBefore(s), b.entry(s.Container)
	otherImage := len(b.w.wanted[s.Container]) > 0 // each has a back-off of its own (S5.6)
	if end == nil || entry.delay == 0 || b.vague[s.Container] || otherImage || entry.expired(end.ended, b.w.trouble+time.Second) {
		return ""
	}
	if waited := s.At.Sub(end.ended); waited < entry.delay {
		return fmt.Sprintf("only %v after the end of attempt %d, its back-off is %v (S5.2)", waited, end.attempt, entry.delay)
	}
	return ""
}

// noteBackOff advances the back-off for a start.
func (b *book) noteBackOff(s enginetest.Step) {
	if last := b.newest(s.Container); last != nil && b.w.trouble > 0 && (last.hookFailed || !last.signalled.IsZero() || b.condemned(last)) {
		b.vague[s.Container] = true // the kill may have failed at first: then it cannot be told which end counts
	}
	end, entry := b.endBefore(s), b.entry(s.Container)
	if end == nil {
		return
	}
	next := &crashBackOff{delay: firstBackOff, advanced: s.At}
	if entry.delay > 0 && !entry.expired(end.ended, b.w.trouble+time.Second) {
		next.delay = 2 * entry.delay
	}
	next.delay = min(next.delay, b.w.longestBackOff())
	b.backOffs[s.Container] = next
}

// longestBackOff is the cap of the crash back-off.
func (w *world) longestBackOff() time.Duration {
	if w.options.MaxRestartBackoff > 0 {
		return w.options.MaxRestartBackoff
	}
	return longestBackOff
}
