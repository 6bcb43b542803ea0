package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/plan"
	"github.com/podsim/podsim/runtime/store"
	"github.com/podsim/podsim/volumes"
)

// volumeUpdates is what a worker knows of the content of its pod's volumes that follow objects (S11.23).
type volumeUpdates struct {
	// written tells of which objects, in which versions, the volumes were made; "" means that nobody knows.
	written string
	// noticed is when a change was seen that is not written yet; zero if there is none.
	noticed time.Time
	// failures counts the updates that failed in a row, and again is when the next is tried.
	failures int
	again    time.Time
}

// updateVolumes writes into a running pod's volumes what changed of the objects that they show, as soon as the node's options allow it
// (S11.24). It returns when to try again; zero if nothing is left to do.
func (w *worker) updateVolumes(ctx context.Context, pod *corev1.Pod) time.Time {
	layout, updates := w.volumes.plan, &w.volumes.updates
	if layout == nil || !layout.HasAtomic() {
		return time.Time{}
	}
	versions := w.shownVersions(pod)
	if versions == updates.written {
		updates.noticed = time.Time{}
		return w.node.tokens.due(pod)
	}
	now := time.Now()
	if updates.noticed.IsZero() {
		updates.noticed = now
	}
	due := updates.noticed
	if updates.written != "" {
		due = due.Add(w.node.options.VolumeUpdateDelay)
	}
	if updates.again.After(due) {
		due = updates.again
	}
	if now.Before(due) {
		return due
	}
	err := w.writeVolumes(ctx, pod, updates.written == "")
	if err == nil {
		*updates = volumeUpdates{written: versions}
		return w.node.tokens.due(pod)
	}
	if ctx.Err() != nil {
		return time.Time{}
	}
	var mounts volumes.MountErrors
	if !errors.As(err, &mounts) {
		w.log.Warn("updating the volumes", "error", err)
		updates.written = "" // it may have been done all the same
	}
	for _, m := range mounts {
		w.node.recorder.Pod(pod, corev1.EventTypeWarning, volumes.EventFailedMount, "%s", m.Error())
	}
	updates.failures++
	updates.again = now.Add(plan.MountRetry(updates.failures))
	return updates.again
}

// writeVolumes brings the volumes of the sandbox up to date; unsure as with volumes.Update.
func (w *worker) writeVolumes(ctx context.Context, pod *corev1.Pod, unsure bool) error {
	node, err := w.volumeNode(ctx, pod)
	if err != nil {
		return err
	}
	return volumes.Update(ctx, w.node.engine, w.state.Sandbox.ID, w.volumes.plan, asKept(pod, w.seen), node, w.node.objects(), unsure)
}

// shownVersions names the versions of all that the pod's volumes can show: the objects that it refers to, and its own metadata
// and resources.
func (w *worker) shownVersions(pod *corev1.Pod) string {
	refs := podspec.ReferencesOf(pod)
	var versions strings.Builder
	for _, name := range refs.ConfigMaps {
		if found, ok := w.node.objects().ConfigMap(pod.Namespace, name); ok {
			versions.WriteString("configmap " + name + " " + found.ResourceVersion + "\n")
		}
	}
	for _, name := range refs.Secrets {
		if found, ok := w.node.objects().Secret(pod.Namespace, name); ok {
			versions.WriteString("secret " + name + " " + found.ResourceVersion + "\n")
		}
	}
	for _, source := range tokenSources(pod) {
		versions.WriteString("token " + w.node.tokens.version(pod, source) + "\n")
	}
	for _, bundle := range w.node.objects().TrustBundles() {
		if podspec.ShowsTrustBundleIn(pod, bundle) {
			versions.WriteString("trust bundle " + bundle.Name + " " + bundle.ResourceVersion + "\n")
		}
	}
	own := []any{pod.Labels, pod.Annotations}
	for c := range podspec.Containers(pod) {
		own = append(own, c.Resources)
	}
	content, _ := json.Marshal(own) // nothing of it could not be encoded
	versions.Write(content)
	return versions.String()
}

// watchObjects wakes the workers of the pods that refer to a ConfigMap, a Secret or trust anchors that changed, until the context ends. When
// it returns, no change that comes is missed.
func (n *Node) watchObjects(ctx context.Context) {
	follow(ctx, n, n.store.ConfigMaps, func(o *corev1.ConfigMap) {
		n.objectChanged(o, func(r podspec.References) []string { return r.ConfigMaps })
	})
	follow(ctx, n, n.store.TrustBundles, func(*certificatesv1.ClusterTrustBundle) { n.trustBundlesChanged() })
	follow(ctx, n, n.store.Secrets, func(o *corev1.Secret) {
		n.objectChanged(o, func(r podspec.References) []string { return r.Secrets })
	})
}

// follow is store.Follow in the background, and returns when that has begun.
func follow[T store.Object[T]](ctx context.Context, n *Node, from *store.Collection[T], changed func(T)) {
	begun := make(chan struct{})
	tellOnce := sync.OnceFunc(func() { close(begun) })
	begin := func(all []T) {
		for _, object := range all {
			changed(object)
		}
		tellOnce()
	}
	n.wg.Go(func() { store.FollowEvents(ctx, from, begin, func(event store.Event[T]) { changed(event.Object) }) })
	select {
	case <-begun:
	case <-ctx.Done():
	}
}

func (n *Node) objectChanged(object metav1.Object, references func(podspec.References) []string) {
	n.eachWorker(func(w *worker) {
		pod, ok := w.pod()
		if ok && pod.Namespace == object.GetNamespace() && slices.Contains(references(podspec.ReferencesOf(pod)), object.GetName()) {
			w.saver.save(pod, nil) // a pod that has ended makes no more passes
			w.inbox.nudge()
		}
	})
}
