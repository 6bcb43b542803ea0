package runtime

import (
	"context"
	"fmt"

	"github.com/containerd/errdefs"
	"github.com/distribution/reference"
	"github.com/docker/docker/api/types/image"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/plan"
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

// usedImage is an image that a pod uses, for a container or a volume.
type usedImage struct {
	name   string // as in the spec
	policy corev1.PullPolicy
	event  func(eventType, reason, format string, args ...any)
}

func (w *worker) containerImage(pod *corev1.Pod, c *corev1.Container) usedImage {
	return usedImage{c.Image, c.ImagePullPolicy, func(eventType, reason, format string, args ...any) {
		w.node.recorder.Container(pod, c.Name, eventType, reason, format, args...)
	}}
}

// ensureImage makes sure that an image is on the engine, by its pull policy, and tells of it in events (S14.1).
func (w *worker) ensureImage(ctx context.Context, pod *corev1.Pod, used usedImage) (image.InspectResponse, *startError) {
	ref, err := imageReference(used.name)
	if err != nil { // S14.9
		text := fmt.Sprintf("Failed to apply default image tag %q: couldn't parse image name %q: %v", used.name, used.name, err)
		used.event(corev1.EventTypeWarning, "InspectFailed", "%s", text)
		return image.InspectResponse{}, &startError{class: plan.ReasonInvalidImageName, message: text, event: plan.ReasonInvalidImageName}
	}
	found, present, err := w.presentImage(ctx, used, ref)
	switch {
	case err != nil:
		text := fmt.Sprintf("Failed to inspect image %q: %v", "", err)
		used.event(corev1.EventTypeWarning, "InspectFailed", "%s", text)
		return found, &startError{class: plan.ReasonImageInspectError, message: text, event: plan.ReasonImageInspectError}
	case present && !w.cameAhead(used.name):
		used.event(corev1.EventTypeNormal, "Pulled", "Container image %q already present on machine and can be accessed by the pod", used.name)
		return found, nil
	case used.policy == corev1.PullNever:
		text := fmt.Sprintf("Container image %q is not present with pull policy of Never", used.name)
		used.event(corev1.EventTypeWarning, plan.ReasonErrImageNeverPull, "%s", text)
		return found, &startError{class: plan.ReasonErrImageNeverPull, message: text, event: plan.ReasonErrImageNeverPull}
	}
	return w.pull(ctx, pod, used, ref)
}

// imageReference is the full name of an image (S14.6).
func imageReference(name string) (reference.Named, error) {
	ref, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return nil, err
	}
	return reference.TagNameOnly(ref), nil
}

// presentImage looks for an image on the engine, where its pull policy lets it be used. One that is not for the platform
// of the user's choice is none, as long as another may be pulled.
func (w *worker) presentImage(ctx context.Context, used usedImage, ref reference.Named) (found image.InspectResponse, present bool, err error) {
	if used.policy == corev1.PullAlways || used.policy != corev1.PullNever && w.faults.failsPull(used.name) {
		return found, false, nil
	}
	found, err = w.node.engine.ImageInspect(ctx, ref.String())
	switch {
	case errdefs.IsNotFound(err):
		return found, false, nil
	case err != nil:
		return found, false, err
	}
	chosen := w.node.options.Platform != ""
	return found, !chosen || isFor(found, w.node.platform()) || used.policy == corev1.PullNever, nil
}
