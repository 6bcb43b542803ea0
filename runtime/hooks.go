package runtime

import (
	"context"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/hook"
	"github.com/podsim/podsim/runtime/plan"
	"github.com/podsim/podsim/runtime/probe"
	"github.com/podsim/podsim/runtime/state"
)

// postStart runs the container's postStart hook, if it has one. Everything else in the pod waits for it, without a limit (S7.2, S7.3).
// A container whose hook fails is killed (S7.5).
func (w *worker) postStart(ctx context.Context, pod *corev1.Pod, c *corev1.Container) *startError {
	if c.Lifecycle == nil || c.Lifecycle.PostStart == nil {
		return nil
	}
	failure := hook.Run(ctx, c.Lifecycle.PostStart, w.hookInput(pod, c, w.state.Container(c.Name).Current.ID))
	if failure == nil || ctx.Err() != nil {
		return nil
	}
	w.node.recorder.Container(pod, c.Name, corev1.EventTypeWarning, "FailedPostStartHook", "PostStartHook failed")
	if err := w.killOne(ctx, pod, plan.Kill{Container: c, Message: "FailedPostStartHook"}); err != nil && ctx.Err() == nil {
		w.log.Warn("killing a container whose postStart hook failed", "container", c.Name, "error", err)
	}
	return &startError{class: plan.ReasonPostStartHookError, message: failure.Error(), silent: true}
}

// preStop begins the container's preStop hook, if it has one and there is time for it. The channel is closed when the hook is over, which
// abandon brings about. A hook that fails does not keep the container from being stopped (S7.9).
func (w *worker) preStop(pod *corev1.Pod, name string, i state.Instance, grace *gracePeriod) (over <-chan struct{}, abandon context.CancelFunc) {
	ctx, abandon := context.WithCancel(w.ctx)
	done := make(chan struct{})
	c, _ := podspec.FindContainer(pod, name)
	if left, _, _ := grace.left(0); left <= 0 || i.Phase != state.Running || c == nil || c.Lifecycle == nil || c.Lifecycle.PreStop == nil {
		close(done) // S7.6
		return done, abandon
	}
	in := w.hookInput(pod, c, i.ID)
	w.background.Go(func() {
		defer close(done)
		if err := hook.Run(ctx, c.Lifecycle.PreStop, in); err != nil && ctx.Err() == nil {
			w.node.recorder.Container(pod, name, corev1.EventTypeWarning, "FailedPreStopHook", "PreStopHook failed")
		}
	})
	return done, abandon
}

// hookInput is what a hook of the container needs to run.
func (w *worker) hookInput(pod *corev1.Pod, c *corev1.Container, instanceID string) hook.Input {
	in := hook.Input{
		Pod:       pod,
		Container: c,
		PodIP:     pod.Status.PodIP,
		Exec: func(ctx context.Context, command []string) (int, string, string, error) {
			return w.command(ctx, instanceID, command, probe.MaxOutput, nil)
		},
		Warn: func(eventType, reason, message string) {
			w.node.recorder.Pod(pod, eventType, reason, "%s", message)
		},
	}
	if dial := w.dial.Load(); dial != nil {
		in.Dial = *dial
	}
	return in
}
