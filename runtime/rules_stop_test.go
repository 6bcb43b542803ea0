package runtime

import (
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/engine/enginetest"
)

const (
	// leastGrace is what every container gets between its stop signal and SIGKILL (S7.8).
	leastGrace = 2 * time.Second
	// lateStop is how much longer than its grace period a container may take to stop: the least grace, and what a kubelet does not count
	// of the seconds that its hook and its turn took (S7.7, S7.8).
	lateStop = leastGrace + 2*time.Second
)

// deletedBy reports whether the deletion of the pod had been asked for at a time.
func (b *book) deletedBy(t time.Time) bool {
	return slices.ContainsFunc(b.w.deleted[b.pod.Name], func(d deletion) bool { return !d.at.After(t) })
}

// forcedBy reports whether a deletion without grace had been asked for.
func (b *book) forcedBy(t time.Time) bool {
	return slices.ContainsFunc(b.w.deleted[b.pod.Name], func(d deletion) bool { return d.grace == 0 && !d.at.After(t) })
}

// overdue reports whether the pod is past its deadline (S8.40).
func (b *book) overdue(t time.Time) bool {
	deadline := b.deadline()
	return !deadline.IsZero() && !t.Before(deadline)
}

// deadline is the end of the pod's active time; zero if it has none or has not begun.
func (b *book) deadline() time.Time {
	if b.pod.Spec.ActiveDeadlineSeconds == nil || b.latest == nil || b.latest.Status.StartTime == nil {
		return time.Time{}
	}
	return b.latest.Status.StartTime.Add(time.Duration(*b.pod.Spec.ActiveDeadlineSeconds) * time.Second)
}

// complete reports whether no main runs or will run again, or an init container failed for good (S4.6, S4.14). Of what a probe condemns
// the policy alone decides, whatever its code (S4.34).
func (b *book) complete() bool {
	for i := range b.pod.Spec.InitContainers {
		c := &b.pod.Spec.InitContainers[i]
		if l := b.newest(c.Name); !podspec.IsSidecar(c) && l != nil && !l.runs() && l.code != 0 && !mayRunAgain(b.pod, c, l.code) {
			return true
		}
	}
	for i := range b.pod.Spec.Containers {
		c := &b.pod.Spec.Containers[i]
		l := b.newest(c.Name)
		switch {
		case b.couldNotStart(c.Name):
		case l == nil:
			return false
		case policyOf(b.pod, c) == corev1.RestartPolicyNever && b.condemned(l):
		case l.runs(), l.byItself() && mayRunAgain(b.pod, c, l.code):
			return false
		}
	}
	return true
}

// condemned reports whether there was a reason to have the instance stopped alone: another image was asked for (S4.33), or one of its
// probes or its hook failed: as many failures in a row as the probe wants, some of them by this instance (S6.8, S7.5).
func (b *book) condemned(l *life) bool {
	if b.w.changedSince(l) {
		return true
	}
	c, _ := podspec.FindContainer(b.pod, l.name)
	if b.postStartFailed(l) || b.w.trouble > 0 && c.Lifecycle != nil && c.Lifecycle.PostStart != nil { // a call of the engine may have failed
		return true
	}
	for _, q := range b.questions {
		if q.container.Name == l.name && (q.purpose == startupProbe || q.purpose == livenessProbe) &&
			!l.answered[q.purpose].bad.known.IsZero() && (b.streaks[q.key()] >= int(q.probe.FailureThreshold) || b.rebuilt || b.w.trouble > 0) {
			return true // failures to reach a lost sandbox, and what the engine did not answer, are not seen
		}
	}
	return false
}

// lostSandbox reports whether the sandbox of the instance had ended.
func (b *book) lostSandbox(l *life) bool { return !b.box(l.sandbox).ended.IsZero() }

func (b *book) isStoppedForAReason(s enginetest.Step) string {
	l := b.lives[s.ID]
	if l == nil || !l.signalled.IsZero() || !l.killed.IsZero() || b.deletedBy(s.At) || b.overdue(s.At) || b.complete() || b.condemned(l) ||
		b.lostSandbox(l) || b.restartsAll() {
		return ""
	}
	return "there is no reason to stop it"
}

// stopsBefore are the containers that stop before the named one (S8.13).
func (b *book) stopsBefore(name string) []string {
	c, kind := podspec.FindContainer(b.pod, name)
	if kind != podspec.Init || !podspec.IsSidecar(c) {
		return nil
	}
	var names []string
	for i := range b.pod.Spec.Containers {
		names = append(names, b.pod.Spec.Containers[i].Name)
	}
	for i := len(b.pod.Spec.InitContainers) - 1; b.pod.Spec.InitContainers[i].Name != name; i-- {
		if podspec.IsSidecar(&b.pod.Spec.InitContainers[i]) {
			names = append(names, b.pod.Spec.InitContainers[i].Name)
		}
	}
	return names
}

// isStoppedInItsTurn: sidecars outlive the mains and the sidecars after them, until the grace period is over (S8.13, S8.14).
func (b *book) isStoppedInItsTurn(s enginetest.Step) string {
	l := b.lives[s.ID]
	if l == nil || s.Detail == "KILL" || !l.signalled.IsZero() || b.w.trouble > 0 || b.condemned(l) || b.restartsAll() {
		return ""
	}
	before := b.stopsBefore(s.Container)
	for _, other := range b.alive() {
		if slices.Contains(before, other.name) && s.At.Before(b.graceEnd(s.At)) {
			return fmt.Sprintf("%s still runs and the grace period goes on until %v (S8.13)", other.name, b.graceEnd(s.At).Sub(b.w.begun))
		}
	}
	return ""
}

