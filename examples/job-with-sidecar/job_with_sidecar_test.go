package jobwithsidecar_test

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/e2e/podtest"
)

func TestTheJobsPodSucceedsAlthoughItsSidecarRunsForEver(t *testing.T) {
	pod := podtest.Up(t, podtest.File("job.yaml"), podtest.Patience(3*time.Minute))
	pod.WaitFor(podtest.Ended)
	status := pod.Status()
	if status.Phase != corev1.PodSucceeded {
		t.Fatalf("the pod is %s:\n%s", status.Phase, pod.Timeline())
	}
	uploaded := pod.Container("uploader").Logs()
	for _, want := range []string{"uploaded january.csv: january,8", "uploaded february.csv: february,9", "uploaded march.csv: march,6"} {
		if strings.Count(uploaded, want+"\n") != 1 {
			t.Errorf("not once %q in:\n%s", want, uploaded)
		}
	}
	if !strings.HasSuffix(uploaded, "uploader: done\n") {
		t.Errorf("the sidecar did not end well:\n%s", uploaded)
	}
	report, uploader := status.ContainerStatuses[0].State.Terminated, status.InitContainerStatuses[0].State.Terminated
	if uploader.FinishedAt.Before(&report.FinishedAt) {
		t.Errorf("the sidecar ended at %v, before the report at %v", uploader.FinishedAt, report.FinishedAt)
	}
}
