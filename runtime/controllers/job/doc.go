// Package job decides what becomes of a Job, as the job controller of Kubernetes v1.37 does. It is pure: from the Job, its pods and the
// time it computes which pods to delete and to create, and then, from how that went, the Job's new status, the pods that are counted and
// may go, and the events to tell of. It knows no store, no API and no clock.
//
// One look at a Job is a pass of two halves:
//
//	pass := job.Next(job.Input{Job: j, Pods: pods, Now: now, BackOff: remembered})
//	// delete pass.Delete, create pass.Create, note in an Outcome what was done
//	tracking := pass.Track(outcome)
//	// write tracking.Status; then take the finalizer off tracking.Release; then look again
//
// The order is what makes a crash at any moment harmless. Each pod carries the tracking finalizer until its end is written into the
// Job's status: in completedIndexes, or by its uid in uncountedTerminatedPods. Only then does the finalizer go, and only when it has
// gone is the uid replaced by one more in the counters. So what is on record is never counted again, and what is not yet on record is
// still there to be counted. A condition that ends the Job is written as SuccessCriteriaMet or FailureTarget before pods are let go, so
// that a later look comes to the same end, and as Complete or Failed once every pod is counted and none still terminates.
//
// # Left out
//
//   - Pod groups and workloads (the feature WorkloadWithJob, which is off in v1.37).
//   - The second by which a cluster's controller waits for more news before it looks at a Job: there are never so many pods here.
package job
