// Package follow reads what happens to a pod from the node's API as it happens: the pod's states, its events and the
// logs of its containers across their restarts.
//
// It survives a node that hands over to another one: every stream is opened anew and goes on where it stopped. What is
// read is handed to functions of the caller; nothing is printed here.
package follow

import (
	"context"
	"errors"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/podsim/podsim/runtime/pause"
)

// Reconnect makes sure that a node answers again after a connection broke. Its error ends the following.
type Reconnect func(ctx context.Context) error

// pauses between attempts to open a broken stream again.
const (
	firstPause = 50 * time.Millisecond
	lastPause  = 2 * time.Second
)

// mostFailures is how often in a row a collection may fail to be listed and watched, with a node that answers, before it is given up:
// some ten seconds.
const mostFailures = 10

// collection is a list of objects that can be watched from the moment of the listing on.
type collection struct {
	list  func(ctx context.Context) (items []runtime.Object, resourceVersion string, err error)
	watch func(ctx context.Context, resourceVersion string) (watch.Interface, error)
}

// run lists and watches until ctx ends, done is returned, the node cannot be reached again, or it refuses: at once when its answer
// would be the same the next time, after mostFailures otherwise. listed gets every listing whole, changed every change after it; both
// say whether there is nothing more to wait for.
func (c collection) run(ctx context.Context, reconnect Reconnect, listed func([]runtime.Object) (done bool), changed func(watch.Event) (done bool)) error {
	delay, failures := firstPause, 0
	for {
		items, version, err := c.list(ctx)
		if err == nil {
			if listed(items) {
				return nil
			}
			var done bool
			if done, err = c.follow(ctx, version, func(event watch.Event) bool {
				failures = 0
				return changed(event)
			}); done {
				return nil
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		switch {
		case err == nil: // the stream ended in good order, as it does when a node hands over
			delay, failures = firstPause, 0
		case isFinal(err):
			return err
		default:
			if failures++; failures == mostFailures {
				return err
			}
		}
		if err := pause.For(ctx, delay); err != nil {
			return err
		}
		delay = min(2*delay, lastPause)
		if err := reconnect(ctx); err != nil {
			return err
		}
	}
}

// follow watches from version on until the stream ends or changed has seen enough.
func (c collection) follow(ctx context.Context, version string, changed func(watch.Event) bool) (done bool, err error) {
	stream, err := c.watch(ctx, version)
	if err != nil {
		return false, err
	}
	defer stream.Stop()
	for {
		var event watch.Event
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case e, open := <-stream.ResultChan():
			if !open {
				return false, nil
			}
			event = e
		}
		switch event.Type {
		case watch.Error:
			if err := apierrors.FromObject(event.Object); !apierrors.IsResourceExpired(err) && !apierrors.IsGone(err) {
				return false, err
			}
			return false, nil // the listing is too old to go on from; the next one is not
		case watch.Bookmark:
			continue
		}
		if changed(event) {
			return true, nil
		}
	}
}

// isFinal tells whether err is an answer of the API that stays as it is: there is no such thing, it is not allowed, it makes no sense.
func isFinal(err error) bool {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return false
	}
	switch code := status.Status().Code; code {
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusGone, http.StatusTooManyRequests:
		return false
	default:
		return code >= 400 && code < 500
	}
}
