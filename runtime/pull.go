package runtime

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/distribution/reference"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/registry"
	corev1 "k8s.io/api/core/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"

	"github.com/podsim/podsim/runtime/plan"
	"github.com/podsim/podsim/runtime/state"
)

// pull pulls the image unless an earlier failure forbids it for now (S14.3, S14.4, S5.12).
func (w *worker) pull(ctx context.Context, pod *corev1.Pod, used usedImage, ref reference.Named) (image.InspectResponse, *startError) {
	credentials, err := w.podCredentials(pod, ref)
	if err != nil {
		return image.InspectResponse{}, &startError{class: err.Error(), message: err.Error()}
	}
	last := w.state.PullFailures[used.name]
	if !plan.PullAllowed(last.BackOff, time.Now()) { // S5.13
		used.event(corev1.EventTypeNormal, "BackOff", "Back-off pulling image %q", used.name)
		return image.InspectResponse{}, &startError{class: plan.ReasonImagePullBackOff, event: plan.ReasonImagePullBackOff,
			message: fmt.Sprintf("Back-off pulling image %q: %s: %s", used.name, plan.ReasonErrImagePull, last.Message)}
	}
	used.event(corev1.EventTypeNormal, "Pulling", "Pulling image %q", used.name)
	begun := time.Now()
	took, err, ok := w.takeAhead(ctx, used)
	if w.faults.failsPull(used.name) {
		err, ok = pulledInVain(used.name), true
	}
	if !ok {
		took, err = w.node.pullImage(ctx, used.name, ref, credentials)
	}
	if ctx.Err() != nil {
		return image.InspectResponse{}, &startError{class: plan.ReasonErrImagePull, message: ctx.Err().Error()} // nobody is told
	}
	if err != nil {
		w.state.NotePullFailure(used.name, state.PullFailure{BackOff: plan.PullFailed(last.BackOff, time.Now()), Message: err.Error()})
		used.event(corev1.EventTypeWarning, "Failed", "Failed to pull image %q: %v", used.name, err)
		return image.InspectResponse{}, &startError{class: plan.ReasonErrImagePull, message: err.Error(), event: plan.ReasonErrImagePull}
	}
	waited := time.Since(begun)
	found, err := w.node.engine.ImageInspect(ctx, ref.String())
	if err != nil {
		return found, &startError{class: plan.ReasonImageInspectError, message: fmt.Sprintf("Failed to inspect image %q: %v", used.name, err)}
	}
	used.event(corev1.EventTypeNormal, "Pulled", "Successfully pulled image %q in %v (%v including waiting). Image size: %d bytes.",
		used.name, took.Truncate(time.Millisecond), max(took, waited).Truncate(time.Millisecond), found.Size)
	return found, nil
}

// pullImage pulls with one credential after another until one serves, first with those of the pod, then with the user's own, or with
// none if there are none (S14.8). Name is the image in the spec. It returns how long that took, without waiting for other pulls (S14.7).
func (n *Node) pullImage(ctx context.Context, name string, ref reference.Named, credentials []registry.AuthConfig) (time.Duration, error) {
	if n.pulls != nil {
		select {
		case n.pulls <- struct{}{}:
			defer func() { <-n.pulls }()
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	begun := time.Now()
	err := n.pullWithAny(ctx, name, ref, credentials)
	return time.Since(begun), err
}

func (n *Node) pullWithAny(ctx context.Context, name string, ref reference.Named, credentials []registry.AuthConfig) error {
	asking, asked := context.WithTimeoutCause(ctx, pullPatience, errNoProgress)
	own, lookupErr := n.userCredentials(asking, ref)
	asked()
	credentials = append(credentials, own...)
	var failures []error
	for _, credential := range credentials {
		encoded, err := registry.EncodeAuthConfig(credential)
		if err == nil {
			err = n.pullOnce(ctx, name, ref, encoded)
		}
		if err == nil || ctx.Err() != nil {
			return err
		}
		failures = append(failures, err)
	}
	var err error = utilerrors.NewAggregate(failures)
	if len(credentials) == 0 {
		err = n.pullOnce(ctx, name, ref, "")
	}
	if err != nil && lookupErr != nil {
		err = fmt.Errorf("%w (the Docker configuration has no credentials to try: %w)", err, lookupErr)
	}
	return err
}

// pullPatience is how long the engine may tell nothing of a pull, as under containerd, or a credential helper keep its answer, before the
// pull counts as failed.
const pullPatience = 5 * time.Minute

var errNoProgress = fmt.Errorf("no progress for %v", pullPatience)

// pullOnce pulls with one credential, or "" for none, and waits for the end, where the engine reports what went wrong on the way.
func (n *Node) pullOnce(ctx context.Context, name string, ref reference.Named, credential string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	patience := time.AfterFunc(pullPatience, func() { cancel(errNoProgress) })
	defer patience.Stop()
	err := n.followPull(ctx, name, ref, image.PullOptions{RegistryAuth: credential, Platform: n.options.Platform}, func() { patience.Reset(pullPatience) })
	if errors.Is(context.Cause(ctx), errNoProgress) {
		return errNoProgress
	}
	return err
}

// followPull calls news whenever the engine tells anything.
func (n *Node) followPull(ctx context.Context, name string, ref reference.Named, options image.PullOptions, news func()) error {
	answer, err := n.engine.ImagePull(ctx, ref.String(), options)
	if err != nil {
		return err
	}
	defer answer.Close()
	defer n.tellProgress(PullProgress{Image: name, Ended: true})
	return readPull(answer, name, news, n.tellProgress)
}

func (n *Node) tellProgress(p PullProgress) {
	if n.options.PullProgress != nil {
		n.options.PullProgress(p)
	}
}
