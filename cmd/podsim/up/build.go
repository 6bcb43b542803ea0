package up

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/cmd/podsim/exit"
	"github.com/podsim/podsim/cmd/podsim/watch"
	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/manifest"
	"github.com/podsim/podsim/runtime/build"
	"github.com/podsim/podsim/runtime/engine"
)

// builds are the images that --build asks for.
type builds struct {
	out io.Writer // for what a person is told
	all []*containerBuild
	// engine is where they are built; nil before.
	engine engine.Engine
	// watchers look at the directories, in the order of the builds; none without --watch.
	watchers []*watch.Watcher
}

// containerBuild is the image of one container that is built from a directory.
type containerBuild struct {
	build.Container
	dir string
	// ref is the name of the newest image; "" before the first.
	ref string
	// init: the container is an init container of its pods.
	init bool
	// pods are those that have the container.
	pods []*corev1.Pod
}

// unbuilt makes a container wait for an image that is yet to be built. No registry is ever asked for it, whatever the manifest says.
func unbuilt(c *corev1.Container, t target) {
	c.Image, c.ImagePullPolicy = t.build().Repository(), corev1.PullNever
}

func (t target) build() build.Container {
	return build.Container{Namespace: t.namespace, Owner: t.object, Name: t.container}
}

// newBuilds are the builds that the flags ask for, of containers of the manifest's pods. Directories from which nothing can be built are
// an error.
func newBuilds(flags images, m *manifest.Contents, out io.Writer) (*builds, error) {
	b := &builds{out: out}
	var errs []error
	for _, f := range flags {
		if f.flag != "build" {
			continue
		}
		if _, err := build.Open(f.value); err != nil {
			errs = append(errs, fmt.Errorf("--build=%s=%w", f.name(), err))
		}
		for _, t := range f.targets {
			one := &containerBuild{Container: t.build(), dir: f.value}
			if one.find(m.Pods); len(one.pods) > 0 { // else nothing is made of its workload
				b.all = append(b.all, one)
			}
		}
	}
	return b, exit.WithCode(exit.BadManifest, errors.Join(errs...))
}

// find notes the pods that have the container, which wait for its image.
func (b *containerBuild) find(pods []*corev1.Pod) {
	for _, pod := range pods {
		for c, isInit := range podspec.Containers(pod) {
			if pod.Namespace == b.Namespace && c.Name == b.Name && c.Image == b.Repository() {
				b.pods, b.init = append(b.pods, pod), isInit
			}
		}
	}
}

// run builds all images and gives them to their containers.
func (b *builds) run(ctx context.Context) error {
	for _, one := range b.all {
		fmt.Fprintf(b.out, "container %s: building its image from %s\n", one.Name, one.dir)
		begun := time.Now()
		if err := one.first(ctx, b.engine); err != nil {
			return b.failed(ctx, one, err)
		}
		fmt.Fprintf(b.out, "container %s: built %s in %v\n", one.Name, one.ref, time.Since(begun).Round(100*time.Millisecond))
		b.removeOlder(ctx, one)
	}
	return nil
}

// removeOlder removes the images of a container but the newest, as far as nobody uses them.
func (b *builds) removeOlder(ctx context.Context, one *containerBuild) {
	if err := build.RemoveOlder(ctx, b.engine, one.Container, one.ref); err != nil && ctx.Err() == nil {
		fmt.Fprintf(b.out, "Warning: %v; podsim prune tries it again\n", err)
	}
}

// tidyTime bounds how long images are removed at the end.
const tidyTime = 30 * time.Second

// tidy removes what older instances of the containers were made from, when all have gone.
func (b *builds) tidy(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, tidyTime)
	defer cancel()
	for _, one := range b.all {
		b.removeOlder(ctx, one)
	}
}

// failed shows what a failed build printed, and returns its error with the container's name.
func (b *builds) failed(ctx context.Context, one *containerBuild, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var failure *build.Failure
	if errors.As(err, &failure) {
		io.WriteString(b.out, failure.Output) // whose loss the error tells
	}
	return fmt.Errorf("container %q: %w", one.Name, err)
}

// first builds the image for the first time.
func (b *containerBuild) first(ctx context.Context, e build.Engine) error {
	ref, err := b.image(ctx, e)
	if err != nil {
		return err
	}
	for _, pod := range b.pods {
		c, _ := podspec.FindContainer(pod, b.Name)
		c.Image = ref
	}
	b.ref = ref
	return nil
}

// image builds the image from what the directory holds now.
func (b *containerBuild) image(ctx context.Context, e build.Engine) (ref string, err error) {
	from, err := build.Open(b.dir)
	if err != nil {
		return "", err
	}
	from.Credentials = userCredentials(ctx)
	return build.Image(ctx, e, b.Container, from)
}

// isOf reports whether the pod is one of the container's.
func (b *containerBuild) isOf(pod *corev1.Pod) bool {
	return slices.ContainsFunc(b.pods, func(p *corev1.Pod) bool { return p.Namespace == pod.Namespace && p.Name == pod.Name })
}

// build builds the images that were asked for, if any. The caller closes the builds, whatever the error.
func (o *options) build(ctx context.Context, b *builds) error {
	if len(b.all) == 0 {
		return nil
	}
	host, err := o.session.EngineHost()
	if err != nil {
		return err
	}
	if b.engine, err = engine.Connect(ctx, host); err != nil {
		return err
	}
	if o.watch {
		if err := b.watch(); err != nil {
			return err
		}
	}
	return b.run(ctx)
}

// close gives back what building took.
func (b *builds) close() error {
	var errs []error
	for _, w := range b.watchers {
		errs = append(errs, w.Close())
	}
	if b.engine != nil {
		errs = append(errs, b.engine.Close())
	}
	return errors.Join(errs...)
}
