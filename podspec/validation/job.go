package validation

import (
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/podsim/podsim/podspec"
)

// What is most of a Job's numbers. Those of an indexed Job keep the list of its indexes short.
const (
	maxIndexedParallelism = 100_000
	maxFailedIndexes      = 100_000
	manyCompletions       = 100_000 // above this, an indexed Job with a back-off limit per index must keep to the next two
	maxParallelismOfMany  = 10_000
	maxFailedOfMany       = 10_000
	maxManagedBy          = 63 // characters
)

// ValidateJob returns what the API server finds wrong with a defaulted Job.
func ValidateJob(job *batchv1.Job, gates podspec.FeatureGates) field.ErrorList {
	spec, path := &job.Spec, field.NewPath("spec")
	errs := validateMetadata(&job.ObjectMeta)
	errs = append(errs, validateGeneratedSelector(job)...)
	errs = append(errs, validateSelectingJobSpec(spec, gates, path)...)
	return withoutRepeats(append(errs, validateNameOfIndexes(job)...))
}

// validateSelectingJobSpec checks the spec of a Job with its selector.
func validateSelectingJobSpec(spec *batchv1.JobSpec, gates podspec.FeatureGates, path *field.Path) field.ErrorList {
	errs := validateJobSpec(spec, gates, path)
	if spec.Selector == nil {
		errs = append(errs, field.Required(path.Child("selector"), ""))
	}
	errs = append(errs, validateSelector(spec.Selector, path.Child("selector"))...)
	return append(errs, validateSelects(spec.Selector, spec.Template.Labels, path.Child("template"))...)
}

// validateNameOfIndexes requires that the host names of an indexed Job's pods fit.
func validateNameOfIndexes(job *batchv1.Job) field.ErrorList {
	completions := ptr.Deref(job.Spec.Completions, 0)
	if last := fmt.Sprintf("%s-%d", job.Name, completions-1); isIndexed(&job.Spec) && completions > 0 && len(validation.IsDNS1123Label(last)) > 0 {
		return field.ErrorList{field.Invalid(field.NewPath("metadata", "name"), job.Name, "will not able to create pod with invalid DNS label: "+last)}
	}
	return nil
}

// validateGeneratedSelector requires that a selector which was to be generated, and the labels that go with it, are as generated.
func validateGeneratedSelector(job *batchv1.Job) field.ErrorList {
	spec := &job.Spec
	if ptr.Deref(spec.ManualSelector, false) || spec.Selector == nil {
		return nil
	}
	var errs field.ErrorList
	if job.UID == "" {
		errs = append(errs, field.Required(field.NewPath("metadata", "uid"), ""))
	}
	generated := labels.Set{}
	for _, label := range []struct{ name, value string }{
		{"controller-uid", string(job.UID)},
		{"job-name", job.Name},
		{batchv1.ControllerUidLabel, string(job.UID)},
		{batchv1.JobNameLabel, job.Name},
	} {
		generated[label.name] = label.value
		at := field.NewPath("spec", "template", "metadata", "labels").Key(label.name)
		switch value, set := spec.Template.Labels[label.name]; {
		case !set:
			errs = append(errs, field.Required(at, fmt.Sprintf("must be '%s'", label.value)))
		case value != label.value:
			errs = append(errs, field.Invalid(at, spec.Template.Labels, fmt.Sprintf("must be '%s'", label.value)))
		}
	}
	if selector, err := metav1.LabelSelectorAsSelector(spec.Selector); err == nil && !selector.Matches(generated) {
		errs = append(errs, field.Invalid(field.NewPath("spec", "selector"), spec.Selector, "`selector` not auto-generated"))
	}
	return errs
}

func isIndexed(spec *batchv1.JobSpec) bool {
	return ptr.Deref(spec.CompletionMode, batchv1.NonIndexedCompletion) == batchv1.IndexedCompletion
}

// validateJobSpec checks what a Job has in common with the template of Jobs in a CronJob.
func validateJobSpec(spec *batchv1.JobSpec, gates podspec.FeatureGates, path *field.Path) field.ErrorList {
	errs := validateNonNegative(path, namedNumber[int32]{"parallelism", spec.Parallelism}, namedNumber[int32]{"completions", spec.Completions})
	errs = append(errs, validateNonNegative(path, namedNumber[int64]{"activeDeadlineSeconds", spec.ActiveDeadlineSeconds})...)
	errs = append(errs, validateNonNegative(path, namedNumber[int32]{"backoffLimit", spec.BackoffLimit},
		namedNumber[int32]{"ttlSecondsAfterFinished", spec.TTLSecondsAfterFinished},
		namedNumber[int32]{"backoffLimitPerIndex", spec.BackoffLimitPerIndex},
		namedNumber[int32]{"maxFailedIndexes", spec.MaxFailedIndexes})...)
	if spec.MaxFailedIndexes != nil && spec.BackoffLimitPerIndex == nil {
		errs = append(errs, field.Required(path.Child("backoffLimitPerIndex"), "when maxFailedIndexes is specified"))
	}
	if spec.ManagedBy != nil {
		errs = append(errs, validation.IsDomainPrefixedPath(path.Child("managedBy"), *spec.ManagedBy)...)
		if len(*spec.ManagedBy) > maxManagedBy {
			errs = append(errs, field.TooLong(path.Child("managedBy"), "", maxManagedBy))
		}
	}
	errs = append(errs, validateCompletionMode(spec, path)...)
	if spec.PodFailurePolicy != nil {
		errs = append(errs, validateFailurePolicy(spec, path.Child("podFailurePolicy", "rules"))...)
	}
	if spec.SuccessPolicy != nil {
		errs = append(errs, validateSuccessPolicy(spec, path.Child("successPolicy"))...)
	}
	errs = append(errs, validateReplacement(spec, path.Child("podReplacementPolicy"))...)
	errs = append(errs, validateTemplate(&spec.Template, gates, path.Child("template"))...)
	return append(errs, validateEnds(spec, path.Child("template", "spec", "restartPolicy"))...)
}

