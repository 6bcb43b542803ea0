// Package memory gives a collection of the node's store the shape in which the API server's own registry keeps objects.
package memory

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/storage"

	"github.com/podsim/podsim/runtime/store"
)

// Object is a pointer to an API object that can be copied onto another one.
type Object[T any] interface {
	store.Object[T]
	DeepCopyInto(T)
}

// Writer changes the objects of a collection. Its methods are those of store.Collection, with a context that ends when the client leaves.
type Writer[T Object[T]] interface {
	Create(ctx context.Context, object T) (T, error)
	Update(ctx context.Context, key types.NamespacedName, change func(T) error) (T, error)
	Delete(ctx context.Context, key types.NamespacedName, preconditions *metav1.Preconditions) (T, error)
}

// Straight writes into a collection and does nothing else.
type Straight[T Object[T]] struct{ Collection *store.Collection[T] }

// Create implements Writer.
func (s Straight[T]) Create(_ context.Context, object T) (T, error) {
	return s.Collection.Create(object)
}

// Update implements Writer.
func (s Straight[T]) Update(_ context.Context, key types.NamespacedName, change func(T) error) (T, error) {
	return s.Collection.Update(key, change)
}

// Delete implements Writer.
func (s Straight[T]) Delete(_ context.Context, key types.NamespacedName, preconditions *metav1.Preconditions) (T, error) {
	return s.Collection.Delete(key, preconditions)
}

// Storage is a storage.Interface over a collection. Keys are those of the registry: Prefix, then the namespace if objects have one, then
// the name, with slashes between.
type Storage[T Object[T]] struct {
	collection *store.Collection[T]
	writes     Writer[T]
	prefix     string
	versioner  storage.APIObjectVersioner
	newObject  func() T
}

// New returns a storage whose keys begin with the prefix, such as "/pods". It writes straight into the collection, unless there is a writer.
func New[T Object[T]](collection *store.Collection[T], prefix string, newObject func() T, writes Writer[T]) *Storage[T] {
	if writes == nil {
		writes = Straight[T]{collection}
	}
	return &Storage[T]{collection: collection, writes: writes, prefix: prefix + "/", newObject: newObject}
}

var _ storage.Interface = (*Storage[*corev1.Pod])(nil)

// keyOf is the object that a key of the registry names.
func (s *Storage[T]) keyOf(key string) types.NamespacedName {
	namespace, name, found := strings.Cut(strings.TrimPrefix(key, s.prefix), "/")
	if !found {
		return types.NamespacedName{Name: namespace}
	}
	return types.NamespacedName{Namespace: namespace, Name: name}
}

// pathOf is the key of the registry for an object.
func (s *Storage[T]) pathOf(object T) string {
	if namespace := object.GetNamespace(); namespace != "" {
		return s.prefix + namespace + "/" + object.GetName()
	}
	return s.prefix + object.GetName()
}

// Versioner implements storage.Interface.
func (s *Storage[T]) Versioner() storage.Versioner { return s.versioner }

// Create implements storage.Interface. Nothing expires: the time to live is not heeded.
func (s *Storage[T]) Create(ctx context.Context, key string, obj, out runtime.Object, _ uint64) error {
	if version, err := s.versioner.ObjectResourceVersion(obj); err == nil && version != 0 {
		return storage.ErrResourceVersionSetOnCreate
	}
	created, err := s.writes.Create(ctx, obj.(T))
	if apierrors.IsAlreadyExists(err) {
		return storage.NewKeyExistsError(key, 0)
	}
	if err != nil {
		return err
	}
	copyTo(out, created)
	return nil
}

// Get implements storage.Interface.
func (s *Storage[T]) Get(_ context.Context, key string, opts storage.GetOptions, out runtime.Object) error {
	if err := s.notOlderThan(opts.ResourceVersion); err != nil {
		return err
	}
	found, err := s.collection.Get(s.keyOf(key))
	switch {
	case err == nil:
		copyTo(out, found)
	case opts.IgnoreNotFound:
		copyTo(out, s.newObject())
	default:
		return storage.NewKeyNotFoundError(key, 0)
	}
	return nil
}

// notOlderThan refuses what is to be as new as a version that does not exist yet.
func (s *Storage[T]) notOlderThan(version string) error {
	asked, err := s.versioner.ParseResourceVersion(version)
	if err != nil {
		return apierrors.NewBadRequest(fmt.Sprintf("invalid resource version: %v", err))
	}
	if current := s.collection.Version(); asked > current {
		return storage.NewTooLargeResourceVersionError(asked, current, 0)
	}
	return nil
}

