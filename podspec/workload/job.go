package workload

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/podsim/podsim/podspec/defaults"
)

// completionIndexVariable is the variable in which a container of an indexed Job finds its index.
const completionIndexVariable = "JOB_COMPLETION_INDEX"

// makeJob makes the first pods of a Job; of an indexed one, those of the first indexes. Left out is the finalizer by which a Job
// counts its pods: nobody here would take it off again.
func makeJob(job *batchv1.Job, asked int) Made {
	made := Made{Owner: job.UID}
	n, noPods := numberOfJob(job, asked)
	made.NoPods = noPods
	kind := batchv1.SchemeGroupVersion.WithKind("Job")
	if ptr.Deref(job.Spec.CompletionMode, batchv1.NonIndexedCompletion) != batchv1.IndexedCompletion {
		made.Pods = podsOf(&job.Spec.Template, job, kind, n)
		return made
	}
	for index := range n {
		pod := podOf(&job.Spec.Template, job, kind)
		setIndex(pod, job, index)
		pod.Name = GeneratedName(pod.GenerateName, seed(job, index))
		made.Pods = append(made.Pods, pod)
	}
	return made
}

// JobPod is a pod of a Job without indexes as its controller creates it: with the finalizer by which the Job counts its pods, and without
// a name.
func JobPod(job *batchv1.Job) *corev1.Pod {
	pod := podOf(&job.Spec.Template, job, batchv1.SchemeGroupVersion.WithKind("Job"))
	if !slices.Contains(pod.Finalizers, batchv1.JobTrackingFinalizer) {
		pod.Finalizers = append(pod.Finalizers, batchv1.JobTrackingFinalizer)
	}
	return pod
}

// IndexedJobPod is JobPod for an index of an indexed Job: the first pod of that index.
func IndexedJobPod(job *batchv1.Job, index int) *corev1.Pod {
	pod := JobPod(job)
	setIndex(pod, job, index)
	return pod
}

// numberOfJob is number for a Job, which makes no pods while it is suspended and never more than it is to complete.
func numberOfJob(job *batchv1.Job, asked int) (n int, noPods string) {
	switch {
	case asked == 0 && ptr.Deref(job.Spec.Suspend, false):
		return 0, "spec.suspend is true"
	case ptr.Deref(job.Spec.Completions, 1) == 0:
		return 0, "spec.completions is 0"
	}
	n, noPods = number(asked, "spec.parallelism", job.Spec.Parallelism)
	if job.Spec.Completions != nil {
		n = min(n, int(*job.Spec.Completions))
	}
	return n, noPods
}

// setIndex makes a pod the one of an index of its Job.
func setIndex(pod *corev1.Pod, job *batchv1.Job, index int) {
	text := strconv.Itoa(index)
	metav1.SetMetaDataLabel(&pod.ObjectMeta, batchv1.JobCompletionIndexAnnotation, text)
	metav1.SetMetaDataAnnotation(&pod.ObjectMeta, batchv1.JobCompletionIndexAnnotation, text)
	if job.Spec.BackoffLimitPerIndex != nil {
		metav1.SetMetaDataAnnotation(&pod.ObjectMeta, batchv1.JobIndexFailureCountAnnotation, "0")
	}
	pod.Spec.Hostname = job.Name + "-" + text
	end := "-" + text + "-"
	pod.GenerateName = job.Name[:min(len(job.Name), maxGeneratedBase-len(end))] + end
	for _, containers := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range containers {
			addIndexVariable(&containers[i])
		}
	}
}

// addIndexVariable adds the index to a container's environment, unless there is a variable of that name.
func addIndexVariable(c *corev1.Container) {
	if slices.ContainsFunc(c.Env, func(v corev1.EnvVar) bool { return v.Name == completionIndexVariable }) {
		return
	}
	path := fmt.Sprintf("metadata.labels['%s']", batchv1.JobCompletionIndexAnnotation)
	c.Env = append(c.Env, corev1.EnvVar{
		Name:      completionIndexVariable,
		ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: path}},
	})
}

// makeCronJob makes the pods of one Job of the CronJob, whether that is suspended or not: as when a person runs it by hand. The
// Job's name ends in eight digits, as those of a schedule's do, which are the minutes since 1970 there.
func makeCronJob(cron *batchv1.CronJob, asked int) Made {
	uid := UID("Job of a CronJob", cron.Namespace, cron.Name)
	template := cron.Spec.JobTemplate.DeepCopy()
	job := &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{
			Name:        fmt.Sprintf("%s-%08d", cron.Name, digits(uid)),
			Namespace:   cron.Namespace,
			UID:         uid,
			Labels:      template.Labels,
			Annotations: template.Annotations,
		},
		Spec: template.Spec,
	}
	defaults.Job(job)
	return makeJob(job, asked)
}

// digits is a number of up to eight digits that a uid always gives.
func digits(uid types.UID) uint32 {
	hash := fnv.New32a()
	hash.Write([]byte(uid))
	return hash.Sum32() % 1e8
}
