package enginetest

import (
	"context"
	"errors"
	"maps"
	"strconv"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"
)

// watcher is a stream of events that somebody reads.
type watcher struct {
	filters filters.Args
	queue   []events.Message // guarded by the engine's lock
	more    chan struct{}    // has room for one
	broken  chan struct{}
}

// Events streams what happens from now on, filtered by type and labels.
func (c *Client) Events(ctx context.Context, options events.ListOptions) (<-chan events.Message, <-chan error) {
	messages, errs := make(chan events.Message), make(chan error, 1)
	if err := c.enter(ctx, "Events", ""); err != nil {
		errs <- err
		return messages, errs
	}
	w := &watcher{filters: options.Filters, more: make(chan struct{}, 1), broken: make(chan struct{})}
	e := c.machine
	e.mu.Lock()
	e.watchers[w] = true
	e.mu.Unlock()
	go func() {
		errs <- c.passOn(ctx, w, messages)
		e.mu.Lock()
		delete(e.watchers, w)
		e.mu.Unlock()
	}()
	return messages, errs
}

// passOn hands the watcher's events out until the stream ends, and returns why it did.
func (c *Client) passOn(ctx context.Context, w *watcher, to chan<- events.Message) error {
	for {
		for _, m := range c.machine.takeEvents(w) {
			select {
			case to <- m:
			case <-ctx.Done():
				return ctx.Err()
			case <-c.dead:
				return ErrConnection
			case <-w.broken:
				return errors.New("unexpected EOF")
			}
		}
		select {
		case <-w.more:
		case <-ctx.Done():
			return ctx.Err()
		case <-c.dead:
			return ErrConnection
		case <-w.broken:
			return errors.New("unexpected EOF")
		}
	}
}

func (e *Engine) takeEvents(w *watcher) []events.Message {
	e.mu.Lock()
	defer e.mu.Unlock()
	queue := w.queue
	w.queue = nil
	return queue
}

// BreakEvents ends all streams of events. What happens before they are opened again is lost to their readers.
func (e *Engine) BreakEvents() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for w := range e.watchers {
		close(w.broken)
		delete(e.watchers, w)
	}
}

// emit tells the watchers of a container's news. The caller holds the lock.
func (e *Engine) emit(c *fakeContainer, action events.Action) {
	attributes := maps.Clone(c.config.Labels)
	if attributes == nil {
		attributes = map[string]string{}
	}
	attributes["name"], attributes["image"] = c.name, c.config.Image
	if action == events.ActionDie {
		attributes["exitCode"] = strconv.Itoa(c.exitCode)
	}
	now := time.Now()
	m := events.Message{
		Type: events.ContainerEventType, Action: action, Scope: "local",
		Actor: events.Actor{ID: c.id, Attributes: attributes},
		Time:  now.Unix(), TimeNano: now.UnixNano(),
	}
	for w := range e.watchers {
		if !w.filters.ExactMatch("type", string(m.Type)) || !w.filters.MatchKVList("label", attributes) {
			continue
		}
		w.queue = append(w.queue, m)
		select {
		case w.more <- struct{}{}:
		default:
		}
	}
}
