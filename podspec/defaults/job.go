package defaults

import (
	"maps"
	"math"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// LegacyControllerUIDLabel and legacyJobNameLabel are the labels by which a Job knew its pods before labels had the domain of Kubernetes.
const (
	LegacyControllerUIDLabel = "controller-uid"
	legacyJobNameLabel       = "job-name"
)

// Job fills in one completion, and the selector and the labels of the template by which the Job finds its pods, unless they are said
// to be set by hand. They are made of the Job's name and uid, which must be there already. A feature that is off has its field,
// scheduling, dropped. A Job is to be defaulted once: one without labels takes over those that its template was written with.
func Job(job *batchv1.Job) {
	JobFields(job)
	JobSelector(job)
}

// JobFields is the part of a Job's defaults that asks for nothing but what was written.
func JobFields(job *batchv1.Job) {
	spec := &job.Spec
	if spec.Parallelism == nil {
		setDefaultPointer(&spec.Completions, 1)
	}
	setDefaultPointer(&spec.Parallelism, 1)
	if spec.BackoffLimitPerIndex != nil {
		setDefaultPointer(&spec.BackoffLimit, math.MaxInt32)
	}
	setDefaultPointer(&spec.BackoffLimit, 6)
	setDefaultPointer(&spec.CompletionMode, batchv1.NonIndexedCompletion)
	setDefaultPointer(&spec.Suspend, false)
	setDefaultPointer(&spec.ManualSelector, false)
	if spec.PodFailurePolicy != nil {
		setDefaultPointer(&spec.PodReplacementPolicy, batchv1.Failed)
	}
	setDefaultPointer(&spec.PodReplacementPolicy, batchv1.TerminatingOrFailed)
	jobTemplate(spec)

	if len(job.Labels) == 0 && spec.Template.Labels != nil {
		job.Labels = maps.Clone(spec.Template.Labels)
	}
}

// JobSelector is the part that needs the Job's name and uid.
func JobSelector(job *batchv1.Job) {
	if !*job.Spec.ManualSelector {
		generateSelector(job)
	}
}

// jobTemplate is the part of a Job's defaults that a CronJob has in it as well.
func jobTemplate(spec *batchv1.JobSpec) {
	spec.Scheduling = nil // of the feature WorkloadWithJob
	if policy := spec.PodFailurePolicy; policy != nil {
		for _, rule := range policy.Rules {
			for i := range rule.OnPodConditions {
				setDefault(&rule.OnPodConditions[i].Status, corev1.ConditionTrue)
			}
		}
	}
	template(&spec.Template)
}

// generateSelector sets the labels that are not set. Others than those it would set are refused later.
func generateSelector(job *batchv1.Job) {
	template := &job.Spec.Template
	if template.Labels == nil {
		template.Labels = map[string]string{}
	}
	for name, value := range map[string]string{
		legacyJobNameLabel:         job.Name,
		batchv1.JobNameLabel:       job.Name,
		LegacyControllerUIDLabel:   string(job.UID),
		batchv1.ControllerUidLabel: string(job.UID),
	} {
		if _, set := template.Labels[name]; !set {
			template.Labels[name] = value
		}
	}
	setDefaultPointer(&job.Spec.Selector, metav1.LabelSelector{})
	if job.Spec.Selector.MatchLabels == nil {
		job.Spec.Selector.MatchLabels = map[string]string{}
	}
	if _, set := job.Spec.Selector.MatchLabels[batchv1.ControllerUidLabel]; !set {
		job.Spec.Selector.MatchLabels[batchv1.ControllerUidLabel] = string(job.UID)
	}
}
