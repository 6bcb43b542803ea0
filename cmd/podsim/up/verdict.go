package up

import (
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/podstate"
)

// verdict is an error when a pod failed by itself, of those that count, or was deleted by somebody else before it succeeded.
func (r *run) verdict(counts func(*watched) bool) error {
	var failed, deleted []string
	for _, w := range r.pods {
		switch name := fmt.Sprintf("%q", w.pod.Name); {
		case !counts(w):
		case w.failed:
			failed = append(failed, name)
		case w.gone && w.pod.Status.Phase != corev1.PodSucceeded:
			deleted = append(deleted, name)
		}
	}
	return errors.Join(sentence(failed, "failed", "failed"), sentence(deleted, "was deleted", "were deleted"))
}

// sentence says what happened to the pods; nil if there are none.
func sentence(pods []string, toOne, toSeveral string) error {
	switch len(pods) {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("pod %s %s", pods[0], toOne)
	}
	return fmt.Errorf("pods %s %s", strings.Join(pods, ", "), toSeveral)
}

func everyPod(*watched) bool { return true }

// imageMissing is an error when a pod waits for an image that is not to be had.
func (r *run) imageMissing() error {
	for _, w := range r.pods {
		if obstacle, found := podstate.Obstructed(w.pod); found && obstacle.ImageMissing() && w.pod.DeletionTimestamp == nil {
			return imageMissingError(w.pod, obstacle)
		}
	}
	return nil
}

// imageMissingError says which image is missing and what can be done.
func imageMissingError(pod *corev1.Pod, obstacle podstate.Obstacle) error {
	text := fmt.Sprintf("pod %q, container %q: image %q is neither on the engine nor to be had (%s",
		pod.Name, obstacle.Container, missingImage(pod, obstacle), obstacle.Reason)
	if obstacle.Message != "" {
		text += ": " + obstacle.Message
	}
	return errors.New(text + "); check its name, or bring it to the engine with docker pull, docker load or docker build")
}

// missingImage is the image that the obstacle is about: that of a volume which the container mounts, if it tells of one, else the
// container's own.
func missingImage(pod *corev1.Pod, obstacle podstate.Obstacle) string {
	container, _ := podspec.FindContainer(pod, obstacle.Container)
	if container == nil {
		return ""
	}
	for _, m := range container.VolumeMounts {
		for _, v := range pod.Spec.Volumes {
			if v.Name == m.Name && v.Image != nil && strings.Contains(obstacle.Message, v.Image.Reference) {
				return v.Image.Reference
			}
		}
	}
	return container.Image
}
