package up

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/cmd/podsim/client"
	"github.com/podsim/podsim/cmd/podsim/progress"
	"github.com/podsim/podsim/runtime/follow"
)

func TestLogsOfEphemeralContainersAreReadFromTheirComingOn(t *testing.T) {
	pod := podNamed("web")
	r := newRun(&client.Connection{}, progress.Nothing{}, []*corev1.Pod{pod})
	var read []string
	r.readLog = func(w *watched, container string) {
		read = append(read, container)
		w.logs[container] = follow.NewLogs(nil, nil, nil)
	}
	r.state(r.pods[0], pod)
	if !slices.Equal(read, []string{"app"}) {
		t.Errorf("at first: %q", read)
	}
	debugged := pod.DeepCopy()
	debugged.Spec.EphemeralContainers = []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: "debugger"}}}
	for range 2 {
		r.state(r.pods[0], debugged)
	}
	if !slices.Equal(read, []string{"app", "debugger"}) {
		t.Errorf("then: %q", read)
	}
}
