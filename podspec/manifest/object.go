package manifest

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec/workload"
)

// Object is one object of the inputs, defaulted and valid.
type Object struct {
	metav1.Object
	Kind  schema.GroupVersionKind
	place place
}

// String names an object as kubectl does in its output: pod/web, deployment.apps/web.
func (o Object) String() string {
	return schema.GroupResource{Group: o.Kind.Group, Resource: strings.ToLower(o.Kind.Kind)}.String() + "/" + o.GetName()
}

// Problem is one with the object as a whole.
func (o Object) Problem(reason Reason, err error) *Problem { return o.place.problem(reason, "", err) }

// Pod is the pod that the object is, or that its template describes; nil for an object without pods.
func (o Object) Pod() *corev1.Pod {
	pod, _ := podIn(o.Object)
	return pod
}

// podIn is the pod that an object is, or that its template describes, and the path of that template, nil for a pod itself. It is nil
// for objects without pods.
func podIn(o metav1.Object) (pod *corev1.Pod, template *field.Path) {
	if pod, ok := o.(*corev1.Pod); ok {
		return pod, nil
	}
	t, template := workload.Template(o)
	if t == nil {
		return nil, nil
	}
	return &corev1.Pod{ObjectMeta: t.ObjectMeta, Spec: t.Spec}, template
}

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