// Delete implements storage.Interface.
func (s *Storage[T]) Delete(ctx context.Context, key string, out runtime.Object, preconditions *storage.Preconditions,
	validate storage.ValidateObjectFunc, _ runtime.Object, _ storage.DeleteOptions) error {
	for {
		current, err := s.collection.Get(s.keyOf(key))
		if err != nil {
			return storage.NewKeyNotFoundError(key, 0)
		}
		if err := preconditions.Check(key, current); err != nil {
			return err
		}
		if err := validate(ctx, current.DeepCopy()); err != nil {
			return err
		}
		version := current.GetResourceVersion()
		deleted, err := s.writes.Delete(ctx, s.keyOf(key), &metav1.Preconditions{ResourceVersion: &version})
		switch {
		case apierrors.IsConflict(err):
			continue // it was changed meanwhile
		case apierrors.IsNotFound(err):
			return storage.NewKeyNotFoundError(key, 0)
		case err != nil:
			return err
		}
		copyTo(out, deleted)
		return nil
	}
}

// GuaranteedUpdate implements storage.Interface.
func (s *Storage[T]) GuaranteedUpdate(ctx context.Context, key string, destination runtime.Object, ignoreNotFound bool,
	preconditions *storage.Preconditions, tryUpdate storage.UpdateFunc, _ runtime.Object) error {
	for {
		current, err := s.collection.Get(s.keyOf(key))
		exists := err == nil
		switch {
		case exists:
		case ignoreNotFound:
			current = s.newObject()
		default:
			return storage.NewKeyNotFoundError(key, 0)
		}
		if err := preconditions.Check(key, current); err != nil {
			return err
		}
		version, err := s.versioner.ObjectResourceVersion(current)
		if err != nil {
			return err
		}
		updated, _, err := tryUpdate(current.DeepCopy(), storage.ResponseMeta{ResourceVersion: version})
		if err != nil {
			return err
		}
		stored, err := s.swap(ctx, exists, current, updated.(T))
		switch {
		case errors.Is(err, errChanged), apierrors.IsAlreadyExists(err), apierrors.IsNotFound(err):
			continue
		case err != nil:
			return err
		}
		copyTo(destination, stored)
		return nil
	}
}

var errChanged = errors.New("the object was changed meanwhile")

// swap puts the updated object in the place of the current one, or where there is none if that does not exist. It fails with errChanged,
// NotFound or AlreadyExists when the place is no longer as it was.
func (s *Storage[T]) swap(ctx context.Context, exists bool, current, updated T) (T, error) {
	if !exists {
		updated.SetResourceVersion("")
		return s.writes.Create(ctx, updated)
	}
	return s.writes.Update(ctx, store.KeyOf(current), func(stored T) error {
		if stored.GetUID() != current.GetUID() || stored.GetResourceVersion() != current.GetResourceVersion() {
			return errChanged
		}
		updated.DeepCopyInto(stored)
		stored.SetResourceVersion(current.GetResourceVersion())
		return nil
	})
}

// GetList implements storage.Interface.
func (s *Storage[T]) GetList(_ context.Context, key string, opts storage.ListOptions, list runtime.Object) error {
	root := strings.TrimSuffix(key, "/") + "/"
	if !opts.Recursive {
		root = key
	}
	revision, after, err := storage.ValidateListOptions(root, s.versioner, opts)
	if err != nil {
		return err
	}
	if revision == 0 && opts.Predicate.Continue == "" {
		if err := s.notOlderThan(opts.ResourceVersion); err != nil {
			return err
		}
	}
	objects, version, err := s.listAt(s.namespaceOf(key, opts.Recursive), revision)
	if err != nil {
		if opts.Predicate.Continue != "" {
			return apierrors.NewResourceExpired(continueExpired)
		}
		return err
	}
	slices.SortFunc(objects, func(a, b T) int { return strings.Compare(s.pathOf(a), s.pathOf(b)) }) // the order of continue tokens
	var found []runtime.Object
	var last string
	remaining := int64(0)
	for _, object := range objects {
		path := s.pathOf(object)
		if !s.below(path, key, opts.Recursive) || path < after {
			continue
		}
		if opts.Predicate.Limit > 0 && int64(len(found)) == opts.Predicate.Limit {
			remaining++
			continue
		}
		if matches, err := opts.Predicate.Matches(object); err != nil || !matches {
			continue
		}
		item := object.DeepCopy()
		item.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{}) // the list has the kind, and nobody has it twice
		found, last = append(found, item), path
	}
	next, count, err := storage.PrepareContinueToken(last, root, int64(version), int64(len(found))+remaining, remaining > 0, opts)
	if err != nil {
		return err
	}
	if err := meta.SetList(list, found); err != nil {
		return err
	}
	return s.versioner.UpdateList(list, version, next, count)
}

