package runtime

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/containerd/errdefs"
	"github.com/distribution/reference"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/pkg/jsonmessage"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/plan"
	"github.com/podsim/podsim/runtime/state"
)

// startError is why a container could not be started: the class is its waiting reason (S3D), the message its text. At the end of each
// failed start one event tells of it.
type startError struct {
	class, message string
	// event is the text of the Failed event after "Error: "; "" means the message (S15).
	event string
	// silent: other events told of it.
	silent bool
}

func (e *startError) Error() string { return e.class + ": " + e.message }

func (e *startError) eventText() string {
	if e.event != "" {
		return e.event
	}
	return e.message
}

// ensureImage makes sure that the container's image is on the engine, by its pull policy, and tells of it in events (S14).
func (w *worker) ensureImage(ctx context.Context, pod *corev1.Pod, c *corev1.Container) (image.InspectResponse, *startError) {
	events := func(eventType, reason, format string, args ...any) {
		w.node.recorder.Container(pod, c.Name, eventType, reason, format, args...)
	}
	ref, err := reference.ParseNormalizedNamed(c.Image)
	if err != nil { // S14.9
		text := fmt.Sprintf("Failed to apply default image tag %q: couldn't parse image name %q: %v", c.Image, c.Image, err)
		events(corev1.EventTypeWarning, "InspectFailed", "%s", text)
		return image.InspectResponse{}, &startError{class: plan.ReasonInvalidImageName, message: text, event: plan.ReasonInvalidImageName}
	}
	found, err := w.node.engine.ImageInspect(ctx, c.Image)
	switch {
	case err != nil && !errdefs.IsNotFound(err):
		text := fmt.Sprintf("Failed to inspect image %q: %v", c.Image, err)
		events(corev1.EventTypeWarning, "InspectFailed", "%s", text)
		return found, &startError{class: plan.ReasonImageInspectError, message: text, event: plan.ReasonImageInspectError}
	case err == nil && c.ImagePullPolicy != corev1.PullAlways:
		events(corev1.EventTypeNormal, "Pulled", "Container image %q already present on machine and can be accessed by the pod", c.Image)
		return found, nil
	case c.ImagePullPolicy == corev1.PullNever:
		text := fmt.Sprintf("Container image %q is not present with pull policy of Never", c.Image)
		events(corev1.EventTypeWarning, plan.ReasonErrImageNeverPull, "%s", text)
		return found, &startError{class: plan.ReasonErrImageNeverPull, message: text, event: plan.ReasonErrImageNeverPull}
	}
	return w.pull(ctx, pod, c, reference.TagNameOnly(ref))
}

// pull pulls the image unless an earlier failure forbids it for now (S14.3, S14.4, S5.12).
func (w *worker) pull(ctx context.Context, pod *corev1.Pod, c *corev1.Container, ref reference.Named) (image.InspectResponse, *startError) {
	events := func(eventType, reason, format string, args ...any) {
		w.node.recorder.Container(pod, c.Name, eventType, reason, format, args...)
	}
	last := w.state.PullFailures[c.Image]
	if !plan.PullAllowed(last.BackOff, time.Now()) { // S5.13
		events(corev1.EventTypeNormal, "BackOff", "Back-off pulling image %q", c.Image)
		return image.InspectResponse{}, &startError{class: plan.ReasonImagePullBackOff, event: plan.ReasonImagePullBackOff,
			message: fmt.Sprintf("Back-off pulling image %q: %s: %s", c.Image, plan.ReasonErrImagePull, last.Message)}
	}
	events(corev1.EventTypeNormal, "Pulling", "Pulling image %q", c.Image)
	begun := time.Now()
	if err := pullImage(ctx, w.node.engine, ref.String()); err != nil {
		w.state.NotePullFailure(c.Image, state.PullFailure{BackOff: plan.PullFailed(last.BackOff, time.Now()), Message: err.Error()})
		events(corev1.EventTypeWarning, "Failed", "Failed to pull image %q: %v", c.Image, err)
		return image.InspectResponse{}, &startError{class: plan.ReasonErrImagePull, message: err.Error(), event: plan.ReasonErrImagePull}
	}
	found, err := w.node.engine.ImageInspect(ctx, c.Image)
	if err != nil {
		return found, &startError{class: plan.ReasonImageInspectError, message: fmt.Sprintf("Failed to inspect image %q: %v", c.Image, err)}
	}
	took := time.Since(begun).Truncate(time.Millisecond)
	events(corev1.EventTypeNormal, "Pulled", "Successfully pulled image %q in %v (%v including waiting). Image size: %d bytes.",
		c.Image, took, took, found.Size)
	return found, nil
}

type puller interface {
	ImagePull(ctx context.Context, ref string, options image.PullOptions) (io.ReadCloser, error)
}

// pullImage pulls and waits for the end, where the engine reports what went wrong on the way.
func pullImage(ctx context.Context, e puller, ref string) error {
	progress, err := e.ImagePull(ctx, ref, image.PullOptions{})
	if err != nil {
		return err
	}
	defer progress.Close()
	return jsonmessage.DisplayJSONMessagesStream(progress, io.Discard, 0, false, nil)
}
