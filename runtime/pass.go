package runtime

import (
	"cmp"
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/plan"
	"github.com/podsim/podsim/runtime/state"
	"github.com/podsim/podsim/runtime/status"
)

// pass is one look at a pod that is to run (S0.2, S0.6): the status is published first, then what the plan says is done, step by step.
// It returns when the next pass is due; the zero time means that only news can bring one.
func (w *worker) pass(ctx context.Context) time.Time {
	if w.reject(ctx) {
		return time.Time{}
	}
	w.allocate()
	pod := w.publish(status.Input{})
	if pod == nil || ctx.Err() != nil {
		return time.Time{}
	}
	pod = w.state.Allocated(pod)
	if w.state.SandboxReady() {
		w.runProbes(pod) // the volumes are there (S6.1)
		w.watchDisk(pod)
	}
	ctx, stop := w.untilKilled(ctx)
	defer stop()
	if message := w.evicted.Load(); message != nil {
		return w.evict(ctx, pod, *message)
	}
	deadline := plan.Deadline(pod)
	if !deadline.IsZero() && !time.Now().Before(deadline) {
		return w.exceedDeadline(ctx, pod)
	}
	var update time.Time
	if w.state.SandboxReady() {
		update = w.updateVolumes(ctx, pod)
	}
	todo := plan.Next(w.planInput(pod))
	next := todo.Wake
	switch {
	case todo.NewSandbox:
		next = w.replaceSandbox(ctx, pod)
	case len(todo.RestartAll) > 0:
		next = w.restartAll(ctx, pod, todo.RestartAll)
	case todo.KillPod:
		next = w.killPod(ctx, pod)
	default:
		changed, err := w.carryOut(ctx, pod, todo)
		if err != nil {
			if ctx.Err() == nil {
				w.killFailed(pod, err)
			}
			next = time.Now().Add(removeRetry)
		} else if changed {
			next = time.Now() // what was done shows in the next pass
		}
	}
	return sooner(sooner(next, update), sooner(w.resizeDue(), deadline))
}

// sooner is the earlier of two times; the zero time never comes.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// planInput is what the next pass is decided on.
func (w *worker) planInput(pod *corev1.Pod) plan.Input {
	in := plan.Input{Pod: pod, State: &w.state, Now: time.Now(), MaxBackOff: w.maxBackOff}
	if w.node.options.FeatureGates.Enabled("ReduceDefaultCrashLoopBackOffDecay") { // S5.10
		in.InitialBackOff = plan.ReducedInitialBackOff
		in.MaxBackOff = cmp.Or(in.MaxBackOff, plan.ReducedMaxBackOff)
	}
	return in
}

// untilKilled is the context of a pass: a deletion without grace ends it (S8.3), any other deletion waits for the pass (S0.7).
func (w *worker) untilKilled(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-w.killed:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// carryOut does what the plan says: kills, then starts in their order. It reports whether anything changed, or that a container could
// not be killed: then nothing is started, so that no container ever runs beside itself.
func (w *worker) carryOut(ctx context.Context, pod *corev1.Pod, todo plan.Pass) (changed bool, err error) {
	if w.changesImage(todo) {
		w.saveFirst(ctx)
	}
	for _, kill := range todo.Kills {
		if err := w.killOne(ctx, pod, kill); err != nil {
			return changed, err
		}
		changed = true
	}
	if len(todo.Updates) > 0 {
		if w.resize(ctx, pod, todo.Updates) {
			changed = true
		}
	}
	for _, refusal := range todo.Refusals {
		if refusal.Announce {
			w.announceBackOff(pod, refusal)
			changed = true
		}
	}
	if len(todo.Starts) > 0 {
		w.volumes.images = w.ensureImageVolumes(ctx, pod)
	}
	pullFailed := false
	for _, start := range todo.Starts {
		changed = true
		failure := w.start(ctx, pod, start)
		pullFailed = pullFailed || isFailedPull(failure)
		if ctx.Err() != nil || failure != nil && start.Kind == podspec.Init && !podspec.IsSidecar(start.Container) {
			break // S4.22: nothing after a regular init that failed to start
		}
	}
	if pullFailed && ctx.Err() == nil {
		w.announceMissingPullSecrets(pod)
	}
	return changed, nil
}

// changesImage reports whether a container is to go on with another image than its newest instance has.
func (w *worker) changesImage(todo plan.Pass) bool {
	differs := func(c *corev1.Container) bool {
		memory := w.state.Containers[c.Name]
		return memory != nil && memory.Current != nil && memory.Current.Image != c.Image
	}
	return slices.ContainsFunc(todo.Kills, func(k plan.Kill) bool { return differs(k.Container) }) ||
		slices.ContainsFunc(todo.Starts, func(s plan.Start) bool { return differs(s.Container) })
}

// saveFirst has the pod saved before something is done of which the next node could not tell otherwise that it was asked for. A pod that
// cannot be saved is not held by that.
func (w *worker) saveFirst(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, engineTimeout)
	defer cancel()
	_ = w.saver.flush(ctx)
}

