package controllers

import (
	"context"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/podsim/podsim/runtime/controllers/garbage"
	"github.com/podsim/podsim/runtime/pause"
	"github.com/podsim/podsim/runtime/store"
)

// collectable is a collection of the store whose objects may own others or be owned. What the node makes by itself, Endpoints, EndpointSlices
// and PersistentVolumes, and events are not among them.
type collectable struct {
	kind   schema.GroupVersionKind
	list   func() []garbage.Object
	follow func(ctx context.Context, changed func())
}

func (m *Manager) collectables() []collectable {
	s := m.store
	return []collectable{
		collectableIn(s.Pods), collectableIn(s.ConfigMaps), collectableIn(s.Secrets), collectableIn(s.Claims), collectableIn(s.Services),
		collectableIn(s.ServiceAccounts), collectableIn(s.Leases), collectableIn(s.PodTemplates),
		collectableIn(s.Deployments), collectableIn(s.ReplicaSets), collectableIn(s.StatefulSets), collectableIn(s.DaemonSets),
		collectableIn(s.Jobs), collectableIn(s.CronJobs),
		collectableIn(s.Roles), collectableIn(s.RoleBindings), collectableIn(s.ClusterRoles), collectableIn(s.ClusterRoleBindings),
		collectableIn(s.Nodes), collectableIn(s.Namespaces), collectableIn(s.TrustBundles),
	}
}

func collectableIn[T store.Object[T]](in *store.Collection[T]) collectable {
	kind, resource := in.Kind(), in.Resource()
	return collectable{
		kind: kind,
		list: func() []garbage.Object {
			all, _ := in.List("")
			objects := make([]garbage.Object, len(all))
			for i, o := range all {
				objects[i] = garbage.Object{Resource: resource.WithVersion(kind.Version), Kind: kind, Object: o}
			}
			return objects
		},
		follow: func(ctx context.Context, changed func()) { followOwnership(ctx, in, changed) },
	}
}

// followOwnership calls changed at first, and then whenever the objects of a collection, or who owns them, or what keeps them from going,
// changed.
func followOwnership[T store.Object[T]](ctx context.Context, in *store.Collection[T], changed func()) {
	begin := func([]T) { changed() }
	store.FollowEvents(ctx, in, begin, func(event store.Event[T]) {
		if event.Type != watch.Modified || ownershipDiffers(event.Object, event.Previous) {
			changed()
		}
	})
}

func ownershipDiffers(a, b metav1.Object) bool {
	return len(a.GetOwnerReferences()) > 0 && !sets.New(uids(a)...).Equal(sets.New(uids(b)...)) || len(a.GetOwnerReferences()) != len(b.GetOwnerReferences()) ||
		(a.GetDeletionTimestamp() == nil) != (b.GetDeletionTimestamp() == nil) || !sets.New(a.GetFinalizers()...).Equal(sets.New(b.GetFinalizers()...))
}

func uids(o metav1.Object) []types.UID {
	var all []types.UID
	for _, r := range o.GetOwnerReferences() {
		all = append(all, r.UID)
	}
	return all
}

const (
	// gatherTime is how long changes are gathered until all objects are looked at, and garbageRetry how long after a failure it is done again.
	gatherTime   = 20 * time.Millisecond
	garbageRetry = time.Second
)

// collectGarbage deletes what lost its last owner, and lets deletions come to their end that wait for dependents, until the context ends.
func (m *Manager) collectGarbage(ctx context.Context) {
	var following sync.WaitGroup
	defer following.Wait()
	news := make(chan struct{}, 1)
	all := m.collectables()
	for _, k := range all {
		following.Go(func() {
			k.follow(ctx, func() {
				select {
				case news <- struct{}{}:
				default:
				}
			})
		})
	}
	retry := time.NewTimer(0)
	defer retry.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-news:
		case <-retry.C:
		}
		if pause.For(ctx, gatherTime) != nil {
			return
		}
		if !m.sweep(ctx, all) {
			retry.Reset(garbageRetry)
		}
	}
}

// sweep looks at all objects once, and reports whether all was done that there was to do.
func (m *Manager) sweep(ctx context.Context, all []collectable) bool {
	var objects []garbage.Object
	var known []schema.GroupKind
	for _, k := range all {
		objects, known = append(objects, k.list()...), append(known, k.kind.GroupKind())
	}
	done := true
	for _, action := range garbage.Decide(objects, known) {
		if err := m.dispose(ctx, action); err != nil && !apierrors.IsNotFound(err) && ctx.Err() == nil {
			done = false
			if !passes(err) {
				m.log.Warn("collecting garbage", "kind", action.Object.Kind.Kind, "object", store.KeyOf(action.Object), "error", err)
			}
		}
	}
	return done
}

func (m *Manager) dispose(ctx context.Context, action garbage.Action) error {
	o := action.Object
	client := m.client.metadata.Resource(o.Resource).Namespace(o.GetNamespace())
	switch {
	case action.Delete != nil:
		uid, version := o.GetUID(), o.GetResourceVersion()
		return client.Delete(ctx, o.GetName(), metav1.DeleteOptions{
			Preconditions: &metav1.Preconditions{UID: &uid, ResourceVersion: &version}, PropagationPolicy: action.Delete,
		})
	case len(action.Disown) > 0:
		_, err := client.Patch(ctx, o.GetName(), types.StrategicMergePatchType, disowning(o.GetUID(), action.Disown...), metav1.PatchOptions{})
		return err
	}
	left := []string{}
	for _, finalizer := range o.GetFinalizers() {
		if finalizer != action.Finalizer {
			left = append(left, finalizer)
		}
	}
	change := metadataPatch(map[string]any{"uid": o.GetUID(), "resourceVersion": o.GetResourceVersion(), "finalizers": left})
	_, err := client.Patch(ctx, o.GetName(), types.MergePatchType, change, metav1.PatchOptions{})
	return err
}
