package job

import (
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/utils/ptr"
)

// Input is what a decision rests on. Nothing in it is modified.
type Input struct {
	// Job is defaulted.
	Job *batchv1.Job
	// Pods are all pods that have the Job as their controller, those that are being deleted included.
	Pods []*corev1.Pod
	Now  time.Time
	// BackOff is what the last Tracking said to remember; the zero value at first, and after a restart of the controller.
	BackOff BackOff
}

// maxPodsPerPass is how many pods are created, deleted or put into uncountedTerminatedPods by one pass.
const maxPodsPerPass = 500

// Pass is what to do now. Deletions come first; a pass that deletes because there are too many pods creates none.
type Pass struct {
	Delete []Deletion
	// Create has the new pods, without names.
	Create []*corev1.Pod
	// Wake is when the next pass is due even if nothing happens; zero if only a change can bring one.
	Wake time.Time
	// Expired: the Job ended longer ago than its ttlSecondsAfterFinished allows, and is to be deleted with its pods.
	Expired bool

	view view
	// managed: the pass cared for the number of pods, so that it may tell whether the Job is suspended.
	managed bool
}

// Deletion is a pod to delete.
type Deletion struct {
	Pod *corev1.Pod
	// Uncounted: the tracking finalizer goes first, so that the pod counts neither as succeeded nor as failed.
	Uncounted bool
}

// Outcome is how far a pass came with its pods.
type Outcome struct {
	// Deleted are the pods that were deleted, or were gone.
	Deleted sets.Set[types.UID]
	// Created is how many pods were created.
	Created int
}

// All is the outcome of a pass in which nothing failed.
func (p Pass) All() Outcome {
	done := Outcome{Deleted: sets.New[types.UID](), Created: len(p.Create)}
	for _, d := range p.Delete {
		done.Deleted.Insert(d.Pod.UID)
	}
	return done
}

// IsManaged reports whether this controller is the one to care for a Job, rather than one that spec.managedBy names.
func IsManaged(job *batchv1.Job) bool {
	return ptr.Deref(job.Spec.ManagedBy, batchv1.JobControllerName) == batchv1.JobControllerName
}

// IsFinished reports whether a Job is Complete or Failed, which it then stays.
func IsFinished(job *batchv1.Job) bool {
	return trueCondition(job.Status.Conditions, batchv1.JobComplete) != nil || trueCondition(job.Status.Conditions, batchv1.JobFailed) != nil
}

func isIndexed(job *batchv1.Job) bool {
	return ptr.Deref(job.Spec.CompletionMode, batchv1.NonIndexedCompletion) == batchv1.IndexedCompletion
}

func isSuspended(job *batchv1.Job) bool { return ptr.Deref(job.Spec.Suspend, false) }

// replacesFailedOnly reports whether a pod that is being deleted is replaced, and counts as failed, only when it has come to its end.
func replacesFailedOnly(job *batchv1.Job) bool {
	return ptr.Deref(job.Spec.PodReplacementPolicy, batchv1.TerminatingOrFailed) == batchv1.Failed
}
