package runtime

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/engine/enginetest"
	"github.com/podsim/podsim/runtime/status"
)

// wantWaits checks how long a container waited for each restart after the end of an instance that had run for a while: the back-off, in
// seconds, and not more beside it than a kubelet may take to look again, half of the last hop (S5.8).
func wantWaits(t *testing.T, starts []time.Duration, ran time.Duration, backOffs ...int) {
	t.Helper()
	if len(starts) <= len(backOffs) {
		t.Fatalf("it was only started at %v", starts)
	}
	for i, seconds := range backOffs {
		backOff := time.Duration(seconds) * time.Second
		waited := starts[i+1] - starts[i] - ran
		if waited < backOff || waited > backOff+min(backOff, time.Minute)/2 {
			t.Errorf("restart %d came after %v, back-off %v", i+1, waited, backOff)
		}
	}
}

func TestTheBackOffScheduleOfAContainerThatCrashes(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", runFor(time.Second, 1))
		w.create(oneMain)
		time.Sleep(20 * time.Minute)
		wantWaits(w.T, w.startTimes("main"), time.Second, 0, 10, 20, 40, 80, 160, 300, 300) // S5.1, S5.2
	})
}

func TestTheBackOffOfACrashIsShown(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", runFor(time.Second, 1))
		w.create(oneMain)
		time.Sleep(5 * time.Second)
		got := w.pod("p").Status
		want := "back-off 10s restarting failed container=main pod=p_default(" + string(w.pod("p").UID) + ")"
		if waiting := got.ContainerStatuses[0].State.Waiting; waiting == nil || waiting.Message != want {
			w.Errorf("got %+v, want %q (S5.9)", got.ContainerStatuses[0].State, want)
		}
		if got.Phase != corev1.PodRunning {
			w.Errorf("its phase is %s (S3.10)", got.Phase)
		}
	})
}

func TestTenMinutesOfHealthResetTheBackOff(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", func(attempt int) enginetest.Run {
			if attempt == 2 {
				return enginetest.Run{For: 601 * time.Second, Code: 1}
			}
			return enginetest.Run{For: time.Second, Code: 1}
		})
		w.create(oneMain)
		time.Sleep(20 * time.Minute)
		starts := w.startTimes("main")
		wantWaits(w.T, starts[:3], time.Second, 0, 10)
		wantWaits(w.T, starts[2:4], 601*time.Second, 0) // S5.4
		wantWaits(w.T, starts[3:], time.Second, 10)
	})
}

func TestTheCapOfTheBackOffCanBeLowered(t *testing.T) {
	inWorld(t, func(w *world) {
		w.crash()
		w.options.MaxRestartBackoff = 2 * time.Second
		w.boot()
		w.machine.Script("main", runFor(time.Second, 1))
		w.create(oneMain)
		time.Sleep(15 * time.Second)
		wantWaits(w.T, w.startTimes("main"), time.Second, 0, 2, 2, 2) // S5.10
	})
}

const deadlineManifest = `
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  activeDeadlineSeconds: 20
  terminationGracePeriodSeconds: 5
  initContainers:
  - {name: side, image: "busybox:1.36", restartPolicy: Always}
  - {name: init, image: "busybox:1.36"}
  containers:
  - {name: main, image: "busybox:1.36"}
`

func TestAPodPastItsDeadlineFails(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("side", func(int) enginetest.Run { return enginetest.Run{For: enginetest.Forever, StopCode: 143} })
		w.machine.Script("init", runFor(time.Second, 0))
		w.machine.Script("main", stopsIn(4*time.Second))
		w.create(deadlineManifest)
		time.Sleep(22 * time.Second)
		if got := w.pod("p").Status; got.Phase != corev1.PodRunning || got.Reason != "" {
			w.Errorf("while it stops it is %s (%s) (S3.12)", got.Phase, got.Reason)
		}
		w.awaitPhase("p", corev1.PodFailed)
		got := w.pod("p").Status
		if got.Reason != "DeadlineExceeded" || got.Message != "Pod was active on the node longer than the specified deadline" {
			w.Errorf("it failed for %q: %q (S8.40)", got.Reason, got.Message)
		}
		for name, want := range map[string]string{"side": "Error 143", "main": "Completed 0"} { // the reason is the pod's alone (S3.57)
			ended := status.Container(w.pod("p"), name).State.Terminated
			if ended == nil || fmt.Sprint(ended.Reason, " ", ended.ExitCode) != want {
				w.Errorf("%s ends as %+v, not %s", name, ended, want)
			}
		}
		w.wantTimeline("0s started side 0", "0s started init 0", "1s exited init 0: 0", "1s started main 0", "20s signalled main 0: TERM",
			"24s exited main 0: 0", "24s signalled side 0: TERM", "24s exited side 0: 143")
		w.delete("p", -1)
		w.awaitGone("p")
		w.wantNothingLeft()
	})
}

func TestTheDeadlineHoldsDuringInit(t *testing.T) {
	inWorld(t, func(w *world) {
		w.create(deadlineManifest)
		w.awaitPhase("p", corev1.PodFailed)
		if got := w.pod("p").Status; got.Reason != "DeadlineExceeded" {
			w.Errorf("it failed for %q (S8.40)", got.Reason)
		}
	})
}
