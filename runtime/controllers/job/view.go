package job

import (
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/utils/ptr"

	"github.com/podsim/podsim/runtime/controllers/owned"
)

// view is how a Job stands at the time of a pass, with all ends counted, those that are not yet on record included.
type view struct {
	Input
	active      []*corev1.Pod
	terminating int
	ready       int
	// uncounted pods are on record, and still have to be added to the counters.
	uncountedSucceeded, uncountedFailed sets.Set[types.UID]
	succeeded, failed                   int
	// succeededIndexes and failedIndexes are those of an indexed Job; the latter only if it has a back-off limit per index.
	succeededIndexes, failedIndexes indexes
	// replaced are the failed pods that wait for their replacement, which is to take over how often the index has failed.
	replaced map[int]*corev1.Pod
	backOff  BackOff
	started  *metav1.Time
	// verdict is the condition that ends the Job: SuccessCriteriaMet, FailureTarget, or Failed where FailureTarget was written before. nil
	// as long as it goes on.
	verdict *batchv1.JobCondition
}

func look(in Input) view {
	v := view{Input: in, started: in.Job.Status.StartTime}
	v.active = filter(in.Pods, owned.IsActive)
	v.terminating = len(filter(in.Pods, owned.IsTerminating))
	v.ready = len(filter(v.active, owned.IsReady))
	v.uncountedSucceeded, v.uncountedFailed = sets.New[types.UID](), sets.New[types.UID]()
	if uncounted := in.Job.Status.UncountedTerminatedPods; uncounted != nil {
		v.uncountedSucceeded.Insert(uncounted.Succeeded...)
		v.uncountedFailed.Insert(uncounted.Failed...)
	}
	succeeded := filter(in.Pods, func(pod *corev1.Pod) bool { return v.isNew(pod) && pod.Status.Phase == corev1.PodSucceeded })
	failed := filter(in.Pods, func(pod *corev1.Pod) bool { return v.isNew(pod) && hasFailed(pod, in.Job) })
	counted := filter(failed, func(pod *corev1.Pod) bool { return judge(in.Job.Spec.PodFailurePolicy, pod).counts() })
	v.succeeded = int(in.Job.Status.Succeeded) + len(succeeded) + len(v.uncountedSucceeded)
	v.failed = int(in.Job.Status.Failed) + len(counted) + len(v.uncountedFailed)
	v.backOff = in.BackOff.after(succeeded, failed)
	if v.started == nil && !isSuspended(in.Job) {
		v.started = ptr.To(v.stamp())
	}
	if isIndexed(in.Job) {
		v.lookAtIndexes()
	}
	v.verdict = v.judgeJob()
	return v
}

// stamp is the time of the pass as an API shows it, in whole seconds.
func (v *view) stamp() metav1.Time { return metav1.NewTime(v.Now).Rfc3339Copy() }

// isNew reports whether the end of a pod is to be counted and not on record, as a success or, of a pod that was deleted before it ended, as
// a failure.
func (v *view) isNew(pod *corev1.Pod) bool {
	return IsTracked(pod) && !v.uncountedSucceeded.Has(pod.UID) && !v.uncountedFailed.Has(pod.UID) && v.belongs(pod)
}

// belongs reports whether a pod is of an index that the Job has. A Job without indexes has all pods.
func (v *view) belongs(pod *corev1.Pod) bool {
	index := indexOf(pod)
	return !isIndexed(v.Job) || index != noIndex && index < v.completions()
}

// completions is how many pods of an indexed Job are to succeed.
func (v *view) completions() int { return int(*v.Job.Spec.Completions) }

func (v *view) limitsIndexes() bool { return v.Job.Spec.BackoffLimitPerIndex != nil }

// lookAtIndexes fills in which indexes have come to their ends.
func (v *view) lookAtIndexes() {
	own := filter(v.Pods, func(pod *corev1.Pod) bool { return IsTracked(pod) && v.belongs(pod) })
	succeeded := filter(own, func(pod *corev1.Pod) bool { return pod.Status.Phase == corev1.PodSucceeded })
	v.succeededIndexes = union(parseIndexes(v.Job.Status.CompletedIndexes, v.completions()), indexesOf(succeeded))
	v.succeeded = v.succeededIndexes.count()
	if !v.limitsIndexes() {
		return
	}
	if known := v.Job.Status.FailedIndexes; known != nil {
		v.failedIndexes = parseIndexes(*known, v.completions())
	}
	failed := filter(own, func(pod *corev1.Pod) bool { return hasFailed(pod, v.Job) })
	v.failedIndexes = union(v.failedIndexes, indexesOf(filter(failed, v.failsIndex)))
	v.replaced = v.findReplaced(failed)
}

// failsIndex reports whether the index of a failed pod is not tried again.
func (v *view) failsIndex(pod *corev1.Pod) bool {
	judged := judge(v.Job.Spec.PodFailurePolicy, pod)
	return judged.action == batchv1.PodFailurePolicyActionFailIndex ||
		judged.counts() && failuresOf(pod).counted >= int(*v.Job.Spec.BackoffLimitPerIndex)
}

// findReplaced finds, for each index that is to be tried again, the pod that failed last.
func (v *view) findReplaced(failed []*corev1.Pod) map[int]*corev1.Pod {
	settled := union(v.succeededIndexes, v.failedIndexes, indexesOf(v.active))
	newest := map[int]*corev1.Pod{}
	for _, pod := range failed {
		index := indexOf(pod)
		if settled.has(index) {
			continue
		}
		if other := newest[index]; other == nil || failuresOf(other).all() <= failuresOf(pod).all() && !finishedAt(pod).Before(finishedAt(other)) {
			newest[index] = pod
		}
	}
	return newest
}