// validateCompletionMode checks the numbers that depend on whether the Job is indexed.
func validateCompletionMode(spec *batchv1.JobSpec, path *field.Path) field.ErrorList {
	switch ptr.Deref(spec.CompletionMode, batchv1.NonIndexedCompletion) {
	case batchv1.IndexedCompletion:
		return validateIndexed(spec, path)
	case batchv1.NonIndexedCompletion:
		var errs field.ErrorList
		if spec.BackoffLimitPerIndex != nil {
			errs = append(errs, field.Invalid(path.Child("backoffLimitPerIndex"), *spec.BackoffLimitPerIndex, "requires indexed completion mode"))
		}
		if spec.MaxFailedIndexes != nil {
			errs = append(errs, field.Invalid(path.Child("maxFailedIndexes"), *spec.MaxFailedIndexes, "requires indexed completion mode"))
		}
		return errs
	}
	return field.ErrorList{field.NotSupported(path.Child("completionMode"), *spec.CompletionMode,
		[]batchv1.CompletionMode{batchv1.NonIndexedCompletion, batchv1.IndexedCompletion})}
}

func validateIndexed(spec *batchv1.JobSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	atMost := func(name string, value *int32, most int32, format string, args ...any) {
		if value != nil && *value > most {
			errs = append(errs, field.Invalid(path.Child(name), *value, "must be less than or equal to "+fmt.Sprintf(format, args...)))
		}
	}
	if spec.Completions == nil {
		errs = append(errs, field.Required(path.Child("completions"), "when completion mode is Indexed"))
	}
	atMost("parallelism", spec.Parallelism, maxIndexedParallelism, "%d when completion mode is Indexed", maxIndexedParallelism)
	if spec.Completions != nil {
		atMost("maxFailedIndexes", spec.MaxFailedIndexes, *spec.Completions, "completions")
	}
	atMost("maxFailedIndexes", spec.MaxFailedIndexes, maxFailedIndexes, "%d", maxFailedIndexes)
	if ptr.Deref(spec.Completions, 0) <= manyCompletions || spec.BackoffLimitPerIndex == nil {
		return errs
	}
	if spec.MaxFailedIndexes == nil {
		errs = append(errs, field.Required(path.Child("maxFailedIndexes"), fmt.Sprintf("must be specified when completions is above %d", manyCompletions)))
	}
	const ofMany = "%d when completions are above %d and used with backoff limit per index"
	atMost("parallelism", spec.Parallelism, maxParallelismOfMany, ofMany, maxParallelismOfMany, manyCompletions)
	atMost("maxFailedIndexes", spec.MaxFailedIndexes, maxFailedOfMany, ofMany, maxFailedOfMany, manyCompletions)
	return errs
}

// validateReplacement checks when pods are replaced: with a pod failure policy, only when they have failed.
func validateReplacement(spec *batchv1.JobSpec, path *field.Path) field.ErrorList {
	switch {
	case spec.PodReplacementPolicy == nil:
		return nil
	case spec.PodFailurePolicy != nil:
		return validateMember(path, *spec.PodReplacementPolicy, batchv1.Failed)
	}
	return validateMember(path, *spec.PodReplacementPolicy, batchv1.Failed, batchv1.TerminatingOrFailed)
}

// validateEnds requires a restart policy that lets the pods come to an end, and with a pod failure policy to a failure.
func validateEnds(spec *batchv1.JobSpec, path *field.Path) field.ErrorList {
	switch policy := spec.Template.Spec.RestartPolicy; policy {
	case corev1.RestartPolicyAlways, "":
		return field.ErrorList{field.Required(path, fmt.Sprintf("valid values: %q, %q", corev1.RestartPolicyOnFailure, corev1.RestartPolicyNever))}
	case corev1.RestartPolicyOnFailure:
		if spec.PodFailurePolicy != nil {
			return field.ErrorList{field.Invalid(path, policy,
				fmt.Sprintf("only %q is supported when podFailurePolicy is specified", corev1.RestartPolicyNever))}
		}
		return nil
	case corev1.RestartPolicyNever:
		return nil
	default:
		return field.ErrorList{field.NotSupported(path, policy, []corev1.RestartPolicy{corev1.RestartPolicyOnFailure, corev1.RestartPolicyNever})}
	}
}
