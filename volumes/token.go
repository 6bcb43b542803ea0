package volumes

import (
	"fmt"
	"path"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
)

// tokenMode is the mode of a service account's token, or of trust anchors, that only some may read (S11.29).
const tokenMode = 0o600

// tokenPayload is the file with a token of the pod's service account (S11.29).
func tokenPayload(pod *corev1.Pod, source *corev1.ServiceAccountTokenProjection, mode int64, objects Objects) (payload, error) {
	signed, err := objects.ServiceAccountToken(pod, source)
	if err != nil {
		return nil, fmt.Errorf("failed to fetch token: %w", err)
	}
	return payload{path.Clean(source.Path): forPodsUser(pod, file{content: []byte(signed), mode: mode})}, nil
}

// forPodsUser is a file that is for the eyes of the pod's one user, or of its group, alone if it has such (S11.29).
func forPodsUser(pod *corev1.Pod, f file) file {
	user, common := commonUser(pod)
	if common {
		f.owner = user
	}
	if common || pod.Spec.SecurityContext != nil && pod.Spec.SecurityContext.FSGroup != nil {
		f.mode = tokenMode
	}
	return f
}

// commonUser is the user that all init containers and mains of the pod are set to run as, if there is one.
func commonUser(pod *corev1.Pod) (user int64, common bool) {
	for _, containers := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range containers {
			own := podspec.RunAsUser(pod, &containers[i])
			if own == nil || common && *own != user {
				return 0, false
			}
			user, common = *own, true
		}
	}
	return user, common
}