// continueExpired is the API server's text.
const continueExpired = "The provided continue parameter is too old to display a consistent list result. You must start a new list " +
	"without the continue parameter."

// listAt is the collection as it was at a revision; 0 is now, and below 0 as well.
func (s *Storage[T]) listAt(namespace string, revision int64) ([]T, uint64, error) {
	if revision <= 0 {
		objects, version := s.collection.List(namespace)
		return objects, version, nil
	}
	objects, err := s.collection.ListAt(namespace, uint64(revision))
	return objects, uint64(revision), err
}

// namespaceOf is the namespace that a key of many objects is restricted to; "" is none.
func (s *Storage[T]) namespaceOf(key string, recursive bool) string {
	namespace, rest, found := strings.Cut(strings.TrimPrefix(strings.TrimSuffix(key, "/")+"/", s.prefix), "/")
	if !recursive || !found || rest != "" {
		return ""
	}
	return namespace
}

// below reports whether a key asks for the object at the path.
func (s *Storage[T]) below(path, key string, recursive bool) bool {
	if !recursive {
		return path == key
	}
	return strings.HasPrefix(path, strings.TrimSuffix(key, "/")+"/")
}

// Watch implements storage.Interface.
func (s *Storage[T]) Watch(ctx context.Context, key string, opts storage.ListOptions) (watch.Interface, error) {
	version, err := s.versioner.ParseResourceVersion(opts.ResourceVersion)
	if err != nil {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("invalid resource version: %v", err))
	}
	w := &watcher[T]{storage: s, predicate: opts.Predicate, result: make(chan watch.Event)}
	w.wanted = func(object T) bool { return s.below(s.pathOf(object), key, opts.Recursive) }
	initial := opts.SendInitialEvents == nil && version == 0 || opts.SendInitialEvents != nil && *opts.SendInitialEvents
	var existing []T
	if initial {
		existing, version = s.collection.List(s.namespaceOf(key, opts.Recursive))
		w.announceEnd = opts.SendInitialEvents != nil && opts.Predicate.AllowWatchBookmarks
	} else if version == 0 {
		version = s.collection.Version()
	}
	w.ctx, w.stop = context.WithCancel(ctx)
	if w.changes, err = s.collection.Watch(version); err != nil {
		go w.refuse(err)
	} else {
		go w.run(existing)
	}
	return w, nil
}

// Stats implements storage.Interface.
func (s *Storage[T]) Stats(context.Context) (storage.Stats, error) {
	objects, _ := s.collection.List("")
	return storage.Stats{ObjectCount: int64(len(objects))}, nil
}

// ReadinessCheck implements storage.Interface.
func (s *Storage[T]) ReadinessCheck() error { return nil }

// RequestWatchProgress implements storage.Interface; a watch of memory is never behind.
func (s *Storage[T]) RequestWatchProgress(context.Context) error { return nil }

// GetCurrentResourceVersion implements storage.Interface.
func (s *Storage[T]) GetCurrentResourceVersion(context.Context) (uint64, error) {
	return s.collection.Version(), nil
}

// EnableResourceSizeEstimation implements storage.Interface; sizes are not estimated.
func (s *Storage[T]) EnableResourceSizeEstimation(storage.KeysFunc) error { return nil }

// CompactRevision implements storage.Interface.
func (s *Storage[T]) CompactRevision() int64 {
	return int64(min(s.collection.Horizon(), math.MaxInt64))
}

// copyTo makes out an object of its own that is like the stored one.
func copyTo[T Object[T]](out runtime.Object, stored T) {
	if out == nil {
		return
	}
	stored.DeepCopyInto(out.(T))
}

func formatVersion(version uint64) string { return strconv.FormatUint(version, 10) }
