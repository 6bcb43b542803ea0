package runtime

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/plan"
	"github.com/podsim/podsim/volumes"
)

// imageVolumes is what became of the pod's image volumes when its containers were last about to start, by name: nil for one that is
// there.
type imageVolumes map[string]*startError

// volumeImage is the image of a volume, if it is an image volume.
func (w *worker) volumeImage(pod *corev1.Pod, v *corev1.Volume) (used usedImage, ok bool) {
	if v.Image == nil {
		return used, false
	}
	return usedImage{v.Image.Reference, v.Image.PullPolicy, func(eventType, reason, format string, args ...any) {
		w.node.recorder.Pod(pod, eventType, reason, format, args...)
	}}, true
}

// ensureImageVolumes makes sure of the images of all image volumes of the pod, mounted or not, and fills those that containers mount
// (S11.46).
func (w *worker) ensureImageVolumes(ctx context.Context, pod *corev1.Pod) imageVolumes {
	results := imageVolumes{}
	for i := range pod.Spec.Volumes {
		if used, ok := w.volumeImage(pod, &pod.Spec.Volumes[i]); ok {
			results[pod.Spec.Volumes[i].Name] = w.ensureImageVolume(ctx, pod, pod.Spec.Volumes[i].Name, used)
		}
	}
	return results
}

func (w *worker) ensureImageVolume(ctx context.Context, pod *corev1.Pod, name string, used usedImage) *startError {
	found, failure := w.ensureImage(ctx, pod, used)
	if failure != nil {
		return failure
	}
	if err := volumes.FillImage(ctx, w.node.engine, w.state.Sandbox.ID, w.volumes.plan, name, found.ID); err != nil {
		return &startError{class: plan.ReasonCreateError, message: err.Error()}
	}
	return nil
}

// failureOf is why a container cannot start for want of an image volume; nil if it has all that it mounts.
func (v imageVolumes) failureOf(c *corev1.Container) *startError {
	for _, m := range slices.Backward(c.VolumeMounts) { // of several the last one counts
		if failure := v[m.Name]; failure != nil {
			return failure
		}
	}
	return nil
}

// mountsImage reports whether a container mounts an image volume.
func mountsImage(pod *corev1.Pod, c *corev1.Container) bool {
	return slices.ContainsFunc(pod.Spec.Volumes, func(v corev1.Volume) bool {
		return v.Image != nil && slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == v.Name })
	})
}
