package podtest

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestWhatBecomesOfAContainer(t *testing.T) {
	began, ended := metav1.Unix(100, 0), metav1.Unix(200, 0)
	running := corev1.ContainerStatus{Name: "app", ContainerID: "docker://1", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: began}}}
	end := &corev1.ContainerStateTerminated{ExitCode: 137, Reason: "OOMKilled", Message: "too much\n", FinishedAt: ended, ContainerID: "docker://1"}
	dead := corev1.ContainerStatus{Name: "app", ContainerID: "docker://1", State: corev1.ContainerState{Terminated: end}}
	waiting := func(reason string) corev1.ContainerStatus {
		return corev1.ContainerStatus{Name: "app", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason}}}
	}
	inBackOff := waiting("CrashLoopBackOff")
	inBackOff.LastTerminationState.Terminated = end
	again := corev1.ContainerStatus{Name: "app", ContainerID: "docker://2", RestartCount: 1, Ready: true,
		State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: ended}}}
	again.LastTerminationState.Terminated = end
	ready := running
	ready.Ready = true

	const killed = "ended with 137 (OOMKilled): too much"
	for _, row := range []struct {
		name          string
		before, after corev1.ContainerStatus
		want          []string
	}{
		{"the first status", corev1.ContainerStatus{}, waiting("PodInitializing"), []string{"waiting: PodInitializing"}},
		{"nothing new", running, running, nil},
		{"it starts", waiting("ContainerCreating"), running, []string{"running"}},
		{"it gets ready", running, ready, []string{"ready"}},
		{"it is ready no more", ready, running, []string{"not ready"}},
		{"it ends", running, dead, []string{killed}},
		{"it waits for its restart", dead, inBackOff, []string{"waiting: CrashLoopBackOff"}},
		{"it ends and waits", running, inBackOff, []string{killed, "waiting: CrashLoopBackOff"}},
		{"it ends and runs again", ready, again, []string{killed, "running, restart 1"}},
		{"it runs again", inBackOff, again, []string{"running, restart 1", "ready"}},
	} {
		var got []string
		for _, m := range containerChanges(row.before, row.after) {
			got = append(got, m.text)
		}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.name, diff)
		}
	}
}

func TestTheTimelineIsInOrderAndAligned(t *testing.T) {
	at := func(ms int) time.Time { return time.UnixMilli(int64(1000 + ms)) }
	got := timeline([]moment{
		{at: at(0), text: "created"}, {at: at(1500), container: "sidecar", text: "running"}, {at: at(20), container: "app", text: "two\nlines"},
	})
	want := `   0.000s           created
   0.020s  app      two
                    lines
   1.500s  sidecar  running
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTheEndOfAPodIsThatOfEachLastAttempt(t *testing.T) {
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	end := func(code int32) *corev1.ContainerStateTerminated {
		return &corev1.ContainerStateTerminated{ExitCode: code}
	}
	e := ending(at(10), []moment{
		{at: at(1), text: "created"}, {at: at(5), container: "app", end: end(1)}, {at: at(12), container: "sidecar", end: end(2)},
		{at: at(11), container: "app", end: end(3)}, {at: at(13), text: "gone"},
	})
	want := "   1.000s  app ended with 3\n   2.000s  sidecar ended with 2\n   3.000s  gone"
	if got := e.String(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if _, found := e.Of("other"); found || e.Took() != 3*time.Second {
		t.Errorf("took %v", e.Took())
	}
}

func TestNamespacesTellOfTheirTests(t *testing.T) {
	for test, want := range map[string]string{
		"TestUp":                         "test-up-",
		"TestPods/of_A/3":                "test-pods-of-a-3-",
		"Test" + strings.Repeat("x", 99): "test-" + strings.Repeat("x", 40) + "-",
		"-":                              "test-",
	} {
		got := namespaceFor(test)
		if random := strings.TrimPrefix(got, want); random == got || len(random) != 6 {
			t.Errorf("%s: %s, want %s and 6 letters", test, got, want)
		}
	}
}
