package runtime

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/engine/enginetest"
)

const gatedManifest = `
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  restartPolicy: Never
  initContainers:
  - name: side
    image: "busybox:1.36"
    restartPolicy: Always
    startupProbe: {exec: {command: [check]}, periodSeconds: 2, failureThreshold: 3}
  - {name: init, image: "busybox:1.36"}
  containers:
  - {name: main, image: "busybox:1.36"}
`

// passesAfter answers a probe with success once the world is old enough.
func (w *world) passesAfter(d time.Duration) {
	w.machine.OnExec(func(x enginetest.Exec) enginetest.ExecResult {
		if x.Container == "side" && time.Since(w.begun) < d {
			return enginetest.ExecResult{Code: 1, Stdout: "not yet"}
		}
		return enginetest.ExecResult{}
	})
}

func TestAStartupProbeOfASidecarHoldsWhatFollows(t *testing.T) {
	inWorld(t, func(w *world) {
		w.takes("ContainerStart", 300*time.Millisecond) // so that the first tick finds nothing
		w.passesAfter(3 * time.Second)
		w.machine.Script("init", runFor(time.Second, 0))
		w.machine.Script("main", runFor(time.Second, 0))
		w.create(gatedManifest)
		w.awaitPhase("p", corev1.PodSucceeded)
		w.wantTimeline("600ms started side 0", "4.6s started init 0", "5.6s exited init 0: 0", "5.9s started main 0", "6.9s exited main 0: 0",
			"6.9s signalled side 0: TERM", "6.9s exited side 0: 0")
	})
}

func TestASidecarThatFailsItsStartupProbeIsStartedAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		w.takes("ContainerStart", 300*time.Millisecond)
		w.passesAfter(7 * time.Second)
		w.machine.Script("init", runFor(time.Second, 0))
		w.machine.Script("main", runFor(time.Second, 0))
		w.create(gatedManifest)
		w.awaitPhase("p", corev1.PodSucceeded)
		w.wantTimeline("600ms started side 0", "6.3s signalled side 0: TERM", "6.3s exited side 0: 0", "6.6s started side 1",
			"8.6s started init 0", "9.6s exited init 0: 0", "9.9s started main 0", "10.9s exited main 0: 0",
			"10.9s signalled side 1: TERM", "10.9s exited side 1: 0")
	})
}

func TestAMainThatFailsItsStartupProbeIsStartedAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		w.takes("ContainerStart", 300*time.Millisecond)
		w.machine.OnExec(func(x enginetest.Exec) enginetest.ExecResult {
			if x.Container == "main" && x.Attempt == 0 {
				return enginetest.ExecResult{Code: 1}
			}
			return enginetest.ExecResult{}
		})
		w.create(`
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  restartPolicy: OnFailure
  containers:
  - name: main
    image: "busybox:1.36"
    startupProbe: {exec: {command: [check]}, periodSeconds: 1, failureThreshold: 2}
`)
		w.await("p", "ready", func(pod *corev1.Pod) bool {
			return len(pod.Status.ContainerStatuses) > 0 && pod.Status.ContainerStatuses[0].Ready
		})
		w.wantTimeline("600ms started main 0", "2.3s signalled main 0: TERM", "2.3s exited main 0: 0", "2.6s started main 1") // S4.34
	})
}

const threeSidecars = `
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 10
  initContainers:
  - {name: s1, image: "busybox:1.36", restartPolicy: Always}
  - {name: s2, image: "busybox:1.36", restartPolicy: Always}
  - {name: s3, image: "busybox:1.36", restartPolicy: Always}
  containers:
  - {name: main, image: "busybox:1.36"}
`

// stopsIn is a script that runs until it is told to stop and takes a while for that.
func stopsIn(d time.Duration) func(int) enginetest.Run {
	return func(int) enginetest.Run { return enginetest.Run{For: enginetest.Forever, StopTakes: d} }
}

func ignoresStop(int) enginetest.Run {
	return enginetest.Run{For: enginetest.Forever, IgnoresStop: true}
}

func TestASidecarRestartsUnderNever(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("s2", func(attempt int) enginetest.Run {
			if attempt == 0 {
				return enginetest.Run{For: 5 * time.Second}
			}
			return enginetest.Run{For: enginetest.Forever}
		})
		w.create(threeSidecars)
		time.Sleep(time.Minute)
		if diff := cmp.Diff([]time.Duration{0, 5 * time.Second}, w.startTimes("s2")); diff != "" {
			w.Errorf("(S4.18):\n%s", diff)
		}
		if pod := w.pod("p"); pod.Status.Phase != corev1.PodRunning || pod.Status.InitContainerStatuses[1].RestartCount != 1 {
			w.Errorf("the pod is %s after %d restarts", pod.Status.Phase, pod.Status.InitContainerStatuses[1].RestartCount)
		}
	})
}

func TestCompletionStopsSidecarsInReverseOrder(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", runFor(5*time.Second, 0))
		for _, name := range []string{"s1", "s2", "s3"} {
			w.machine.Script(name, stopsIn(2*time.Second))
		}
		w.create(threeSidecars)
		w.awaitPhase("p", corev1.PodSucceeded)
		w.wantTimeline("0s started s1 0", "0s started s2 0", "0s started s3 0", "0s started main 0", "5s exited main 0: 0",
			"5s signalled s3 0: TERM", "7s exited s3 0: 0", "7s signalled s2 0: TERM", "9s exited s2 0: 0",
			"9s signalled s1 0: TERM", "11s exited s1 0: 0") // S8.13, S8.30
		w.delete("p", -1)
		w.awaitGone("p")
		w.wantNothingLeft()
	})
}

func TestSidecarsShareOneGracePeriod(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", stopsIn(7*time.Second))
		w.machine.Script("s3", ignoresStop)
		w.machine.Script("s2", ignoresStop)
		w.create(threeSidecars)
		w.awaitPhase("p", corev1.PodRunning)
		time.Sleep(10*time.Second - time.Since(w.begun))
		w.delete("p", -1)
		w.awaitGone("p")
		got := w.timeline()[4:]
		atTwenty := got[3:6] // in any order
		want := []string{"10s signalled main 0: TERM", "17s exited main 0: 0", "17s signalled s3 0: TERM"}
		if diff := cmp.Diff(want, got[:3]); diff != "" {
			w.Errorf("(S8.15):\n%s", diff)
		}
		// At 20 s the period is over: s3 is killed, s2 and s1 are signalled, and s2 gets its two seconds (S8.14).
		for _, line := range append(atTwenty, got[6:]...) {
			switch line {
			case "20s signalled s3 0: KILL", "20s exited s3 0: 137", "20s signalled s2 0: TERM", "20s signalled s1 0: TERM", "20s exited s1 0: 0",
				"22s signalled s2 0: KILL", "22s exited s2 0: 137":
			default:
				w.Errorf("unexpected: %s", line)
			}
		}
		if len(got) != 10 {
			w.Errorf("%d things happened:\n%v", len(got), got)
		}
		w.wantNothingLeft()
	})
}

func TestNothingIsStartedOnceTheEndBegan(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", stopsIn(8*time.Second))
		w.machine.Script("s1", runFor(12*time.Second, 1))
		w.create(threeSidecars)
		w.awaitPhase("p", corev1.PodRunning)
		time.Sleep(10*time.Second - time.Since(w.begun))
		w.delete("p", -1) // s1 crashes two seconds later
		w.awaitGone("p")
		if got := w.startTimes("s1"); len(got) != 1 {
			w.Errorf("s1 was started at %v (S8.17)", got)
		}
		w.wantNothingLeft()
	})
}
