package runtime

import (
	"context"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/image"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
)

// prepared is an instance that is being created, or was, before its turn to start (D10).
type prepared struct {
	description description
	done        chan struct{}
	// id and err are set once done is closed.
	id  string
	err error
}

// prepareAll creates the first instances of the pod's containers ahead, all at once, while the sandbox and the earlier ones start. A
// container is left out if what it will see is not yet settled: the image of a volume, an address of the pod, or a sub path or a file
// with variables that an earlier container may still make. Where an image has to be pulled, that is begun instead. Whether an instance
// is still what is wanted is looked at when its turn comes.
func (w *worker) prepareAll(ctx context.Context, pod *corev1.Pod) {
	for i := range pod.Spec.Volumes {
		if used, ok := w.volumeImage(pod, &pod.Spec.Volumes[i]); ok {
			w.lookAhead(ctx, pod, used)
		}
	}
	for c := range podspec.Containers(pod) {
		if w.state.Container(c.Name).NextAttempt() > 0 {
			continue
		}
		found, present := w.lookAhead(ctx, pod, w.containerImage(pod, c))
		if present && settled(c) && !mountsImage(pod, c) {
			w.prepare(ctx, pod, c, found)
		}
	}
}

// lookAhead looks for an image on the engine, and begins to pull it if it has to be. Of what is wrong its turn will tell.
func (w *worker) lookAhead(ctx context.Context, pod *corev1.Pod, used usedImage) (found image.InspectResponse, present bool) {
	ref, err := imageReference(used.name)
	if err != nil {
		return found, false
	}
	found, present, err = w.presentImage(ctx, used, ref)
	if err == nil && !present && used.policy != corev1.PullNever {
		w.pullAhead(pod, used, ref)
	}
	return found, present
}

func mountsSubPaths(c *corev1.Container) bool {
	return slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.SubPath != "" || m.SubPathExpr != "" })
}

func settled(c *corev1.Container) bool {
	if mountsSubPaths(c) {
		return false
	}
	for _, e := range c.Env {
		if from := e.ValueFrom; from != nil && (from.FileKeyRef != nil || from.FieldRef != nil && strings.HasPrefix(from.FieldRef.FieldPath, "status.")) {
			return false
		}
	}
	return true
}

// prepare starts creating one instance ahead. A container that cannot be described now will fail in its own turn.
func (w *worker) prepare(ctx context.Context, pod *corev1.Pod, c *corev1.Container, found image.InspectResponse) {
	wanted, failure := w.describe(ctx, pod, c, 0, found)
	if failure != nil {
		return
	}
	p := &prepared{description: wanted, done: make(chan struct{})}
	w.prepared[c.Name] = p
	w.background.Go(func() { // which outlives the pass
		defer close(p.done)
		p.id, p.err = w.create(ctx, pod, c.Name, wanted)
	})
}

// takePrepared hands out the instance that was created ahead, if it is as wanted. One that is not is discarded.
func (w *worker) takePrepared(ctx context.Context, name string, wanted description) (string, bool) {
	p, ok := w.prepared[name]
	if !ok {
		return "", false
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		return "", false // it stays known, to be discarded
	}
	delete(w.prepared, name)
	if p.err != nil {
		return "", false
	}
	if !p.description.same(wanted) {
		w.discard(p.id)
		return "", false
	}
	return p.id, true
}

// discardPrepared removes the instances that were created ahead and will not be needed.
func (w *worker) discardPrepared(ctx context.Context) {
	for name, p := range w.prepared {
		select {
		case <-p.done:
		case <-ctx.Done():
			return
		}
		delete(w.prepared, name)
		if p.err == nil {
			w.discard(p.id)
		}
	}
}
