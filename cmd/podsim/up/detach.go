package up

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/cmd/podsim/podstate"
	"github.com/podsim/podsim/podspec/manifest"
)

// startPatience is how long an init container or a postStart hook may run before up --detach leaves the rest of the start to the node.
const startPatience = time.Second

// detach starts the pods on the node in the background and returns when they are started or, with --wait, ready.
func (o *options) detach(ctx context.Context, m *manifest.Contents) (err error) {
	connection, err := o.session.Connect(ctx, o.nodeOptions)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, connection.Close(ctx)) }()
	o.warnIgnored(connection)

	c, err := create(ctx, connection, m)
	if err != nil {
		return err
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
	if missing := r.imageMissing(podstate.Obstacle.PullFailed); missing != nil {
		return errors.Join(missing, c.undo(ctx))
	}
	for _, w := range r.pods {
		text, _ := reached(w)
		fmt.Fprintf(o.Out, "pod/%s %s\n", w.pod.Name, text)
	}
	if o.wait {
		return r.verdict(everyPod)
	}
	return errors.Join(r.verdict(func(w *watched) bool { return !podstate.Started(w.pod) }), r.obstructed())
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
	err := r.until(ctx, nil, func() bool { return len(missing()) == 0 || r.imageMissing(podstate.Obstacle.PullFailed) != nil })
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
		if obstacle, found := podstate.Obstructed(w.pod); found {
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

// obstructed is an error when a container cannot be started for now. The pod stays, and the node goes on trying.
func (r *run) obstructed() error {
	for _, w := range r.pods {
		obstacle, found := podstate.Obstructed(w.pod)
		if !found {
			continue
		}
		return fmt.Errorf("pod %q, container %q waits (%s: %s) and is tried again; end it with %s",
			w.pod.Name, obstacle.Container, obstacle.Reason, obstacle.Message, advice("down", w.pod))
	}
	return nil
}
