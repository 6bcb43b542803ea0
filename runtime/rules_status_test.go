package runtime

import (
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/plan"
	"github.com/podsim/podsim/runtime/status"
)

func (b *book) endsWithNothingRunning(s sight) string {
	if alive := b.alive(); status.Terminal(s.pod.Status.Phase) && len(alive) > 0 {
		return fmt.Sprintf("%s %d still runs (S3.12)", alive[0].name, alive[0].attempt)
	}
	return ""
}

// keepsItsEnd: a phase that is an end is never left. The end of a pod that is being deleted may be: it is not saved, and a node that
// finds such a pod ends it once more.
func (b *book) keepsItsEnd(s sight) string {
	if last := b.latest; last != nil && status.Terminal(last.Status.Phase) && s.pod.Status.Phase != last.Status.Phase && s.pod.DeletionTimestamp == nil {
		return fmt.Sprintf("it was %s before (S3.11)", last.Status.Phase)
	}
	return ""
}

// keepsItsPhase: a pod that was Running only goes back to Pending if it has to begin anew, or a node crashed before it had saved that.
func (b *book) keepsItsPhase(s sight) string {
	if b.latest != nil && b.latest.Status.Phase == corev1.PodRunning && s.pod.Status.Phase == corev1.PodPending && !b.rebuilt && !b.w.crashedAfter(b.seen) {
		return "it was Running before (S3A)"
	}
	return ""
}

// crashedAfter reports whether a node crashed before it must have saved what it published at a time.
func (w *world) crashedAfter(published time.Time) bool {
	return slices.ContainsFunc(w.crashes, func(crash time.Time) bool {
		return !crash.Before(published) && crash.Sub(published) <= 2*saveInterval+w.trouble
	})
}

func (b *book) keepsItsStart(s sight) string {
	if b.latest == nil || b.latest.Status.StartTime == nil {
		return ""
	}
	if was, is := b.latest.Status.StartTime, s.pod.Status.StartTime; !was.Equal(is) {
		return fmt.Sprintf("its start time was %v and is %v (S3.15)", was, is)
	}
	return ""
}

func (b *book) keepsItsRestarts(s sight) string {
	if b.latest == nil {
		return ""
	}
	for c := range podspec.Containers(s.pod) {
		was, is := status.Container(b.latest, c.Name), status.Container(s.pod, c.Name)
		if was != nil && is != nil && is.RestartCount < was.RestartCount {
			return fmt.Sprintf("the restarts of %s fell from %d (S3.36)", c.Name, was.RestartCount)
		}
	}
	return ""
}

// tellsTheTruth: what is shown of an instance is what became of it (S3.32).
func (b *book) tellsTheTruth(s sight) string {
	for c := range podspec.Containers(s.pod) {
		shown := status.Container(s.pod, c.Name)
		if shown == nil {
			continue
		}
		if shown.State.Running != nil && b.lives[instanceID(shown.ContainerID)] == nil {
			return fmt.Sprintf("%s was never started", c.Name)
		}
		for _, ended := range []*corev1.ContainerStateTerminated{shown.State.Terminated, shown.LastTerminationState.Terminated} {
			if ended == nil || slices.Contains([]string{plan.ReasonStartError, plan.ReasonContainerUnknown, "RestartingAllContainers"}, ended.Reason) {
				continue
			}
			l := b.lives[instanceID(ended.ContainerID)]
			switch {
			case l == nil:
				return fmt.Sprintf("%s has ended, and was never started", c.Name)
			case l.runs():
				return fmt.Sprintf("%s %d still runs", c.Name, l.attempt)
			case int(ended.ExitCode) != l.code:
				return fmt.Sprintf("%s %d ended with %d (S3.32)", c.Name, l.attempt, l.code)
			}
		}
	}
	return ""
}

// isReadyForAReason: a container is shown as started and as ready when its probes said so (S3.38, S3.39, S6.7).
func (b *book) isReadyForAReason(s sight) string {
	for c := range podspec.Containers(s.pod) {
		shown := status.Container(s.pod, c.Name)
		if shown == nil || shown.State.Running == nil {
			if shown != nil && shown.Ready && !beginsAnew(shown) && (shown.State.Terminated == nil || podspec.IsSidecar(c) || isMain(s.pod, c.Name)) {
				return fmt.Sprintf("%s is ready and does not run (S3.38)", c.Name)
			}
			continue
		}
		l := b.lives[instanceID(shown.ContainerID)]
		if l == nil {
			continue // another rule's
		}
		started := shown.Started != nil && *shown.Started
		switch {
		case started && c.StartupProbe != nil && !b.heard(l.passed(), s.at):
			return fmt.Sprintf("%s has not passed its startup probe (S3.39)", c.Name)
		case shown.Ready && !started:
			return fmt.Sprintf("%s is ready but not started (S3.38)", c.Name)
		case shown.Ready && c.ReadinessProbe != nil && !b.heard(l.answered[readinessProbe].good, s.at):
			return fmt.Sprintf("no readiness probe of %s has succeeded (S6.7)", c.Name)
		}
	}
	return ""
}

// beginsAnew reports whether the container was removed so that all begin anew: an init container is still shown as ready then (S4.64).
func beginsAnew(shown *corev1.ContainerStatus) bool {
	return shown.State.Waiting != nil && shown.State.Waiting.Reason == "RestartingAllContainers"
}

// agreesWithItself: the conditions and the phase follow from the containers' statuses.
func (b *book) agreesWithItself(s sight) string {
	ready := true
	for c := range podspec.Containers(s.pod) {
		shown := status.Container(s.pod, c.Name)
		if podspec.IsSidecar(c) || isMain(s.pod, c.Name) {
			ready = ready && shown != nil && shown.Ready
		}
		if s.pod.Status.Phase == corev1.PodSucceeded && isMain(s.pod, c.Name) &&
			(shown == nil || shown.State.Terminated == nil || shown.State.Terminated.ExitCode != 0) {
			return fmt.Sprintf("main %s has not succeeded (S3.7)", c.Name)
		}
	}
	for _, condition := range s.pod.Status.Conditions {
		isTrue := condition.Status == corev1.ConditionTrue
		if (condition.Type == corev1.ContainersReady || condition.Type == corev1.PodReady) && isTrue != ready {
			return fmt.Sprintf("%s is %s (S3.24, S3.25)", condition.Type, condition.Status)
		}
	}
	return ""
}