// graceEnd is the soonest moment at which a stop of the whole pod that is under way may have used up its grace period.
func (b *book) graceEnd(now time.Time) time.Time {
	begun := now
	sooner := func(t time.Time) {
		if !t.IsZero() && t.Before(begun) {
			begun = t
		}
	}
	sooner(b.stirred)
	sooner(b.deadline())
	if b.complete() {
		for _, l := range b.newestOfEach() {
			sooner(l.ended)
			if b.condemned(l) {
				sooner(l.lastBad)
			}
		}
	}
	end := begun.Add(podGrace(b.pod))
	for _, d := range b.w.deleted[b.pod.Name] {
		if t := d.at.Add(d.grace); !d.at.After(now) && t.Before(end) {
			end = t
		}
	}
	return end
}

func podGrace(pod *corev1.Pod) time.Duration {
	return time.Duration(*pod.Spec.TerminationGracePeriodSeconds) * time.Second
}

// graces are the grace periods with which one container may be stopped.
func (b *book) graces(c *corev1.Container) []time.Duration {
	all := []time.Duration{podGrace(b.pod)}
	for _, probe := range []*corev1.Probe{c.StartupProbe, c.LivenessProbe} {
		if probe != nil && probe.TerminationGracePeriodSeconds != nil {
			all = append(all, time.Duration(*probe.TerminationGracePeriodSeconds)*time.Second)
		}
	}
	return all
}

func (b *book) longestGrace(c *corev1.Container) time.Duration { return slices.Max(b.graces(c)) }

// preStopOf is the container's preStop hook; nil if it has none.
func preStopOf(c *corev1.Container) *corev1.LifecycleHandler {
	if c.Lifecycle == nil {
		return nil
	}
	return c.Lifecycle.PreStop
}

// isStoppedAfterItsHook: the stop signal comes when the preStop hook is over, or has used up the grace period (S7.7).
func (b *book) isStoppedAfterItsHook(s enginetest.Step) string {
	l := b.lives[s.ID]
	if l == nil || s.Detail == "KILL" || !l.signalled.IsZero() || b.w.trouble > 0 || b.restartsAll() || b.crashedSince(l.started) {
		return ""
	}
	c, _ := podspec.FindContainer(b.pod, l.name)
	hook := preStopOf(c)
	if hook == nil || hook.Sleep != nil || hook.HTTPGet != nil && b.lostSandbox(l) || slices.Min(b.graces(c)) == 0 || b.forcedBy(s.At) {
		return "" // it cannot be seen, or does not run
	}
	switch {
	case l.preStop.begun.IsZero():
		return "its preStop hook did not run (S7.6)"
	case s.At.Before(l.preStop.end) && s.At.Before(b.graceEnd(s.At)) && !b.condemned(l):
		return fmt.Sprintf("its preStop hook runs until %v (S7.7)", l.preStop.end.Sub(b.w.begun))
	default:
		return ""
	}
}

// isNotKilledTooEarly: SIGKILL comes two seconds after the stop signal at the soonest, and not before the grace period is over (S7.8).
func (b *book) isNotKilledTooEarly(s enginetest.Step) string {
	l := b.lives[s.ID]
	if l == nil || s.Detail != "KILL" || b.forcedBy(s.At) {
		return ""
	}
	if l.signalled.IsZero() {
		return "it had no stop signal before (S7.8)"
	}
	waited := s.At.Sub(l.signalled)
	if waited < leastGrace-b.w.trouble {
		return fmt.Sprintf("only %v after its stop signal (S7.8)", waited)
	}
	if b.w.trouble > 0 || b.restartsAll() || !s.At.Before(b.graceEnd(s.At)) {
		return ""
	}
	c, _ := podspec.FindContainer(b.pod, l.name)
	if hook := preStopOf(c); hook != nil && hook.Sleep != nil {
		waited += time.Duration(hook.Sleep.Seconds) * time.Second
	} else if !l.preStop.begun.IsZero() {
		waited = s.At.Sub(l.preStop.begun)
	}
	if least := slices.Min(b.graces(c)); waited < least {
		return fmt.Sprintf("%v after the stop began, its grace period is %v (S7.8)", waited, least)
	}
	return ""
}

// isStoppedInTime: no container outlives the grace period by more than a little (S7.8, S8.11). A node that takes the stop over from one
// that crashed begins it anew.
func (b *book) isStoppedInTime(s enginetest.Step) string {
	l := b.lives[s.ID]
	if l == nil || l.byItself() {
		return ""
	}
	c, _ := podspec.FindContainer(b.pod, l.name)
	if took, most := s.At.Sub(l.signalled), b.longestGrace(c)+lateStop+b.w.trouble; !l.signalled.IsZero() && took > most && !b.crashedSince(l.signalled) {
		return fmt.Sprintf("%v after its stop signal, %v is the most (S7.8)", took, most)
	}
	for _, d := range b.w.deleted[b.pod.Name] {
		end := d.at.Add(b.passTime(d) + d.grace + lateStop + b.w.trouble)
		if s.At.After(end) && !b.crashedSince(d.at) {
			return fmt.Sprintf("the grace period of the deletion was over at %v (S8.11)", end.Sub(b.w.begun))
		}
	}
	return ""
}
