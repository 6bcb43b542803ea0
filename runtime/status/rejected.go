package status

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/podspec"
)

// Rejected is the status of a pod that the node refused to run (S3.14): it has no containers, and of the node's conditions none.
func Rejected(pod *corev1.Pod, why Failure, now time.Time) corev1.PodStatus {
	started := metav1.NewTime(now.Truncate(time.Second))
	s := corev1.PodStatus{
		ObservedGeneration: pod.Generation,
		QOSClass:           podspec.QOSClass(pod),
		Phase:              corev1.PodFailed,
		Reason:             why.Reason,
		Message:            why.Message,
		StartTime:          &started,
	}
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodScheduled || !Own(c.Type) {
			s.Conditions = append(s.Conditions, c)
		}
	}
	return s
}
