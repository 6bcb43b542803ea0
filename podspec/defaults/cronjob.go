package defaults

import (
	batchv1 "k8s.io/api/batch/v1"
)

// CronJob fills in what is its own, and the template of the pods. The rest of its Jobs' template is filled in with each Job.
func CronJob(c *batchv1.CronJob) {
	spec := &c.Spec
	setDefault(&spec.ConcurrencyPolicy, batchv1.AllowConcurrent)
	setDefaultPointer(&spec.Suspend, false)
	setDefaultPointer(&spec.SuccessfulJobsHistoryLimit, 3)
	setDefaultPointer(&spec.FailedJobsHistoryLimit, 1)
	jobTemplate(&spec.JobTemplate.Spec)
}
