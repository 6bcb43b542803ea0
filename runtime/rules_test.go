package runtime

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/runtime/engine/enginetest"
)

// checkRules checks what has happened since it was last called: the rules must hold at every step on the engine and for every published
// pod, whatever becomes of the node, the sandbox or the containers.
func (w *world) checkRules() {
	w.Helper()
	sights := w.newSights()
	steps := w.machine.HistorySince(w.checkedSteps)
	w.checkedSteps += len(steps)
	for _, s := range steps {
		for len(sights) > 0 && sights[0].at.Before(s.At) {
			w.checkSight(sights[0])
			sights = sights[1:]
		}
		w.checkStep(s)
	}
	for _, s := range sights {
		w.checkSight(s)
	}
}

// book is what is known of the pod of a name; nil if it has not been created.
func (w *world) book(name string) *book {
	if b := w.books[name]; b != nil {
		return b
	}
	pod := w.created[name]
	if pod == nil {
		return nil
	}
	b := newBook(w, pod)
	w.books[name] = b
	return b
}

func (w *world) checkStep(s enginetest.Step) {
	w.Helper()
	b := w.book(s.Pod)
	if b == nil {
		return
	}
	for _, rule := range append(b.stepRules(s), b.followsKilledCommands) {
		if fault := rule(s); fault != "" {
			w.Errorf("%v %s %v: %s", s.At.Sub(w.begun), s.Pod, s, fault)
		}
	}
	b.note(s)
}

// stepRules are the rules for a step. Each says what is wrong with it, and names the fact; "" is right.
func (b *book) stepRules(s enginetest.Step) []func(enginetest.Step) string {
	if s.Container == network.SandboxContainer && s.Action != enginetest.Dialled {
		return nil
	}
	switch s.Action {
	case enginetest.Started:
		return []func(enginetest.Step) string{
			b.startsAlone, b.startsWithAHigherAttempt, b.startsInAFilledSandbox, b.startsBeforeTheEnd, b.startsAfterItsInits,
			b.startsInItsTurn, b.startsAfterTheHook, b.startsForAReason, b.startsAfterItsBackOff,
		}
	case enginetest.Signalled:
		return []func(enginetest.Step) string{b.isStoppedForAReason, b.isStoppedInItsTurn, b.isStoppedAfterItsHook, b.isNotKilledTooEarly}
	case enginetest.Exited:
		return []func(enginetest.Step) string{b.isStoppedInTime}
	case enginetest.Executed, enginetest.Dialled:
		q, l, ok := b.asked(s)
		if !ok {
			return nil
		}
		return []func(enginetest.Step) string{
			func(s enginetest.Step) string { return b.isAskedInTime(s, q, l) },
		}
	default:
		return nil
	}
}

func (w *world) checkSight(s sight) {
	w.Helper()
	b := w.book(s.pod.Name)
	if b == nil {
		return
	}
	for _, rule := range []func(sight) string{
		b.endsWithNothingRunning, b.keepsItsEnd, b.keepsItsPhase, b.keepsItsStart, b.keepsItsRestarts, b.tellsTheTruth, b.isReadyForAReason,
		b.agreesWithItself,
	} {
		if fault := rule(s); fault != "" {
			w.Errorf("%v %s is published as %s: %s", s.at.Sub(w.begun), s.pod.Name, summary(s.pod), fault)
		}
	}
	b.latest, b.seen = s.pod, s.at
}

// summary is a status in one line.
func summary(pod *corev1.Pod) string {
	text := string(pod.Status.Phase)
	if pod.Status.Reason != "" {
		text += " (" + pod.Status.Reason + ")"
	}
	if pod.DeletionTimestamp != nil {
		text += " terminating"
	}
	for _, list := range [][]corev1.ContainerStatus{pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses, pod.Status.EphemeralContainerStatuses} {
		for _, c := range list {
			text += fmt.Sprintf(" %s:%s", c.Name, shownState(c))
		}
	}
	return text
}

// shownState is the state of a container as a word or two, as "R!2": running, ready, restarted twice.
func shownState(c corev1.ContainerStatus) string {
	text := "?"
	switch {
	case c.State.Running != nil:
		text = "R"
		if c.Started == nil || !*c.Started {
			text = "r"
		}
	case c.State.Terminated != nil:
		text = shownEnd(c.State.Terminated)
	case c.State.Waiting != nil:
		text = "W(" + c.State.Waiting.Reason + ")"
	}
	if c.Ready {
		text += "!"
	}
	if c.RestartCount > 0 {
		text += fmt.Sprint(c.RestartCount)
	}
	if last := c.LastTerminationState.Terminated; last != nil {
		text += "<" + shownEnd(last)
	}
	return text
}

func shownEnd(t *corev1.ContainerStateTerminated) string {
	return fmt.Sprintf("T(%s,%d)", t.Reason, t.ExitCode)
}
