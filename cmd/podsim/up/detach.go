package up

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec/manifest"
	"github.com/podsim/podsim/runtime/podstate"
)

// startPatience is how long an init container or a postStart hook may run before up --detach leaves the rest of the start to the node.
const startPatience = time.Second

// detach starts the pods on the node in the background and returns when they are started or, with --wait, ready.
func (o *options) detach(ctx context.Context, m *manifest.Contents, b *builds) (err error) {
	defer func() { err = errors.Join(err, b.close()) }()
	if err := o.build(ctx, b); err != nil {
		return err
	}
	connection, err := o.session.Connect(ctx, o.node)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, connection.Close(ctx)) }()
	o.warnIgnored(connection)

	c, err := create(ctx, connection, m)
	if err != nil {
		return errors.Join(err, c.undo(ctx))
	}
	r := newRun(connection, o.newDisplay(c.pods), c.pods)
	c.announce(r.display)
	following, stop := context.WithCancel(ctx)
	join := r.follow(following, false)
	defer join()
	defer stop()

	reached := o.starts(following, r)
	if o.wait {
		reached = readyOrOver
	}
	err = o.awaitAll(ctx, r, reached)
	if err := errors.Join(err, r.display.Close()); err != nil {
		return err
	}
	for _, w := range r.pods {
		if text, ok := reached(w); ok {
			fmt.Fprintf(o.Out, "pod/%s %s\n", w.pod.Name, text)
		}
	}
	if o.wait {
		return errors.Join(r.verdict(everyPod), r.obstructed(podstate.Obstacle.ImageMissing))
	}
	unstarted := func(w *watched) bool { return !podstate.Started(w.pod) }
	return errors.Join(r.verdict(unstarted), r.obstructed(func(podstate.Obstacle) bool { return true }))
}

// awaitAll waits until every pod has reached what is waited for, an image turns out to be missing, or the time is over.
func (o *options) awaitAll(ctx context.Context, r *run, reached func(*watched) (string, bool)) error {
	if o.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, o.timeout, errTimeout)
		defer cancel()
	}
	missing := func() []*corev1.Pod {
		var pods []*corev1.Pod
		for _, w := range r.pods {
			if _, ok := reached(w); !ok {
				pods = append(pods, w.pod)
			}
		}
		return pods
	}
	err := r.until(ctx, nil, func() bool { return len(missing()) == 0 || r.imageMissing() != nil })
	if errors.Is(err, errTimeout) {
		pods := missing()
		return fmt.Errorf("after %v not everything is there; the pods stay: look with %s, end them with %s", o.timeout, advice("describe pod", pods...), advice("down", pods...))
	}
	return err
}

var errTimeout = errors.New("timed out")

// starts gives the test for a pod that has started, as far as up --detach waits for it: its mains have, or it has ended,
// or something is in the way of a container, or what the mains wait for takes its time.
func (o *options) starts(ctx context.Context, r *run) func(*watched) (string, bool) {
	type start struct {
		heldUp    string
		impatient bool
	}
	starts := map[*watched]*start{}
	return func(w *watched) (string, bool) {
		if text, over := ended(w); over {
			return text, true
		}
		if podstate.Started(w.pod) {
			return "started", true
		}
		if obstacle, found := w.starting.Obstructed(w.pod); found {
			return "waiting: " + obstacle.Reason, true
		}
		held := heldUp(w)
		s := starts[w]
		if s == nil || s.heldUp != held {
			s = &start{heldUp: held}
			starts[w] = s
			if held != "" {
				time.AfterFunc(startPatience, func() { r.send(ctx, func() { s.impatient = true }) })
			}
		}
		return "started, " + held, s.impatient
	}
}

// heldUp is what the start of a pod's mains waits for and what may take any time, as it is the user's: an init container or a postStart
// hook that runs. It is empty when there is none.
func heldUp(w *watched) string {
	if init := podstate.RunningInit(w.pod); init != "" {
		return fmt.Sprintf("init container %s runs", init)
	}
	if container := w.starting.RunningHook(w.pod); container != "" {
		return fmt.Sprintf("the postStart hook of container %s runs", container)
	}
	return ""
}

// readyOrOver is the test for a pod that up --wait waits for.
func readyOrOver(w *watched) (string, bool) {
	if text, over := ended(w); over {
		return text, true
	}
	return "ready", podstate.Ready(w.pod)
}

// ended tells whether a pod has ended, and how.
func ended(w *watched) (string, bool) {
	switch {
	case podstate.Terminal(w.pod):
		return strings.ToLower(string(w.pod.Status.Phase)), true
	case w.gone:
		return "deleted", true
	}
	return "", false
}

// obstructed is an error when a container cannot be started for now and the obstacle counts. The pod stays, and the node goes on
// trying.
func (r *run) obstructed(counts func(podstate.Obstacle) bool) error {
	for _, w := range r.pods {
		obstacle, found := w.starting.Obstructed(w.pod)
		if !found || !counts(obstacle) {
			continue
		}
		if obstacle.ImageMissing() {
			return fmt.Errorf("%w; podsim goes on trying, end the pod with %s", imageMissingError(w.pod, obstacle), advice("down", w.pod))
		}
		who := fmt.Sprintf("pod %q", w.pod.Name)
		if obstacle.Container != "" {
			who += fmt.Sprintf(", container %q", obstacle.Container)
		}
		return fmt.Errorf("%s waits (%s: %s) and is tried again; end it with %s", who, obstacle.Reason, obstacle.Message, advice("down", w.pod))
	}
	return nil
}
