package manifest

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Workload is an object of which pods were made: a Deployment, ReplicaSet, StatefulSet, DaemonSet, Job or CronJob.
type Workload struct {
	metav1.Object
	Kind string
	// Owner is the uid of the controller in the pods' owner references. It stays when the template changes.
	Owner types.UID
}

// String names a workload in messages, as in: Deployment "web".
func (w Workload) String() string { return fmt.Sprintf("%s %q", w.Kind, w.GetName()) }

// Owns tells whether a pod was made of the workload, by this template or another.
func (w Workload) Owns(pod *corev1.Pod) bool {
	owner := metav1.GetControllerOfNoCopy(pod)
	return owner != nil && owner.UID == w.Owner && pod.Namespace == w.GetNamespace()
}
