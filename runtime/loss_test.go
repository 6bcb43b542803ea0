package runtime

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/engine/enginetest"
)

// loseSandbox kills the pod's newest sandbox from outside.
func (w *world) loseSandbox() {
	w.Helper()
	all := w.sandboxes()
	if err := w.machine.Kill(all[len(all)-1], "KILL"); err != nil {
		w.Fatal(err)
	}
}

func manifestWithPolicy(policy string) string {
	return `
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  restartPolicy: ` + policy + `
  terminationGracePeriodSeconds: 5
  initContainers:
  - {name: init, image: "busybox:1.36"}
  - {name: side, image: "busybox:1.36", restartPolicy: Always}
  containers:
  - {name: done, image: "busybox:1.36"}
  - {name: main, image: "busybox:1.36"}
`
}

func TestALostSandboxIsReplacedAndEverythingRunsAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("init", runFor(time.Second, 0))
		w.machine.Script("done", runFor(time.Second, 0))
		w.machine.Script("main", func(int) enginetest.Run {
			return enginetest.Run{For: enginetest.Forever, StopTakes: 2 * time.Second, StopCode: 143}
		})
		w.up(manifestWithPolicy("OnFailure"))
		before := w.pod("p").Status.PodIP
		w.loseSandbox()
		time.Sleep(20 * time.Second)
		w.wantTimeline("0s started init 0", "1s exited init 0: 0", "1s started side 0", "1s started done 0", "1s started main 0",
			"2s exited done 0: 0",
			"10s signalled main 0: TERM", "12s exited main 0: 143", "12s signalled side 0: TERM", "12s exited side 0: 0", // S4.51, S8.16
			"12s started init 1", "13s exited init 1: 0", "13s started side 1", "13s started main 1") // S4.51, S4.52
		pod := w.pod("p")
		if pod.Status.Phase != corev1.PodRunning || pod.Status.PodIP == before {
			w.Errorf("it is %s at %s, before at %s", pod.Status.Phase, pod.Status.PodIP, before)
		}
		if len(w.sandboxes()) != 2 {
			w.Errorf("it had %d sandboxes", len(w.sandboxes()))
		}
		w.delete("p", -1)
		w.awaitGone("p")
		w.wantNothingLeft()
	})
}

func TestALostSandboxUnderNeverEndsThePod(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("init", runFor(time.Second, 0))
		w.machine.Script("done", runFor(time.Second, 0))
		w.up(manifestWithPolicy("Never"))
		w.loseSandbox()
		w.awaitPhase("p", corev1.PodSucceeded) // S4.53: all mains ended with 0
		if len(w.sandboxes()) != 1 || len(w.startTimes("init")) != 1 {
			w.Errorf("it had %d sandboxes (S4.53)", len(w.sandboxes()))
		}
	})
}

func TestALostSandboxIsNotReplacedWhenNothingIsLeftToRun(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("init", runFor(time.Second, 0))
		w.machine.Script("done", runFor(time.Second, 0))
		w.machine.Script("main", runFor(20*time.Second, 0))
		w.machine.Script("side", ignoresStop)
		w.up(manifestWithPolicy("OnFailure"))
		time.Sleep(12 * time.Second) // the mains are done, the sidecar is being stopped
		w.loseSandbox()
		w.awaitPhase("p", corev1.PodSucceeded)
		if len(w.sandboxes()) != 1 {
			w.Errorf("it had %d sandboxes (S4.54)", len(w.sandboxes()))
		}
	})
}

func TestAnInstanceThatSomebodyRemovedIsStartedAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		w.up(oneMain)
		history := w.machine.History()
		for _, s := range history {
			if s.Container == "main" && s.Action == enginetest.Started {
				if err := w.machine.Remove(s.ID); err != nil {
					w.Fatal(err)
				}
			}
		}
		time.Sleep(time.Second)
		if diff := cmp.Diff([]time.Duration{0, 10 * time.Second}, w.startTimes("main")); diff != "" {
			w.Error(diff)
		}
		last := w.pod("p").Status.ContainerStatuses[0]
		if last.RestartCount != 1 {
			w.Errorf("got %+v", last)
		}
	})
}
