package controllers

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/util/workqueue"

	"github.com/podsim/podsim/runtime/event"
	"github.com/podsim/podsim/runtime/store"
)

// Config is what controllers stand on. All fields are needed.
type Config struct {
	Store *store.Store
	// API is the API over the store, for clients that may do everything.
	API      http.Handler
	Recorder *event.Recorder
	// Saved returns when all that was written to the store until now outlives the node, as far as anything does; nil if nothing does.
	Saved func(context.Context) error
	Log   *slog.Logger
}

// Manager runs controllers.
type Manager struct {
	store    *store.Store
	client   clients
	recorder *event.Recorder
	saved    func(context.Context) error
	log      *slog.Logger
}

// New returns a manager of all controllers.
func New(config Config) (*Manager, error) {
	client, err := newClients(config.API)
	if err != nil {
		return nil, err
	}
	saved := config.Saved
	if saved == nil {
		saved = func(context.Context) error { return nil }
	}
	return &Manager{store: config.Store, client: client, recorder: config.Recorder, saved: saved, log: config.Log}, nil
}

// Run runs the controllers until the context ends.
func (m *Manager) Run(ctx context.Context) {
	var running sync.WaitGroup
	for _, c := range []*controller{
		m.deployments(), m.replicaSets(), m.statefulSets(), m.daemonSets(), m.jobs(), m.jobStrays(), m.claimProtection(),
	} {
		running.Go(func() { c.run(ctx, m.log) })
	}
	running.Go(func() { m.collectGarbage(ctx) })
	running.Wait()
}

// controller brings objects of one kind to what they ask for.
type controller struct {
	name string
	// follow are goroutines that put the names of objects into the queue about which something is new, until the context ends.
	follow []func(ctx context.Context, queue queue)
	// reconcile looks at one object, which may be gone. It returns after what time to look again although nothing changes, 0 for never.
	// An error has it looked at again after a while.
	reconcile func(ctx context.Context, key types.NamespacedName) (time.Duration, error)
}

// queue is what is to be looked at.
type queue = workqueue.TypedRateLimitingInterface[types.NamespacedName]

const (
	// minRetry and maxRetry are how long it takes until something is tried again that failed.
	minRetry = 20 * time.Millisecond
	maxRetry = time.Minute
)

// run works until the context ends.
func (c *controller) run(ctx context.Context, log *slog.Logger) {
	var following sync.WaitGroup
	defer following.Wait()
	limiter := workqueue.NewTypedItemExponentialFailureRateLimiter[types.NamespacedName](minRetry, maxRetry)
	pending := workqueue.NewTypedRateLimitingQueue(limiter)
	defer pending.ShutDown()
	stop := context.AfterFunc(ctx, pending.ShutDown)
	defer stop()
	for _, follow := range c.follow {
		following.Go(func() { follow(ctx, pending) })
	}
	for {
		key, ended := pending.Get()
		if ended {
			return
		}
		again, err := c.reconcile(ctx, key)
		switch {
		case ctx.Err() != nil:
		case err == nil:
			pending.Forget(key)
			if again > 0 {
				pending.AddAfter(key, again)
			}
		default:
			if !passes(err) {
				log.Warn("reconciling", "controller", c.name, "object", key, "error", err)
			}
			pending.AddRateLimited(key)
		}
		pending.Done(key)
	}
}

// passes says that an error, or each of several, tells of nothing but two who changed something at once, or of a namespace that ends.
func passes(err error) bool {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		return !slices.ContainsFunc(several.Unwrap(), func(one error) bool { return !passes(one) })
	}
	return apierrors.IsConflict(err) || apierrors.IsNotFound(err) || isTerminating(err)
}

// isTerminating says that nothing more can be made in a namespace that is being deleted.
func isTerminating(err error) bool {
	return apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause)
}

// followOwners puts the names of all objects of a collection into the queue, and of each that changes.
func followOwners[T store.Object[T]](from *store.Collection[T]) func(context.Context, queue) {
	return func(ctx context.Context, pending queue) {
		store.Follow(ctx, from, func(object T) { pending.Add(store.KeyOf(object)) })
	}
}

// followOwned puts the names of those into the queue whose objects of a collection changed: the controllers of these objects before and
// after the change, and when an object is nobody's, all of its namespace that might want it. When it falls behind, all owners are looked at.
func followOwned[W store.Object[W], T store.Object[T]](owners *store.Collection[W], from *store.Collection[T]) func(context.Context, queue) {
	return func(ctx context.Context, pending queue) {
		wake := func(object metav1.Object) {
			owner := metav1.GetControllerOfNoCopy(object)
			if owner == nil {
				addAll(owners, object.GetNamespace(), pending)
			} else if owner.Kind == owners.Kind().Kind {
				pending.Add(types.NamespacedName{Namespace: object.GetNamespace(), Name: owner.Name})
			}
		}
		begin := func([]T) { addAll(owners, "", pending) }
		store.FollowEvents(ctx, from, begin, func(event store.Event[T]) {
			wake(event.Object)
			if event.Type == watch.Modified {
				wake(event.Previous)
			}
		})
	}
}

// addAll puts the names of all objects of a namespace into the queue, of all namespaces if it is "".
func addAll[T store.Object[T]](of *store.Collection[T], namespace string, pending queue) {
	all, _ := of.List(namespace)
	for _, object := range all {
		pending.Add(store.KeyOf(object))
	}
}
