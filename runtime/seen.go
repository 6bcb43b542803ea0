package runtime

import (
	"maps"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// The annotations that a kubelet adds to its own copy of each pod.
const (
	annotationSeen   = "kubernetes.io/config.seen"
	annotationSource = "kubernetes.io/config.source"
)

// asKept is the pod as a kubelet keeps it, with annotations that tell when it first saw the pod, and from where it has it. They show
// wherever containers are told of annotations (seen on a kubelet v1.37.2), and nowhere in the API.
func asKept(pod *corev1.Pod, seen time.Time) *corev1.Pod {
	kept := *pod
	kept.Annotations = map[string]string{}
	maps.Copy(kept.Annotations, pod.Annotations)
	kept.Annotations[annotationSeen] = seen.Format(time.RFC3339Nano)
	kept.Annotations[annotationSource] = "api"
	return &kept
}
