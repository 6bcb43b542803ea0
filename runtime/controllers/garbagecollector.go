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
	"github.com/podsim/podsim/runtime/store"
)

// kept is a collection of the store whose objects may own others or be owned. The node's own, Endpoints and EndpointSlices, and events are
// not among them.
type kept struct {
	kind   schema.GroupVersionKind
	list   func() []garbage.Object
	follow func(ctx context.Context, changed func())
}

func (m *Manager) kept() []kept {
	s := m.store
	return []kept{
		keptIn(s.Pods), keptIn(s.ConfigMaps), keptIn(s.Secrets), keptIn(s.Claims), keptIn(s.Services), keptIn(s.ServiceAccounts), keptIn(s.Leases),
		keptIn(s.Deployments), keptIn(s.ReplicaSets), keptIn(s.StatefulSets), keptIn(s.DaemonSets), keptIn(s.Jobs), keptIn(s.CronJobs), keptIn(s.PodTemplates),
		keptIn(s.Nodes), keptIn(s.Namespaces), keptIn(s.TrustBundles),
	}
}

func keptIn[T store.Object[T]](in *store.Collection[T]) kept {
	kind, resource := in.Kind(), in.Resource()
	return kept{
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
	for ctx.Err() == nil {
		watcher, err := in.Watch(in.Version())
		if err != nil {
			continue // more changed since than is remembered
		}
		changed()
		for {
			event, err := watcher.Next(ctx)
			if err != nil {
				break
			}
			if event.Type != watch.Modified || ownershipDiffers(event.Object, event.Previous) {
				changed()
			}
		}
	}
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
	all := m.kept()
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
		if !pause(ctx, gatherTime) {
			return
		}
		if !m.sweep(ctx, all) {
			retry.Reset(garbageRetry)
		}
	}
}

// pause waits for a while and reports whether the context did not end.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// sweep looks at all objects once, and reports whether all was done that there was to do.
func (m *Manager) sweep(ctx context.Context, all []kept) bool {
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
