package kubeapi

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/podsim/podsim/runtime/store"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// serveWatch sends the changes of the selected objects until the client leaves or its timeout has passed.
func (r *resource[T]) serveWatch(w http.ResponseWriter, req *http.Request, form form, options *internalversion.ListOptions) error {
	if r.watched == nil {
		return apierrors.NewMethodNotSupported(r.Resource(), "watch")
	}
	namespace := req.PathValue("namespace")
	selects := func(object T) bool {
		return (namespace == "" || object.GetNamespace() == namespace) && r.selects(options, object)
	}
	initial, watcher, err := r.startWatch(options)
	if err != nil {
		return err
	}

	ctx := req.Context()
	if options.TimeoutSeconds != nil && *options.TimeoutSeconds > 0 {
		limited, cancel := context.WithTimeout(ctx, time.Duration(*options.TimeoutSeconds)*time.Second)
		defer cancel()
		ctx = limited
	}
	stream := &eventStream[T]{resource: r, form: form, response: w, encoder: json.NewEncoder(w)}
	stream.begin()
	for _, object := range initial {
		if selects(object) {
			stream.send(watch.Added, object)
		}
	}
	if sendsInitialEvents(options) && options.AllowWatchBookmarks {
		stream.bookmark(watcher.Version(), map[string]string{metav1.InitialEventsAnnotationKey: "true"})
	}
	for {
		event, err := watcher.Next(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			stream.fail(err)
			return nil
		case err != nil:
			if options.AllowWatchBookmarks && req.Context().Err() == nil {
				stream.bookmark(watcher.Version(), nil)
			}
			return nil
		}
		if kind, object := eventFor(event, selects); kind != "" {
			stream.send(kind, object)
		}
	}
}

// startWatch returns the objects that a watch begins with and a watcher of what follows them.
func (r *resource[T]) startWatch(options *internalversion.ListOptions) ([]T, *store.Watcher[T], error) {
	requested, err := requestedVersion(options)
	if err != nil {
		return nil, nil, err
	}
	if requested != 0 && !sendsInitialEvents(options) {
		watcher, err := r.watched.Watch(requested)
		return nil, watcher, err
	}
	objects, current := r.watched.List("")
	if requested > current {
		return nil, nil, tooLarge(requested, current)
	}
	if options.SendInitialEvents != nil && !*options.SendInitialEvents {
		objects = nil
	}
	watcher, err := r.watched.Watch(current)
	return objects, watcher, err
}

func sendsInitialEvents(options *internalversion.ListOptions) bool {
	return options.SendInitialEvents != nil && *options.SendInitialEvents
}

// eventFor is what a change is to a client that sees only the selected objects: an object that begins to be selected is
// added, and one that ends to be is deleted. The type is "" when the client sees nothing of the change.
func eventFor[T object[T]](event store.Event[T], selects func(T) bool) (watch.EventType, T) {
	before := event.Type != watch.Added && selects(event.Previous)
	after := event.Type != watch.Deleted && selects(event.Object)
	switch {
	case before && after:
		return watch.Modified, event.Object
	case after:
		return watch.Added, event.Object
	case before && event.Type == watch.Deleted:
		return watch.Deleted, event.Object
	case before:
		last := event.Previous.DeepCopy()
		last.SetResourceVersion(event.Object.GetResourceVersion())
		return watch.Deleted, last
	default:
		return "", event.Object
	}
}

// eventStream writes watch events, one a line. Errors of writing are not looked at: they come from a client that left,
// and then the request's context ends.
type eventStream[T object[T]] struct {
	resource *resource[T]
	form     form
	response http.ResponseWriter
	encoder  *json.Encoder
	// headed tells that the columns of the table were sent; only the first table of a stream has them.
	headed bool
}

// wireEvent is metav1.WatchEvent with the object not yet encoded.
type wireEvent struct {
	Type   watch.EventType `json:"type"`
	Object any             `json:"object"`
}

func (s *eventStream[T]) begin() {
	s.response.Header().Set("Content-Type", "application/json")
	s.response.Header().Set("Cache-Control", "no-cache, private")
	s.response.WriteHeader(http.StatusOK)
	http.NewResponseController(s.response).Flush()
}

func (s *eventStream[T]) send(kind watch.EventType, object T) {
	shown := s.resource.one(s.form, object)
	if table, ok := shown.(*metav1.Table); ok {
		if s.headed {
			table.ColumnDefinitions = nil
		}
		s.headed = true
	}
	s.write(wireEvent{kind, shown})
}

// bookmark tells the client that it has seen everything up to version.
func (s *eventStream[T]) bookmark(version uint64, annotations map[string]string) {
	object := s.resource.empty()
	object.SetResourceVersion(strconv.FormatUint(version, 10))
	object.SetAnnotations(annotations)
	s.send(watch.Bookmark, object)
}

func (s *eventStream[T]) fail(err error) { s.write(wireEvent{watch.Error, statusOf(err)}) }

func (s *eventStream[T]) write(event wireEvent) {
	s.encoder.Encode(event)
	http.NewResponseController(s.response).Flush()
}
