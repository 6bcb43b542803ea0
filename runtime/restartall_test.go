package runtime

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/engine/enginetest"
	"github.com/podsim/podsim/runtime/status"
)

const restartAllManifest = `
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  restartPolicy: Never
  initContainers:
  - {name: i, image: "busybox:1.36"}
  containers:
  - name: m
    image: "busybox:1.36"
    restartPolicy: Never
    restartPolicyRules: [{action: RestartAllContainers, exitCodes: {operator: In, values: [42]}}]
  - {name: o, image: "busybox:1.36", lifecycle: {preStop: {exec: {command: [finish]}}}}
`

// failsOnce lets the first attempt of m exit with 42 after two seconds, and all others run.
func failsOnce(attempt int) enginetest.Run {
	if attempt == 0 {
		return enginetest.Run{For: 2 * time.Second, Code: 42}
	}
	return enginetest.Run{For: enginetest.Forever}
}

func TestAnExitCodeRestartsAllContainers(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("i", runFor(time.Second, 0))
		w.machine.Script("m", failsOnce)
		w.machine.Script("o", ignoresStop)
		w.machine.OnExec(func(x enginetest.Exec) enginetest.ExecResult {
			if x.Command[0] == "finish" {
				t.Error("a preStop hook ran (S4.61)")
			}
			return enginetest.ExecResult{}
		})
		w.create(restartAllManifest)
		time.Sleep(20 * time.Second)
		w.wantTimeline("0s started i 0", "1s exited i 0: 0", "1s started m 0", "1s started o 0", "3s exited m 0: 42", "3s signalled o 0: TERM",
			"5s signalled o 0: KILL", "5s exited o 0: 137", "5s started i 1", "6s exited i 1: 0", "6s started m 1", "6s started o 1") // S4.61, S4.62, S4.63
		pod := w.pod("p")
		for _, name := range []string{"i", "m", "o"} {
			c := status.Container(pod, name)
			if last := c.LastTerminationState.Terminated; c.RestartCount != 1 || last == nil || last.Reason != "RestartingAllContainers" || last.ExitCode != 137 {
				t.Errorf("%s is shown with %d restarts and %+v before (S3.56, S4.64)", name, c.RestartCount, last)
			}
		}
		if got := len(w.sandboxes()); got != 1 {
			t.Errorf("there were %d sandboxes (S4.62)", got)
		}
		w.wantEvent("p", "Normal Killing spec.containers{o}: killing")
		w.wantShown("p", corev1.PodCondition{Type: corev1.AllContainersRestarting, Status: corev1.ConditionTrue})
	})
}

// wantShown checks that a condition was published at some time.
func (w *world) wantShown(name string, want corev1.PodCondition) {
	w.Helper()
	for _, s := range w.sights(name) {
		for _, c := range s.pod.Status.Conditions {
			if c.Type == want.Type && c.Status == want.Status {
				return
			}
		}
	}
	w.Errorf("%s=%s was never published", want.Type, want.Status)
}

func TestANodeThatTakesOverGoesOnWithRestartingAll(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("i", runFor(time.Second, 0))
		w.machine.Script("m", failsOnce)
		w.machine.Script("o", ignoresStop)
		w.create(restartAllManifest)
		time.Sleep(4 * time.Second) // o has its stop signal
		w.restart(time.Second)
		time.Sleep(20 * time.Second)
		if got := w.startTimes("m"); len(got) != 2 {
			t.Errorf("m was started at %v", got)
		}
		if c := status.Container(w.pod("p"), "i"); c.RestartCount != 1 {
			t.Errorf("i was started %d times again", c.RestartCount)
		}
	})
}
