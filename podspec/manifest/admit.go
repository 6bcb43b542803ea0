package manifest

import (
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/defaults"
	"github.com/podsim/podsim/podspec/fields"
	"github.com/podsim/podsim/podspec/validation"
	"github.com/podsim/podsim/podspec/workload"
)

// AdmitPod does what the API server of Kubernetes v1.37 does with a pod at its creation: it drops the fields of features that are
// off, fills in the defaults, and validates. Refused is what the server says, unsupported what podsim cannot do.
func AdmitPod(pod *corev1.Pod, gates podspec.FeatureGates) (refused, unsupported field.ErrorList) {
	fields.DropDisabled(pod, gates)
	defaults.Pod(pod)
	if gates.Enabled(podspec.H2CContainerProbe) {
		defaults.HTTPProtocols(pod)
	}
	return validation.ValidatePod(pod, gates), fields.Unsupported(pod)
}

// admit does the same with an object of any kind that podsim reads.
func admit(o object, gates podspec.FeatureGates) (refused, unsupported field.ErrorList) {
	switch o := o.Object.(type) {
	case *corev1.Pod:
		return AdmitPod(o, gates)
	case *corev1.ConfigMap:
		return validation.ValidateConfigMap(o), nil
	case *corev1.Secret:
		defaults.Secret(o)
		return validation.ValidateSecret(o), nil
	case *corev1.PersistentVolumeClaim:
		defaults.Claim(o)
		return validation.ValidateClaim(o), nil
	case *corev1.Service:
		defaults.Service(o)
		return validation.ValidateService(o), nil
	case *corev1.ServiceAccount:
		return validation.ValidateServiceAccount(o), nil
	case *certificatesv1.ClusterTrustBundle:
		return validation.ValidateTrustBundle(o), nil
	}
	if isPolicy(o.Object) {
		return admitPolicy(o.Object), nil
	}
	return admitWorkload(o, gates)
}

// admitWorkload does it with an object whose controller makes pods. What podsim cannot do is asked of its template.
func admitWorkload(o object, gates podspec.FeatureGates) (refused, unsupported field.ErrorList) {
	template, at := workload.Template(o.Object)
	pod := &corev1.Pod{Spec: template.Spec}
	fields.DropDisabled(pod, gates)
	template.Spec = pod.Spec
	o.SetUID(workload.UID(o.kind, o.GetNamespace(), o.GetName()))
	refused = defaultAndValidate(o.Object, gates)
	for _, err := range fields.Unsupported(&corev1.Pod{Spec: template.Spec}) {
		err.Field = inTemplate(at, err.Field)
		unsupported = append(unsupported, err)
	}
	return refused, unsupported
}

func defaultAndValidate(o metav1.Object, gates podspec.FeatureGates) field.ErrorList {
	switch o := o.(type) {
	case *appsv1.Deployment:
		defaults.Deployment(o)
		return validation.ValidateDeployment(o, gates)
	case *appsv1.ReplicaSet:
		defaults.ReplicaSet(o)
		return validation.ValidateReplicaSet(o, gates)
	case *appsv1.StatefulSet:
		defaults.StatefulSet(o)
		return validation.ValidateStatefulSet(o, gates)
	case *appsv1.DaemonSet:
		defaults.DaemonSet(o)
		return validation.ValidateDaemonSet(o, gates)
	case *batchv1.Job:
		defaults.Job(o)
		return validation.ValidateJob(o, gates)
	case *batchv1.CronJob:
		defaults.CronJob(o)
		return validation.ValidateCronJob(o, gates)
	}
	return nil
}

// inTemplate turns the path of a field of a pod into that of the same field of a template; template is the template's own path, nil for
// a pod itself.
func inTemplate(template *field.Path, path string) string {
	if template == nil {
		return path
	}
	return template.String() + "." + path
}
