package up

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/cmd/podsim/watch"
	"github.com/podsim/podsim/runtime/build"
)

// watch begins to look at the directories, before they are built from: what changes meanwhile is built next.
func (b *builds) watch() error {
	for _, one := range b.all {
		w, err := watch.New(one.dir)
		if err != nil {
			return err
		}
		b.watchers = append(b.watchers, w)
	}
	return nil
}

// follow builds an image again whenever its directory changes, and lets its container go on with that, until ctx ends. The caller waits
// for the end with the returned function.
func (b *builds) follow(ctx context.Context, r *run, c *creation) (join func()) {
	var goroutines sync.WaitGroup
	for i, w := range b.watchers {
		one := &rebuild{containerBuild: b.all[i], engine: b.engine, run: r}
		for _, pod := range c.pods {
			if one.isOf(pod) {
				one.created = append(one.created, pod)
			}
		}
		goroutines.Go(func() {
			if err := w.Run(ctx); err != nil {
				one.note(ctx, err.Error()+"; its changes are not heeded any more")
			}
		})
		goroutines.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case <-w.Changed():
					one.again(ctx)
				}
			}
		})
	}
	return goroutines.Wait
}

// rebuild is a container whose image is built again, in pods that are there.
type rebuild struct {
	*containerBuild
	engine  build.Engine
	run     *run
	created []*corev1.Pod
}

// note shows lines about the container.
func (b *rebuild) note(ctx context.Context, lines ...string) {
	b.run.send(ctx, func() {
		for _, line := range lines {
			b.run.display.Note(b.created[0], b.Name+": "+line)
		}
	})
}

// again builds the image, and has the containers started again if it is another one. One that cannot be built leaves them as they are.
func (b *rebuild) again(ctx context.Context) {
	b.note(ctx, "its sources changed; building its image again")
	ref, err := b.image(ctx, b.engine)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		b.note(ctx, append(failureLines(err), "it goes on with the image that it has")...)
	case ref == b.ref:
		b.note(ctx, "its image is the same as before")
	default:
		b.goOnWith(ctx, ref)
	}
}

// failureLines are what a failed build printed, and its error.
func failureLines(err error) []string {
	var lines []string
	var failure *build.Failure
	if errors.As(err, &failure) && failure.Output != "" {
		lines = strings.Split(strings.TrimRight(failure.Output, "\n"), "\n")
	}
	return append(lines, err.Error())
}

// goOnWith gives the containers their new image, and removes those that nobody needs any more.
func (b *rebuild) goOnWith(ctx context.Context, ref string) {
	for _, pod := range b.created {
		err := b.setImage(ctx, pod, ref)
		switch {
		case ctx.Err() != nil:
			return
		case apierrors.IsNotFound(err), apierrors.IsConflict(err): // it has ended
		case err != nil:
			b.note(ctx, fmt.Sprintf("pod %q did not get its new image: %v", pod.Name, err))
		}
	}
	b.ref = ref
	b.note(ctx, "built "+ref)
	if err := build.RemoveOlder(ctx, b.engine, b.Container, ref); err != nil && ctx.Err() == nil {
		b.note(ctx, fmt.Sprintf("%v; podsim prune tries it again", err))
	}
}

// setImage changes the image of the container in a pod.
func (b *rebuild) setImage(ctx context.Context, pod *corev1.Pod, ref string) error {
	list := "containers"
	if b.init {
		list = "initContainers"
	}
	change, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"uid": pod.UID},
		"spec":     map[string]any{list: []map[string]string{{"name": b.Name, "image": ref}}},
	})
	if err != nil {
		return err
	}
	patch := func() error {
		_, err := b.run.connection.Client.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.StrategicMergePatchType, change, metav1.PatchOptions{})
		return err
	}
	if err = patch(); err == nil || ctx.Err() != nil || apierrors.ReasonForError(err) != metav1.StatusReasonUnknown {
		return err
	}
	if err := b.run.connection.Reconnect(ctx); err != nil { // the node is gone
		return err
	}
	return patch()
}
