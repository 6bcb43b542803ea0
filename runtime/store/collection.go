package store

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
)

// Object is a pointer to a typed API object, such as *corev1.Pod.
type Object[T any] interface {
	metav1.Object
	runtime.Object
	DeepCopy() T
	// Size is the length of the protobuf encoding in bytes.
	Size() int
	Marshal() ([]byte, error)
}

// Collection holds the objects of one kind by namespace and name. Its methods may be called from any goroutine. All
// errors of its methods are those of apimachinery's api/errors.
type Collection[T Object[T]] struct {
	shared   *versions
	kind     schema.GroupVersionKind
	resource schema.GroupResource
	objects  map[types.NamespacedName]T
	history  history[T]
	newest   uint64 // the version of the newest change
}

func newCollection[T Object[T]](shared *versions, kind schema.GroupVersionKind, resource string) *Collection[T] {
	return &Collection[T]{
		shared:   shared,
		kind:     kind,
		resource: schema.GroupResource{Group: kind.Group, Resource: resource},
		objects:  map[types.NamespacedName]T{},
		history:  history[T]{horizon: shared.current},
		newest:   shared.current,
	}
}

// Kind is the kind of the collection's objects; every stored object carries it in its TypeMeta.
func (c *Collection[T]) Kind() schema.GroupVersionKind { return c.kind }

// Resource is the API's plural name of the collection, as errors show it.
func (c *Collection[T]) Resource() schema.GroupResource { return c.resource }

// Get returns the object, or a NotFound error.
func (c *Collection[T]) Get(key types.NamespacedName) (T, error) {
	c.shared.mu.Lock()
	defer c.shared.mu.Unlock()
	return c.get(key)
}

// get is Get for a caller that holds the lock.
func (c *Collection[T]) get(key types.NamespacedName) (T, error) {
	object, found := c.objects[key]
	if !found {
		return object, apierrors.NewNotFound(c.resource, key.Name)
	}
	return object, nil
}

// List returns the objects of a namespace, or of all namespaces when it is "", sorted by namespace and name, and the
// store's resourceVersion at that moment: a watch from that version continues the list without a gap.
func (c *Collection[T]) List(namespace string) ([]T, uint64) {
	c.shared.mu.Lock()
	objects := slices.Collect(maps.Values(c.objects))
	version := c.shared.current
	c.shared.mu.Unlock()
	return sorted(objects, namespace), version
}

// ListAt is List as it was at an earlier resourceVersion. When the collection no longer remembers that, or it lies in the future, the
// error is that of status 410 (apierrors.IsResourceExpired).
func (c *Collection[T]) ListAt(namespace string, version uint64) ([]T, error) {
	c.shared.mu.Lock()
	if err := c.checkRemembered(version); err != nil {
		c.shared.mu.Unlock()
		return nil, err
	}
	then := maps.Clone(c.objects)
	for _, event := range slices.Backward(c.history.events) {
		if event.Version <= version {
			break
		}
		if event.Type == watch.Added {
			delete(then, KeyOf(event.Object))
		} else {
			then[KeyOf(event.Object)] = event.Previous
		}
	}
	c.shared.mu.Unlock()
	return sorted(slices.Collect(maps.Values(then)), namespace), nil
}

// sorted are the objects of a namespace, or all when it is "", by namespace and name.
func sorted[T Object[T]](objects []T, namespace string) []T {
	if namespace != "" {
		objects = slices.DeleteFunc(objects, func(object T) bool { return object.GetNamespace() != namespace })
	}
	slices.SortFunc(objects, func(a, b T) int {
		if order := strings.Compare(a.GetNamespace(), b.GetNamespace()); order != 0 {
			return order
		}
		return strings.Compare(a.GetName(), b.GetName())
	})
	return objects
}

// Version is the resourceVersion of the newest change in any collection of the store.
func (c *Collection[T]) Version() uint64 {
	c.shared.mu.Lock()
	defer c.shared.mu.Unlock()
	return c.shared.current
}

// Newest is the resourceVersion of the newest change in this collection; that of the store's beginning when nothing has changed since.
func (c *Collection[T]) Newest() uint64 {
	c.shared.mu.Lock()
	defer c.shared.mu.Unlock()
	return c.newest
}

// Horizon is the oldest resourceVersion that the collection remembers: watches can start at it, and lists can be had of it.
func (c *Collection[T]) Horizon() uint64 {
	c.shared.mu.Lock()
	defer c.shared.mu.Unlock()
	return c.history.horizon
}

// Create stores a copy of the object and returns what was stored: with a new resourceVersion, and otherwise as it was
// given. The error is AlreadyExists when the key is taken.
func (c *Collection[T]) Create(object T) (T, error) {
	key, stored := KeyOf(object), object.DeepCopy()
	c.shared.mu.Lock()
	defer c.shared.mu.Unlock()
	if _, taken := c.objects[key]; taken {
		var none T
		return none, apierrors.NewAlreadyExists(c.resource, key.Name)
	}
	c.stamp(stored, c.shared.next())
	c.objects[key] = stored
	c.record(Event[T]{Type: watch.Added, Object: stored})
	return stored, nil
}

