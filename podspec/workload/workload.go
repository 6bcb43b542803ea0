package workload

import (
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"
)

// Made is what a controller makes of one object.
type Made struct {
	Pods   []*corev1.Pod
	Claims []*corev1.PersistentVolumeClaim

	// Owner is the uid of the pods' controller. It depends on the object's kind, namespace and name alone, not on its template.
	Owner types.UID
	// NoPods says why there are none, as in "spec.replicas is 0"; "" when there are some.
	NoPods string
}

// Make returns what the controller of a defaulted object makes: as many pods as asked for; when asked is 0, one, or none where
// the object wants none itself. Of a DaemonSet there is one a node, and of a Job no more than its completions. Its uid is to be
// that of UID. The result is empty for an object of another kind.
func Make(object metav1.Object, asked int) Made {
	switch o := object.(type) {
	case *appsv1.Deployment:
		return makeDeployment(o, asked)
	case *appsv1.ReplicaSet:
		return makeReplicaSet(o, asked)
	case *appsv1.StatefulSet:
		return makeStatefulSet(o, asked)
	case *appsv1.DaemonSet:
		return makeDaemonSet(o)
	case *batchv1.Job:
		return makeJob(o, asked)
	case *batchv1.CronJob:
		return makeCronJob(o, asked)
	}
	return Made{}
}

// Template returns the pod template of an object, and the path at which it stands; nil for an object of another kind.
func Template(object metav1.Object) (*corev1.PodTemplateSpec, *field.Path) {
	path := field.NewPath("spec", "template")
	switch o := object.(type) {
	case *appsv1.Deployment:
		return &o.Spec.Template, path
	case *appsv1.ReplicaSet:
		return &o.Spec.Template, path
	case *appsv1.StatefulSet:
		return &o.Spec.Template, path
	case *appsv1.DaemonSet:
		return &o.Spec.Template, path
	case *batchv1.Job:
		return &o.Spec.Template, path
	case *batchv1.CronJob:
		return &o.Spec.JobTemplate.Spec.Template, field.NewPath("spec", "jobTemplate", "spec", "template")
	}
	return nil, nil
}

// number decides how many pods to make where the object wants so many itself, which stand in the field; nil is not 0.
func number(asked int, field string, wanted *int32) (n int, noPods string) {
	switch {
	case asked > 0:
		return asked, ""
	case ptr.Deref(wanted, 1) == 0:
		return 0, field + " is 0"
	}
	return 1, ""
}
