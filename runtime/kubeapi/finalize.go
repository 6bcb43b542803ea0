package kubeapi

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/podsim/podsim/runtime/pause"
	"github.com/podsim/podsim/runtime/store"
)

// contents is a resource whose objects lie in namespaces.
type contents interface {
	rest.Lister
	rest.CollectionDeleter
}

// finalizer empties the namespaces that are being deleted and then removes them: first their pods, each with its grace period, and when
// these are gone the rest.
type finalizer struct {
	store  *store.Store
	pods   contents
	others map[string]contents // by their resource's name
	log    *slog.Logger
}

const (
	// retryInterval is how long after a failure a namespace's contents are looked at again, and gatherTime how long after a change.
	retryInterval = time.Second
	gatherTime    = 50 * time.Millisecond
)

// run works until the context ends.
func (f *finalizer) run(ctx context.Context) {
	var working sync.WaitGroup
	defer working.Wait()
	begun := sets.New[types.UID]()
	store.Follow(ctx, f.store.Namespaces, func(namespace *corev1.Namespace) {
		if namespace.Status.Phase == corev1.NamespaceTerminating && !begun.Has(namespace.UID) {
			begun.Insert(namespace.UID)
			working.Go(func() { f.finalize(ctx, namespace) })
		}
	})
}

// finalize empties a namespace and removes it, unless the context ends before.
func (f *finalizer) finalize(ctx context.Context, namespace *corev1.Namespace) {
	within := genericapirequest.WithNamespace(ctx, namespace.Name)
	for ctx.Err() == nil {
		changed := f.store.Changed()
		left := f.empty(within)
		f.report(namespace, left)
		if left.isNothing() {
			f.release(namespace)
			return
		}
		f.waitForChange(ctx, changed, len(left.failures) > 0)
	}
}

// empty deletes what the namespace of the context holds, and counts what is left.
func (f *finalizer) empty(ctx context.Context) contentsLeft {
	var left contentsLeft
	if left.deleteAll(ctx, podsResource, f.pods); !left.isNothing() {
		return left
	}
	for _, name := range slices.Sorted(maps.Keys(f.others)) {
		left.deleteAll(ctx, name, f.others[name])
	}
	return left
}

// waitForChange waits until something has changed in the store, or if a failure may pass by itself for a while, and a little longer, as
// most changes come with others.
func (f *finalizer) waitForChange(ctx context.Context, changed <-chan struct{}, failed bool) {
	if failed {
		pause.For(ctx, retryInterval)
		return
	}
	select {
	case <-changed:
		pause.For(ctx, gatherTime)
	case <-ctx.Done():
	}
}

// report shows in the namespace's status what keeps it from becoming empty.
func (f *finalizer) report(namespace *corev1.Namespace, left contentsLeft) {
	if len(left.failures) > 0 {
		f.log.Warn("emptying a namespace", "namespace", namespace.Name, "error", errors.Join(left.failures...))
	}
	_, _ = f.store.Namespaces.Update(store.KeyOf(namespace), func(current *corev1.Namespace) error { // it may have been removed by force
		if current.UID != namespace.UID {
			return errChangedMeanwhile
		}
		current.Status.Conditions = left.conditions(current.Status.Conditions, metav1.Now().Rfc3339Copy())
		return nil
	})
}

var errChangedMeanwhile = errors.New("the namespace is another one by now")

// release takes the finalizer of Kubernetes off an empty namespace, and removes it if there is no other one.
func (f *finalizer) release(namespace *corev1.Namespace) {
	key := store.KeyOf(namespace)
	released, err := f.store.Namespaces.Update(key, func(current *corev1.Namespace) error {
		if current.UID != namespace.UID {
			return errChangedMeanwhile
		}
		current.Spec.Finalizers = slices.DeleteFunc(current.Spec.Finalizers, func(name corev1.FinalizerName) bool {
			return name == corev1.FinalizerKubernetes
		})
		return nil
	})
	if err != nil || len(released.Spec.Finalizers)+len(released.Finalizers) > 0 {
		return
	}
	if _, err := f.store.Namespaces.Delete(key, metav1.NewUIDPreconditions(string(namespace.UID))); err != nil && !apierrors.IsNotFound(err) {
		f.log.Warn("removing a namespace", "namespace", namespace.Name, "error", err)
	}
}
