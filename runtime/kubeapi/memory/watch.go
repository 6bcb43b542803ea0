package memory

import (
	"context"
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/storage"

	"github.com/podsim/podsim/runtime/store"
)

// A watch that asked for bookmarks is told how far it is every bookmarkInterval, and once more lastBookmark before its time is over.
const (
	bookmarkInterval = time.Minute
	lastBookmark     = 2 * time.Second
)

// watcher hands a client the changes of the objects that it wants. Slow readers keep nobody waiting: what a watch has not read yet is
// in the collection's history, and one that falls out of that is ended with status 410.
type watcher[T Object[T]] struct {
	storage   *Storage[T]
	changes   *store.Watcher[T]
	predicate storage.SelectionPredicate
	wanted    func(T) bool // by its key
	// announceEnd: a bookmark ends the events of what was there at the beginning.
	announceEnd bool

	nextBookmark time.Time // zero for never

	result chan watch.Event
	ctx    context.Context // of the watch
	stop   context.CancelFunc
}

// ResultChan implements watch.Interface.
func (w *watcher[T]) ResultChan() <-chan watch.Event { return w.result }

// Stop implements watch.Interface.
func (w *watcher[T]) Stop() { w.stop() }

// run sends until the client leaves.
func (w *watcher[T]) run(existing []T) {
	defer close(w.result)
	defer w.stop()
	for _, object := range existing {
		if w.wanted(object) && w.matches(object) && !w.send(watch.Added, object.DeepCopy()) {
			return
		}
	}
	if w.announceEnd && !w.bookmark(true) {
		return
	}
	w.planBookmark()
	for w.next() {
	}
}

// planBookmark sets the time of the next bookmark.
func (w *watcher[T]) planBookmark() {
	now := time.Now()
	w.nextBookmark = now.Add(bookmarkInterval)
	deadline, limited := w.ctx.Deadline()
	switch last := deadline.Add(-lastBookmark); {
	case !w.predicate.AllowWatchBookmarks, limited && !last.After(now):
		w.nextBookmark = time.Time{}
	case limited && last.Before(w.nextBookmark):
		w.nextBookmark = last
	}
}

// next sends the next change, or a bookmark when none comes for long. It reports whether there may be more.
func (w *watcher[T]) next() bool {
	waiting := w.ctx
	if !w.nextBookmark.IsZero() {
		var cancel context.CancelFunc
		waiting, cancel = context.WithDeadline(w.ctx, w.nextBookmark)
		defer cancel()
	}
	change, err := w.changes.Next(waiting)
	switch {
	case err == nil:
		return w.pass(change)
	case w.ctx.Err() != nil:
		return false
	case errors.Is(err, context.DeadlineExceeded):
		w.planBookmark()
		return w.bookmark(false)
	}
	w.fail(err)
	return false
}

// refuse tells a client why it cannot watch: as with an API server, in the watch.
func (w *watcher[T]) refuse(err error) {
	defer close(w.result)
	defer w.stop()
	w.fail(err)
}

// fail sends an error, after which nothing comes.
func (w *watcher[T]) fail(err error) {
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		answer := status.Status()
		w.emit(watch.Event{Type: watch.Error, Object: &answer})
	}
}

// pass sends what a change means to this client: an object that comes to match is added, one that no longer does is deleted.
func (w *watcher[T]) pass(change store.Event[T]) bool {
	if !w.wanted(change.Object) {
		return true
	}
	is := change.Type != watch.Deleted && w.matches(change.Object)
	was := change.Type != watch.Added && w.matches(change.Previous)
	switch {
	case is && was:
		return w.send(watch.Modified, change.Object.DeepCopy())
	case is:
		return w.send(watch.Added, change.Object.DeepCopy())
	case was:
		gone := change.Previous.DeepCopy()
		gone.SetResourceVersion(formatVersion(change.Version))
		return w.send(watch.Deleted, gone)
	}
	return true
}

func (w *watcher[T]) matches(object T) bool {
	matches, err := w.predicate.Matches(object)
	return err == nil && matches
}

// bookmark tells the client how far it is.
func (w *watcher[T]) bookmark(initialEnd bool) bool {
	mark := w.storage.newObject()
	mark.SetResourceVersion(formatVersion(w.changes.Version()))
	if initialEnd {
		mark.SetAnnotations(map[string]string{metav1.InitialEventsAnnotationKey: "true"})
	}
	return w.send(watch.Bookmark, mark)
}

func (w *watcher[T]) send(event watch.EventType, object T) bool {
	return w.emit(watch.Event{Type: event, Object: object})
}

// emit reports whether the client took the event.
func (w *watcher[T]) emit(event watch.Event) bool {
	select {
	case w.result <- event:
		return true
	case <-w.ctx.Done():
		return false
	}
}
