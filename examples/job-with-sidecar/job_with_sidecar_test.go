package jobwithsidecar_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/yaml"

	"github.com/podsim/podsim/e2e/podtest"
)

// bystander is a pod whose node and namespace the Job gets. Up would make the Job's pod without the Job.
const bystander = `
apiVersion: v1
kind: Pod
metadata: {name: bystander}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: bystander, image: "busybox:1.36", command: [sleep, "3600"]}]
`

func TestTheJobCompletesAlthoughItsSidecarRunsForEver(t *testing.T) {
	cluster := podtest.Up(t, podtest.YAML(bystander))
	pods := cluster.Client().CoreV1().Pods(cluster.Namespace())
	job := complete(t, cluster, jobOf(t, "job.yaml"))
	if job.Status.Succeeded != 1 || job.Status.Failed != 0 {
		t.Errorf("%d of its pods succeeded and %d failed", job.Status.Succeeded, job.Status.Failed)
	}
	list, err := pods.List(t.Context(), metav1.ListOptions{LabelSelector: batchv1.JobNameLabel + "=" + job.Name})
	if err != nil || len(list.Items) != 1 {
		t.Fatalf("it has the pods %v, %v", list, err)
	}
	pod := list.Items[0]
	logs, err := pods.GetLogs(pod.Name, &corev1.PodLogOptions{Container: "uploader"}).DoRaw(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	uploaded := string(logs)
	for _, want := range []string{"uploaded january.csv: january,8", "uploaded february.csv: february,9", "uploaded march.csv: march,6"} {
		if strings.Count(uploaded, want+"\n") != 1 {
			t.Errorf("not once %q in:\n%s", want, uploaded)
		}
	}
	if !strings.HasSuffix(uploaded, "uploader: done\n") {
		t.Errorf("the sidecar did not end well:\n%s", uploaded)
	}
	report, uploader := pod.Status.ContainerStatuses[0].State.Terminated, pod.Status.InitContainerStatuses[0].State.Terminated
	if report == nil || uploader == nil || uploader.FinishedAt.Before(&report.FinishedAt) {
		t.Errorf("the sidecar ended as %+v, the report as %+v", uploader, report)
	}
}

func jobOf(t *testing.T, file string) *batchv1.Job {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	job := &batchv1.Job{}
	if err := yaml.UnmarshalStrict(text, job); err != nil {
		t.Fatal(err)
	}
	return job
}

// complete makes a Job and returns it when it has completed.
func complete(t *testing.T, cluster *podtest.Pod, job *batchv1.Job) *batchv1.Job {
	t.Helper()
	jobs := cluster.Client().BatchV1().Jobs(cluster.Namespace())
	if _, err := jobs.Create(t.Context(), job, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	var now *batchv1.Job
	err := wait.PollUntilContextTimeout(t.Context(), 200*time.Millisecond, 3*time.Minute, true, func(ctx context.Context) (done bool, err error) {
		if now, err = jobs.Get(ctx, job.Name, metav1.GetOptions{}); err != nil {
			return false, err
		}
		for _, c := range now.Status.Conditions {
			if c.Type == batchv1.JobComplete && c.Status == corev1.ConditionTrue {
				return true, nil
			}
		}
		return false, nil
	})
	if err != nil {
		t.Fatalf("it does not complete: %v: %+v", err, now.Status)
	}
	return now
}
