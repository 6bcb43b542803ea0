package store

import (
	"context"
	"fmt"
	"slices"
	"sort"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/watch"
)

// window is the number of changes that a collection remembers for its watchers.
const window = 1024

// Event is one change of one object.
type Event[T any] struct {
	// Type is Added, Modified or Deleted.
	Type watch.EventType
	// Object is the object after the change; of a deletion, the object as it last was with the deletion's version.
	Object T
	// Previous is the object before the change; the zero T when it was added.
	Previous T
	// Version is the resourceVersion of the change.
	Version uint64
}

// history is the last changes of a collection in order.
type history[T any] struct {
	events []Event[T]
	// horizon is the version that the first remembered event follows: watches may start at it and after it.
	horizon uint64
}

// append adds the newest event and forgets the oldest ones beyond the window. Forgetting waits for half a window, so
// that the moving costs little; the horizon lies where the memory really ends.
func (h *history[T]) append(event Event[T]) {
	if len(h.events) >= window+window/2 {
		h.horizon = h.events[window/2-1].Version
		h.events = slices.Delete(h.events, 0, window/2)
	}
	h.events = append(h.events, event)
}

// after is the first event of a later version than the given one, if there is one.
func (h *history[T]) after(version uint64) (Event[T], bool) {
	i := sort.Search(len(h.events), func(i int) bool { return h.events[i].Version > version })
	if i == len(h.events) {
		return Event[T]{}, false
	}
	return h.events[i], true
}

// Watcher reads the changes of a collection in order, each once. It is a place in the collection's history and holds
// nothing else: it needs no closing, and however slowly it reads, it keeps no writer waiting. It belongs to one goroutine.
type Watcher[T Object[T]] struct {
	collection *Collection[T]
	version    uint64
}

// Watch returns a watcher of the changes that follow resourceVersion from, as List returns it. When that lies outside the
// history that the collection remembers, or in the future, the error is that of status 410 (apierrors.IsResourceExpired),
// and the client lists anew.
func (c *Collection[T]) Watch(from uint64) (*Watcher[T], error) {
	c.shared.mu.Lock()
	defer c.shared.mu.Unlock()
	if err := c.checkRemembered(from); err != nil {
		return nil, err
	}
	return &Watcher[T]{collection: c, version: from}, nil
}

// checkRemembered fails with status 410 unless the version is one that the collection knows the changes since. The caller holds the lock.
func (c *Collection[T]) checkRemembered(version uint64) error {
	if version > c.shared.current {
		return tooOld(version, c.shared.current)
	}
	if version < c.history.horizon {
		return tooOld(version, c.history.horizon)
	}
	return nil
}

// Next waits for the next change. The error is the context's when that ends first, and the one of status 410
// (apierrors.IsResourceExpired) when the watcher fell so far behind that the history no longer holds its next change.
// What has already happened is returned even when the context has ended.
func (w *Watcher[T]) Next(ctx context.Context) (Event[T], error) {
	for {
		event, changed, err := w.advance()
		if err != nil || changed == nil {
			return event, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Event[T]{}, ctx.Err()
		}
	}
}

// advance takes the next event, or returns the channel that is closed when there may be one.
func (w *Watcher[T]) advance() (Event[T], <-chan struct{}, error) {
	c := w.collection
	c.shared.mu.Lock()
	defer c.shared.mu.Unlock()
	if w.version < c.history.horizon {
		return Event[T]{}, nil, tooOld(w.version, c.history.horizon)
	}
	event, found := c.history.after(w.version)
	if !found {
		// All of this collection's past is read; other collections' changes up to now are passed as well, so that
		// the place stays within the history however quiet this collection is.
		w.version = c.shared.current
		return Event[T]{}, c.shared.changed, nil
	}
	w.version = event.Version
	return event, nil, nil
}

// Version is the resourceVersion up to which the watcher has read.
func (w *Watcher[T]) Version() uint64 { return w.version }

func tooOld(version, limit uint64) error {
	return apierrors.NewResourceExpired(fmt.Sprintf("too old resource version: %d (%d)", version, limit))
}

// Follow tells of every object of a collection, and then of every object that is new, changed or gone, until the context ends. When it
// falls behind it begins anew, and what went meanwhile is missed.
func Follow[T Object[T]](ctx context.Context, from *Collection[T], changed func(T)) {
	begin := func(all []T) {
		for _, object := range all {
			changed(object)
		}
	}
	FollowEvents(ctx, from, begin, func(event Event[T]) { changed(event.Object) })
}

// FollowNews calls news at once and with every change of a collection, until the context ends; when it falls behind once for all changes that
// it missed.
func FollowNews[T Object[T]](ctx context.Context, from *Collection[T], news func()) {
	FollowEvents(ctx, from, func([]T) { news() }, func(Event[T]) { news() })
}

// FollowEvents calls begin with all objects of a collection and then changed with every change that follows, until the context ends. When it
// falls behind it begins anew.
func FollowEvents[T Object[T]](ctx context.Context, from *Collection[T], begin func(all []T), changed func(Event[T])) {
	for ctx.Err() == nil {
		all, version := from.List("")
		watcher, err := from.Watch(version)
		if err != nil {
			continue // more changed since than is remembered
		}
		begin(all)
		for {
			event, err := watcher.Next(ctx)
			if err != nil {
				break
			}
			changed(event)
		}
	}
}
