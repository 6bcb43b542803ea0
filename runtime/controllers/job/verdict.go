package job

import (
	"fmt"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

// judgeJob finds out whether the Job is to end, and how. What was decided before holds; failures come before success, and of several
// failures the pod failure policy's before the back-off limit, the deadline and the indexes.
func (v *view) judgeJob() *batchv1.JobCondition {
	conditions := v.Job.Status.Conditions
	if met := trueCondition(conditions, batchv1.JobSuccessCriteriaMet); met != nil {
		return met
	}
	if target := trueCondition(conditions, batchv1.JobFailureTarget); target != nil {
		return v.condition(batchv1.JobFailed, target.Reason, target.Message)
	}
	reason, message := v.failure()
	if reason != "" {
		return v.condition(batchv1.JobFailureTarget, reason, message)
	}
	if isIndexed(v.Job) {
		if rule := metRule(v.Job.Spec.SuccessPolicy, v.completions(), v.succeededIndexes); rule != noIndex {
			return v.condition(batchv1.JobSuccessCriteriaMet, batchv1.JobReasonSuccessPolicy, fmt.Sprintf("Matched rules at index %d", rule))
		}
	}
	return nil
}

// failure is why the Job fails; "" if it does not.
func (v *view) failure() (reason, message string) {
	spec := &v.Job.Spec
	for _, pod := range v.Pods {
		if !hasFailed(pod, v.Job) {
			continue
		}
		if judged := judge(spec.PodFailurePolicy, pod); judged.action == batchv1.PodFailurePolicyActionFailJob {
			return batchv1.JobReasonPodFailurePolicy, judged.message
		}
	}
	deadline := v.deadline()
	failed, done := v.failedIndexes.count(), v.succeededIndexes.count()
	switch {
	case v.failed > int(*spec.BackoffLimit), v.restartsExceedLimit():
		return batchv1.JobReasonBackoffLimitExceeded, "Job has reached the specified backoff limit"
	case !deadline.IsZero() && !v.Now.Before(deadline):
		return batchv1.JobReasonDeadlineExceeded, "Job was active longer than specified deadline"
	case spec.MaxFailedIndexes != nil && failed > int(*spec.MaxFailedIndexes):
		return batchv1.JobReasonMaxFailedIndexesExceeded, "Job has exceeded the specified maximal number of failed indexes"
	case failed > 0 && failed+done >= v.completions():
		return batchv1.JobReasonFailedIndexes, "Job has failed indexes"
	}
	return "", ""
}

// restartsExceedLimit reports whether the containers of running pods, which restart them when they fail, have done so too often.
func (v *view) restartsExceedLimit() bool {
	if v.Job.Spec.Template.Spec.RestartPolicy != corev1.RestartPolicyOnFailure {
		return false
	}
	total := int32(0)
	for _, pod := range v.Pods {
		if pod.Status.Phase != corev1.PodRunning && pod.Status.Phase != corev1.PodPending {
			continue
		}
		for _, statuses := range [][]corev1.ContainerStatus{pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses} {
			for _, s := range statuses {
				total += s.RestartCount
			}
		}
	}
	return total > 0 && total >= *v.Job.Spec.BackoffLimit
}

// deadline is when the Job has been active for too long; zero if it may take as long as it does.
func (v *view) deadline() time.Time {
	if v.Job.Spec.ActiveDeadlineSeconds == nil || v.started == nil || isSuspended(v.Job) {
		return time.Time{}
	}
	return v.started.Add(time.Duration(*v.Job.Spec.ActiveDeadlineSeconds) * time.Second)
}

// condition is a new condition that is true from now on.
func (v *view) condition(kind batchv1.JobConditionType, reason, message string) *batchv1.JobCondition {
	now := v.stamp()
	return &batchv1.JobCondition{
		Type: kind, Status: corev1.ConditionTrue, LastProbeTime: now, LastTransitionTime: now, Reason: reason, Message: message,
	}
}

// trueCondition is the condition of that type if it is true, else nil.
func trueCondition(conditions []batchv1.JobCondition, kind batchv1.JobConditionType) *batchv1.JobCondition {
	if c := findJobCondition(conditions, kind); c != nil && c.Status == corev1.ConditionTrue {
		return c
	}
	return nil
}

func findJobCondition(conditions []batchv1.JobCondition, kind batchv1.JobConditionType) *batchv1.JobCondition {
	for i := range conditions {
		if conditions[i].Type == kind {
			return &conditions[i]
		}
	}
	return nil
}
