package runtime

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec/defaults"
	"github.com/podsim/podsim/runtime/status"
)

// debug adds an ephemeral container that wants to see the processes of a target.
func (w *world) debug(name, target string) {
	w.Helper()
	_, err := w.node.UpdatePod(w.Context(), "default", "p", func(pod *corev1.Pod) error {
		pod.Spec.EphemeralContainers = append(pod.Spec.EphemeralContainers, corev1.EphemeralContainer{
			EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: name, Image: "busybox:1.36"}, TargetContainerName: target,
		})
		defaults.EphemeralContainers(pod)
		return nil
	})
	if err != nil {
		w.Fatal(err)
	}
}

// An ephemeral container starts beside whatever else goes on, once its target is there, and once only (S0.5, S4.3, S4.70, S4.71).
func TestAnEphemeralContainerJoinsItsTarget(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("init", runFor(5*time.Second, 0))
		w.machine.Script("look", runFor(20*time.Second, 1))
		w.machine.Script("alone", runFor(time.Second, 0))
		w.create(`
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  initContainers:
  - {name: init, image: "busybox:1.36"}
  containers:
  - {name: main, image: "busybox:1.36"}
`)
		time.Sleep(2 * time.Second)
		w.debug("alone", "")
		w.debug("look", "main")
		time.Sleep(time.Second)
		shown := status.Container(w.pod("p"), "look")
		if shown.State.Waiting == nil || shown.State.Waiting.Reason != "CreateContainerConfigError" || shown.State.Waiting.Message != "unable to find target container main" {
			t.Errorf("without its target it is shown as %+v", shown.State)
		}
		time.Sleep(time.Minute)
		w.wantTimeline("0s started init 0", "2s started alone 0", "3s exited alone 0: 0", "5s exited init 0: 0", "5s started main 0",
			"12s started look 0", "32s exited look 0: 1")
		look := status.Container(w.pod("p"), "look")
		seen, err := w.node.engine.ContainerInspect(t.Context(), instanceID(look.ContainerID))
		if err != nil {
			t.Fatal(err)
		}
		main := instanceID(status.Container(w.pod("p"), "main").ContainerID)
		if got := string(seen.HostConfig.PidMode); got != "container:"+main {
			t.Errorf("it sees the processes of %q, not of %s", got, main)
		}
		if got := w.pod("p").Status.Phase; got != corev1.PodRunning {
			t.Errorf("the pod is %s", got)
		}
		w.delete("p", -1)
		w.awaitGone("p")
		w.wantNothingLeft()
	})
}
