package job

import (
	"math"
	"strconv"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/podspec/workload"
)

// failures is how often the pods of an index failed before one of them was created.
type failures struct{ counted, ignored int }

func (f failures) all() int { return f.counted + f.ignored }

// failuresOf reads what a pod says of those before it.
func failuresOf(pod *corev1.Pod) failures {
	return failures{
		counted: number(pod, batchv1.JobIndexFailureCountAnnotation),
		ignored: number(pod, batchv1.JobIndexIgnoredFailureCountAnnotation),
	}
}

// number is the value of an annotation, 0 if it is none.
func number(pod *corev1.Pod, annotation string) int {
	n, err := strconv.Atoi(pod.Annotations[annotation])
	if err != nil || n < 0 || n > math.MaxInt32 {
		return 0
	}
	return n
}

// replacement is the back-off of the pod that comes after the last one of an index; nil if there was none, or the Job has no limit per index.
func replacement(last *corev1.Pod) BackOff {
	if last == nil {
		return BackOff{}
	}
	return BackOff{Failures: failuresOf(last).all() + 1, LastFailure: finishedAt(last)}
}

func newPod(job *batchv1.Job) *corev1.Pod { return workload.JobPod(job) }

// newIndexedPod is the next pod of an index; last is the failed one that it replaces, nil if there is none.
func newIndexedPod(job *batchv1.Job, index int, last *corev1.Pod) *corev1.Pod {
	pod := workload.IndexedJobPod(job, index)
	if last == nil || job.Spec.BackoffLimitPerIndex == nil {
		return pod
	}
	before := failuresOf(last)
	if judge(job.Spec.PodFailurePolicy, last).counts() {
		before.counted++
	} else {
		before.ignored++
	}
	metav1.SetMetaDataAnnotation(&pod.ObjectMeta, batchv1.JobIndexFailureCountAnnotation, strconv.Itoa(before.counted))
	if before.ignored > 0 {
		metav1.SetMetaDataAnnotation(&pod.ObjectMeta, batchv1.JobIndexIgnoredFailureCountAnnotation, strconv.Itoa(before.ignored))
	}
	return pod
}
