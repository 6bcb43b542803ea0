package validation

import (
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"
)

func (w *warner) template(template *corev1.PodTemplateSpec, path *field.Path) {
	w.pod(&template.ObjectMeta, &template.Spec, path)
}

// WorkloadWarnings are those that an API server sends about a Deployment, ReplicaSet, StatefulSet, DaemonSet, Job or CronJob that it
// accepts: what its kind is warned of, and what every template of pods is. There are none about other kinds.
func WorkloadWarnings(o metav1.Object) []Warning {
	w := &warner{}
	spec := field.NewPath("spec")
	switch o := o.(type) {
	case *appsv1.Deployment:
		w.podNames(o.Name)
		w.template(&o.Spec.Template, spec.Child("template"))
	case *appsv1.ReplicaSet:
		w.podNames(o.Name)
		w.template(&o.Spec.Template, spec.Child("template"))
	case *appsv1.StatefulSet:
		w.template(&o.Spec.Template, spec.Child("template"))
		for i := range o.Spec.VolumeClaimTemplates {
			w.claim(&o.Spec.VolumeClaimTemplates[i].Spec, spec.Child("volumeClaimTemplates").Index(i))
		}
		if ptr.Deref(o.Spec.RevisionHistoryLimit, 0) < 0 {
			w.at(spec.Child("revisionHistoryLimit"), "a negative value retains all historical revisions; a value >= 0 is recommended")
		}
	case *appsv1.DaemonSet:
		w.template(&o.Spec.Template, spec.Child("template"))
	case *batchv1.Job:
		w.podNames(o.Name)
		w.job(&o.Spec, spec)
	case *batchv1.CronJob:
		w.podNames(o.Name)
		w.job(&o.Spec.JobTemplate.Spec, spec.Child("jobTemplate", "spec"))
	}
	return w.found
}

// podNames warns of the name of a controller that makes pods' names unfit for host names.
func (w *warner) podNames(name string) {
	if complaints := validation.IsDNS1123Label(name); len(complaints) > 0 {
		w.at(field.NewPath("metadata", "name"), "this is used in Pod names and hostnames, which can result in surprising behavior; "+
			"a DNS label is recommended: %v", complaints)
	}
}

// job warns of an indexed Job of which a list of indexes may grow too long to be kept.
func (w *warner) job(spec *batchv1.JobSpec, path *field.Path) {
	if isIndexed(spec) && ptr.Deref(spec.Completions, 0) > manyCompletions && ptr.Deref(spec.Parallelism, 0) > maxParallelismOfMany {
		w.at(path, "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, "+
			"Kubernetes might not be able to track completedIndexes when a big number of indexes fail")
	}
	w.template(&spec.Template, path.Child("template"))
}