// announceBackOff publishes that a container waits for its next attempt (S5.9).
func (w *worker) announceBackOff(pod *corev1.Pod, r plan.Refusal) {
	c := w.state.Container(r.Container.Name)
	c.StartFailure = &state.StartFailure{
		Reason: plan.ReasonCrashLoopBackOff,
		Message: "back-off " + r.Delay.String() + " restarting failed container=" + r.Container.Name + " pod=" +
			podspec.PodIdentity(pod),
		At:         time.Now(),
		InstanceID: c.Current.ID,
		Image:      r.Container.Image,
	}
	w.node.recorder.Container(pod, r.Container.Name, corev1.EventTypeWarning, "BackOff",
		"Back-off restarting failed container %s in pod %s", r.Container.Name, podspec.PodIdentity(pod))
}

// exceedDeadline ends a pod that was active for too long (S8.40).
func (w *worker) exceedDeadline(ctx context.Context, pod *corev1.Pod) time.Time {
	failure := &status.Failure{Reason: "DeadlineExceeded", Message: "Pod was active on the node longer than the specified deadline"}
	return w.fail(ctx, pod, corev1.EventTypeNormal, failure, gracePeriodOf(pod))
}

// fail ends a pod for a reason that is not its containers', with an event of that type, and gives them that long to stop. What began
// first stays the reason.
func (w *worker) fail(ctx context.Context, pod *corev1.Pod, eventType string, why *status.Failure, within time.Duration) time.Time {
	if w.failure == nil {
		w.failure = why
		w.node.recorder.Pod(pod, eventType, why.Reason, "%s", why.Message)
	}
	w.stopJudging(pod)
	if _, err := w.stopPod(ctx, pod, within); err != nil || ctx.Err() != nil {
		return w.stopAgain(ctx, pod, err)
	}
	w.publishEnd(ctx, w.failure)
	return time.Now()
}

// killPod stops a pod of which nothing is to go on as it is (S4.6). What that comes to is decided when all has stopped: its end, if
// no main is to run again (S3.6) and the deadline has not passed meanwhile (S8.40), else a new sandbox (S4.50) or, where that is not
// allowed, nothing (S4.53). It returns when the next pass is due.
func (w *worker) killPod(ctx context.Context, pod *corev1.Pod) time.Time {
	stopped, err := w.stopPod(ctx, pod, gracePeriodOf(pod))
	deadline := plan.Deadline(pod)
	switch {
	case err != nil || ctx.Err() != nil:
		return w.stopAgain(ctx, pod, err)
	case !deadline.IsZero() && !time.Now().Before(deadline):
		return w.exceedDeadline(ctx, pod)
	case status.Complete(status.Input{Pod: pod, State: &w.state, Now: time.Now(), Stopping: true}):
		w.publishEnd(ctx, nil)
		return time.Now()
	case stopped:
		return time.Now()
	default:
		return time.Time{}
	}
}

// stopPod stops what still runs of the pod in order and within that time, then the sandbox. The stopped instances stay for their logs.
// It reports whether anything ran.
func (w *worker) stopPod(ctx context.Context, pod *corev1.Pod, within time.Duration) (stopped bool, err error) {
	ran, stopped := w.state.AnyRunning(), w.state.AnyRunning() || w.state.SandboxReady()
	if err = w.stopAll(ctx, pod, within); err == nil {
		err = w.stopSandbox(ctx, pod)
	}
	if ran && err == nil && ctx.Err() == nil {
		w.publish(status.Input{Stopping: true})
	}
	return stopped, err
}

// stopAgain returns when a stop that failed, or that a deletion interrupted, is tried again.
func (w *worker) stopAgain(ctx context.Context, pod *corev1.Pod, err error) time.Time {
	if ctx.Err() != nil {
		return time.Now()
	}
	w.killFailed(pod, err)
	return time.Now().Add(removeRetry)
}

// publishEnd makes the phase of a pod terminal of which nothing runs any more (S8.30).
func (w *worker) publishEnd(ctx context.Context, failure *status.Failure) {
	w.discardPrepared(ctx)
	w.publishForGood(ctx, status.Input{Stopping: true, Ended: true, Failure: failure})
	w.node.retryDeferred()
}

func gracePeriodOf(pod *corev1.Pod) time.Duration {
	return time.Duration(*pod.Spec.TerminationGracePeriodSeconds) * time.Second
}
