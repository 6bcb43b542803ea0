package runtime

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	dockercontainer "github.com/docker/docker/api/types/container"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/pause"
	"github.com/podsim/podsim/runtime/plan"
	"github.com/podsim/podsim/runtime/state"
)

// stopAll stops every running container of the pod, each in a goroutine of its own, in the order of S8.13 and within one grace
// period. A deletion that comes meanwhile shortens the period (S8.11). It returns when all have stopped, or why some may still run; the
// next call goes on then where this one broke off.
func (w *worker) stopAll(ctx context.Context, pod *corev1.Pod, within time.Duration) error {
	if w.stopping == nil {
		w.stopping = newGracePeriod(within)
	}
	grace := w.stopping
	asked := w.shortenAsAsked(grace, -1) // before the first signal: a forced deletion sends none but SIGKILL (S8.4)
	stopped := map[string]chan struct{}{}
	for name, c := range w.state.Containers {
		if c.Running() {
			stopped[name] = make(chan struct{})
			w.node.recorder.Container(pod, name, corev1.EventTypeNormal, "Killing", "Stopping container %s", name) // S8.12
		}
	}
	var mu sync.Mutex
	ends := map[string]*state.Instance{}
	var failures []error
	var wg sync.WaitGroup
	ctx, abandon := context.WithCancel(ctx) // nobody takes the turn of a container that may still run
	defer abandon()
	for name, done := range stopped {
		e := w.ending(name)
		wg.Go(func() {
			end, err := w.stopContainer(ctx, pod, name, e, grace, turn(ctx, plan.WaitsFor(pod, name), stopped))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				if ctx.Err() == nil {
					failures = append(failures, fmt.Errorf("stopping container %s: %w", name, err))
				}
				abandon()
				return
			}
			ends[name] = end
			close(done)
		})
	}
	over := make(chan struct{})
	go func() { wg.Wait(); close(over) }()
	w.heedDeletion(over, grace, asked)
	for name, end := range ends {
		w.noteEnd(ctx, name, end)
	}
	if err := errors.Join(failures...); err != nil || ctx.Err() != nil {
		return err
	}
	w.stopping = nil
	return nil
}

// killFailed tells that the pod could not be stopped or removed; it is tried again.
func (w *worker) killFailed(pod *corev1.Pod, err error) {
	w.log.Warn("ending the pod", "error", err)
	w.node.recorder.Pod(pod, corev1.EventTypeWarning, "FailedKillPod", "error killing pod: %s", engineText(err))
}

// turn is closed when all of the named containers that are being stopped have stopped, or when the context ends.
func turn(ctx context.Context, before []string, stopped map[string]chan struct{}) <-chan struct{} {
	var waitFor []<-chan struct{}
	for _, name := range before {
		if done, ok := stopped[name]; ok {
			waitFor = append(waitFor, done)
		}
	}
	return all(ctx, waitFor...)
}

// all is closed when all of the channels are, or when the context ends.
func all(ctx context.Context, channels ...<-chan struct{}) <-chan struct{} {
	over := make(chan struct{})
	go func() {
		defer close(over)
		for _, c := range channels {
			select {
			case <-c:
			case <-ctx.Done():
				return
			}
		}
	}()
	return over
}

// shortenAsAsked shortens the grace period to what the pod's deletion asks for by now, if that is not what it asked for before, and
// returns it; -1 while nothing is asked for.
func (w *worker) shortenAsAsked(grace *gracePeriod, before int64) (asked int64) {
	pod, ok := w.pod()
	if !ok || pod.DeletionGracePeriodSeconds == nil || *pod.DeletionGracePeriodSeconds == before {
		return before
	}
	asked = *pod.DeletionGracePeriodSeconds
	grace.shorten(time.Duration(asked) * time.Second)
	return asked
}

// heedDeletion goes on shortening the grace period to what the pod's deletion asks for, which was asked so far, until that is over.
func (w *worker) heedDeletion(over <-chan struct{}, grace *gracePeriod, asked int64) {
	woken := false
	for {
		asked = w.shortenAsAsked(grace, asked)
		select {
		case <-over:
			if woken {
				w.inbox.nudge() // what woke this up may have brought mail
			}
			return
		case <-w.inbox.wake:
			woken = true
		}
	}
}

// ending is the stop of one instance, as far as it has come: a stop that fails and is tried again goes on where it broke off, for hook
// and signal come once (S7.13).
type ending struct {
	instance  state.Instance
	hooked    <-chan struct{}    // closed when the preStop hook is over; nil before it is begun
	abandon   context.CancelFunc // ends the hook
	signalled bool
}

// ending is the stop of a container's running instance, which may have begun before.
func (w *worker) ending(name string) *ending {
	instance := *w.state.Containers[name].Current
	e := w.endings[instance.ID]
	if e == nil {
		e = &ending{instance: instance}
		w.endings[instance.ID] = e
	}
	return e
}

// ended forgets the stop of an instance that has ended.
func (w *worker) ended(instanceID string) {
	if e := w.endings[instanceID]; e != nil && e.abandon != nil {
		e.abandon()
	}
	delete(w.endings, instanceID)
}

