package validation

import (
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/podsim/podsim/podspec"
)

// ValidateJobUpdate returns what the API server finds wrong with a defaulted Job that is to take the place of an older one.
func ValidateJobUpdate(newer, older *batchv1.Job, gates podspec.FeatureGates) field.ErrorList {
	path := field.NewPath("spec")
	errs := workloadUpdate(newer, older, validateSelectingJobSpec(&newer.Spec, gates, path))
	errs = append(errs, validateCompletionsUpdate(&newer.Spec, &older.Spec, path.Child("completions"))...)
	errs = append(errs, apivalidation.ValidateImmutableField(newer.Spec.Selector, older.Spec.Selector, path.Child("selector"))...)
	errs = append(errs, validateJobTemplateUpdate(newer, older, path.Child("template"))...)
	for _, f := range []fixedField{
		{"completionMode", newer.Spec.CompletionMode, older.Spec.CompletionMode},
		{"podFailurePolicy", newer.Spec.PodFailurePolicy, older.Spec.PodFailurePolicy},
		{"backoffLimitPerIndex", newer.Spec.BackoffLimitPerIndex, older.Spec.BackoffLimitPerIndex},
		{"managedBy", newer.Spec.ManagedBy, older.Spec.ManagedBy},
		{"successPolicy", newer.Spec.SuccessPolicy, older.Spec.SuccessPolicy},
	} {
		errs = append(errs, apivalidation.ValidateImmutableField(f.newer, f.older, path.Child(f.name))...)
	}
	return withoutRepeats(append(errs, validateNameOfIndexes(newer)...))
}

// ValidateJobStatusUpdate returns what the API server finds wrong with a new status of a Job, as far as its metadata and single numbers go.
func ValidateJobStatusUpdate(newer, older *batchv1.Job) field.ErrorList {
	s := &newer.Status
	return statusUpdate(newer, older, wide("active", &s.Active), wide("ready", s.Ready), wide("succeeded", &s.Succeeded), wide("failed", &s.Failed),
		wide("terminating", s.Terminating))
}

// ValidateCronJobUpdate returns what the API server finds wrong with a defaulted CronJob that is to take the place of an older one.
func ValidateCronJobUpdate(newer, older *batchv1.CronJob, gates podspec.FeatureGates) field.ErrorList {
	return workloadUpdate(newer, older, append(validateCronJobSpec(&newer.Spec, gates), validateScheduled(&newer.Spec)...))
}

// ValidateCronJobStatusUpdate returns what the API server finds wrong with a new status of a CronJob.
func ValidateCronJobStatusUpdate(newer, older *batchv1.CronJob) field.ErrorList {
	return statusUpdate(newer, older)
}

// validateCompletionsUpdate lets an indexed Job alone have other completions, and only as many as pods at a time.
func validateCompletionsUpdate(newer, older *batchv1.JobSpec, path *field.Path) field.ErrorList {
	if !isIndexed(newer) {
		return apivalidation.ValidateImmutableField(newer.Completions, older.Completions, path)
	}
	if newer.Completions == nil || equality.Semantic.DeepEqual(newer.Completions, older.Completions) || *newer.Completions == ptr.Deref(newer.Parallelism, 1) {
		return nil
	}
	return field.ErrorList{field.Invalid(path, newer.Completions, fmt.Sprintf("can only be modified in tandem with %s", path.Root().Child("parallelism")))}
}

// validateJobTemplateUpdate lets the template change only while the Job is suspended and none of its pods runs: in where the pods may run,
// in their labels and annotations, and in what their containers ask for.
func validateJobTemplateUpdate(newer, older *batchv1.Job, path *field.Path) field.ErrorList {
	before, after := older.Spec.Template.DeepCopy(), &newer.Spec.Template
	if !ptr.Deref(older.Spec.Suspend, false) || older.Status.Active != 0 || older.Status.StartTime != nil && !isSuspended(older) {
		return apivalidation.ValidateImmutableField(after, before, path)
	}
	before.Labels, before.Annotations = after.Labels, after.Annotations
	before.Spec.NodeSelector, before.Spec.Tolerations, before.Spec.SchedulingGates = after.Spec.NodeSelector, after.Spec.Tolerations, after.Spec.SchedulingGates
	exchangeNodeAffinity(before, after)
	exchangeResources(before.Spec.Containers, after.Spec.Containers)
	exchangeResources(before.Spec.InitContainers, after.Spec.InitContainers)
	return apivalidation.ValidateImmutableField(after, before, path)
}

func isSuspended(job *batchv1.Job) bool {
	for _, c := range job.Status.Conditions {
		if c.Type == batchv1.JobSuspended {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// exchangeNodeAffinity gives the older template the node affinity of the newer one.
func exchangeNodeAffinity(older, newer *corev1.PodTemplateSpec) {
	affinity := corev1.Affinity{}
	if older.Spec.Affinity != nil {
		affinity = *older.Spec.Affinity
	}
	affinity.NodeAffinity = nil
	if newer.Spec.Affinity != nil {
		affinity.NodeAffinity = newer.Spec.Affinity.NodeAffinity
	}
	older.Spec.Affinity = &affinity
	if newer.Spec.Affinity == nil && affinity == (corev1.Affinity{}) {
		older.Spec.Affinity = nil
	}
}

// exchangeResources gives containers the resources of others at the same place.
func exchangeResources(older, newer []corev1.Container) {
	for i := range min(len(older), len(newer)) {
		older[i].Resources = newer[i].Resources
	}
}