// Restore puts a copy of an object of an earlier store back as it was, with its resourceVersion, in place of one that has its name; a
// client that updates what it read from the earlier store may do so. One without a version gets a new one. The collection's history begins
// anew: its watchers are told to list again.
func (c *Collection[T]) Restore(object T) {
	stored := object.DeepCopy()
	c.shared.mu.Lock()
	defer c.shared.mu.Unlock()
	version := VersionOf(stored)
	c.shared.current = max(c.shared.next(), version)
	if version == 0 {
		version = c.shared.current
	}
	c.stamp(stored, version)
	c.objects[KeyOf(stored)] = stored
	c.newest = c.shared.current
	c.history = history[T]{horizon: c.shared.current}
	c.shared.announce()
}

// Update hands a copy of the object to change, stores the copy and returns it. When change alters nothing, nothing is
// stored and the version stays. When change fails, its error is returned as it is and nothing is stored. A change that
// sets another resourceVersion than the stored one, because it puts an older object in place, is refused with Conflict;
// an empty one means any. Namespace and name cannot change. The error is NotFound when there is no such object.
//
// The store is locked while change runs: it must not call the store.
func (c *Collection[T]) Update(key types.NamespacedName, change func(T) error) (T, error) {
	c.shared.mu.Lock()
	defer c.shared.mu.Unlock()
	previous, err := c.get(key)
	if err != nil {
		return previous, err
	}
	var none T
	updated := previous.DeepCopy()
	if err := change(updated); err != nil {
		return none, err
	}
	if version := updated.GetResourceVersion(); version != "" && version != previous.GetResourceVersion() {
		return none, apierrors.NewConflict(c.resource, key.Name,
			errors.New("the object has been modified; please apply your changes to the latest version and try again"))
	}
	if KeyOf(updated) != key {
		return none, apierrors.NewBadRequest(fmt.Sprintf("the namespace and the name of %s %q cannot change", c.kind.Kind, key))
	}
	updated.SetResourceVersion(previous.GetResourceVersion())
	updated.GetObjectKind().SetGroupVersionKind(c.kind)
	if encodedAlike(previous, updated) {
		return previous, nil
	}
	c.stamp(updated, c.shared.next())
	c.objects[key] = updated
	c.record(Event[T]{Type: watch.Modified, Object: updated, Previous: previous})
	return updated, nil
}

// encodedAlike reports whether the API server would store the same bytes for both objects, which is how it finds that an update changes
// nothing.
func encodedAlike[T Object[T]](a, b T) bool {
	if a.Size() != b.Size() {
		return false
	}
	left, errLeft := a.Marshal()
	right, errRight := b.Marshal()
	return errLeft == nil && errRight == nil && bytes.Equal(left, right)
}

// Delete removes the object and returns it as it last was, with the resourceVersion of the deletion. Preconditions that
// are not nil must hold, else the error is Conflict. The error is NotFound when there is no such object.
func (c *Collection[T]) Delete(key types.NamespacedName, preconditions *metav1.Preconditions) (T, error) {
	c.shared.mu.Lock()
	defer c.shared.mu.Unlock()
	previous, err := c.get(key)
	if err != nil {
		return previous, err
	}
	if err := c.CheckPreconditions(previous, preconditions); err != nil {
		var none T
		return none, err
	}
	last := previous.DeepCopy()
	c.stamp(last, c.shared.next())
	delete(c.objects, key)
	c.record(Event[T]{Type: watch.Deleted, Object: last, Previous: previous})
	return last, nil
}

// CheckPreconditions returns a Conflict error when the object is not the one that the preconditions of a deletion name.
// Nil preconditions, and nil fields of them, are met by every object.
func (c *Collection[T]) CheckPreconditions(object T, preconditions *metav1.Preconditions) error {
	if preconditions == nil {
		return nil
	}
	if want := preconditions.UID; want != nil && *want != object.GetUID() {
		return c.unmet(object, "UID", string(*want), string(object.GetUID()))
	}
	if want := preconditions.ResourceVersion; want != nil && *want != object.GetResourceVersion() {
		return c.unmet(object, "ResourceVersion", *want, object.GetResourceVersion())
	}
	return nil
}

// unmet is the API server's answer to a precondition that does not hold.
func (c *Collection[T]) unmet(object T, field, want, got string) error {
	message := fmt.Sprintf("Precondition failed: %[1]s in precondition: %[2]s, %[1]s in object meta: %[3]s", field, want, got)
	return apierrors.NewConflict(c.resource, object.GetName(), errors.New(message))
}

// stamp makes an object what the store keeps: of the collection's kind and of the given version.
func (c *Collection[T]) stamp(object T, version uint64) {
	object.GetObjectKind().SetGroupVersionKind(c.kind)
	object.SetResourceVersion(strconv.FormatUint(version, 10))
}

// record appends a change to the history and wakes the watchers. The caller holds the lock.
func (c *Collection[T]) record(event Event[T]) {
	event.Version = c.shared.current
	c.newest = event.Version
	c.history.append(event)
	c.shared.announce()
}