// stopContainer takes one running container to its end: preStop, its turn, stop signal, SIGKILL (S8.10). A hook that outlives the
// grace period is left to itself until the container is gone (S7.7).
func (w *worker) stopContainer(ctx context.Context, pod *corev1.Pod, name string, e *ending, grace *gracePeriod, turn <-chan struct{}) (*state.Instance, error) {
	if e.hooked == nil {
		e.hooked, e.abandon = w.preStop(pod, name, e.instance, grace)
	}
	late := fraction(grace.await(all(ctx, e.hooked), 0))
	late += fraction(grace.await(turn, late))
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	end, err := w.stopInstance(ctx, e, grace, late)
	if err != nil {
		return nil, err
	}
	e.abandon() // nobody is left for whom it could still do something
	<-e.hooked
	return end, nil
}

// stopInstance sends the stop signal, and SIGKILL when the grace period is over (S7.8); late is how much longer that is for this
// instance than for the others. It returns the instance as it ended, nil if the engine does not know it any more, or an error while it
// may still run.
func (w *worker) stopInstance(ctx context.Context, e *ending, grace *gracePeriod, late time.Duration) (*state.Instance, error) {
	id := e.instance.ID
	exited := w.exit(ctx, id)
	if _, minimum, _ := grace.left(0); minimum > 0 && !e.signalled {
		if err := w.signal(ctx, id, cmp.Or(e.instance.StopSignal, "TERM")); err != nil {
			return nil, err
		}
		e.signalled = true
	}
	if !grace.awaitStop(exited, time.Now(), late) {
		if err := w.kill(ctx, id, exited); err != nil {
			return nil, err
		}
	}
	end, err := w.node.inspect(ctx, id)
	if err == nil && end != nil && end.Phase == state.Running {
		err = errors.New("it still runs")
	}
	return end, err
}

// exit is closed when the instance no longer runs, or when the context ends.
func (w *worker) exit(ctx context.Context, id string) <-chan struct{} {
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		for !w.awaitExit(ctx, id) {
			pause.For(ctx, relookInterval)
		}
	}()
	return exited
}

// awaitExit returns true when the instance no longer runs or the context ended, false when the engine broke off the wait.
func (w *worker) awaitExit(ctx context.Context, id string) bool {
	results, errs := w.node.engine.ContainerWait(ctx, id, dockercontainer.WaitConditionNotRunning)
	select {
	case <-results:
		return true
	case err := <-errs:
		if errdefs.IsNotFound(err) || ctx.Err() != nil {
			return true
		}
		w.log.Warn("waiting for a container to stop", "id", id, "error", err)
		return false
	}
}

// deathTime is how long a container may take to end after SIGKILL before that counts as a failure.
const deathTime = 2 * time.Minute

// kill sends SIGKILL and waits for the exit.
func (w *worker) kill(ctx context.Context, id string, exited <-chan struct{}) error {
	if err := w.signal(ctx, id, "KILL"); err != nil {
		return err
	}
	timer := time.NewTimer(deathTime)
	defer timer.Stop()
	select {
	case <-exited:
		return nil
	case <-timer.C:
		return fmt.Errorf("it still runs %v after it was killed", deathTime)
	}
}

// signal sends a signal; an instance that has already stopped is no error.
func (w *worker) signal(ctx context.Context, id, signal string) error {
	err := w.node.engine.ContainerKill(ctx, id, signal)
	if errdefs.IsNotFound(err) || errdefs.IsConflict(err) {
		return nil
	}
	return err
}

// killOne stops one container that cannot go on as it is, because of a probe, its postStart hook or a change of its definition. It gets
// the probe's grace period if that has one, else the pod's (S6.50).
func (w *worker) killOne(ctx context.Context, pod *corev1.Pod, kill plan.Kill) error {
	name := kill.Container.Name
	w.node.recorder.Container(pod, name, corev1.EventTypeNormal, "Killing", "%s", kill.Message)
	grace := gracePeriodOf(pod)
	if kill.Grace != nil {
		grace = time.Duration(*kill.Grace) * time.Second
	}
	end, err := w.stopContainer(ctx, pod, name, w.ending(name), newGracePeriod(grace), all(ctx))
	if err != nil {
		return fmt.Errorf("stopping container %s: %w", name, err)
	}
	w.noteEnd(ctx, name, end)
	return nil
}

// stopSandbox ends the sandbox, if it runs. Its agent has nothing to lose.
func (w *worker) stopSandbox(ctx context.Context, pod *corev1.Pod) error {
	w.faults.leave(ctx, pod)
	if !w.state.SandboxReady() {
		return nil
	}
	exited := w.exit(ctx, w.state.Sandbox.ID)
	w.proxy.leave(ctx, true)
	if err := w.kill(ctx, w.state.Sandbox.ID, exited); err != nil {
		return fmt.Errorf("stopping the sandbox: %w", err)
	}
	w.state.Sandbox.Ready = false
	return nil
}
