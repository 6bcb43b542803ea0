package runtime

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/runtime/engine/enginetest"
)

// restart kills the node and starts a new one after a while.
func (w *world) restart(after time.Duration) {
	w.crash()
	time.Sleep(after)
	w.boot()
}

func TestARunningPodIsAdopted(t *testing.T) {
	inWorld(t, func(w *world) {
		w.up(threeSidecars)
		before := w.pod("p")
		w.restart(time.Second)
		time.Sleep(time.Minute)
		after := w.pod("p")
		if after == nil || after.UID != before.UID {
			w.Fatalf("the pod is %v", after)
		}
		if diff := cmp.Diff(before.Status.ContainerStatuses, after.Status.ContainerStatuses); diff != "" {
			w.Error(diff)
		}
		if diff := cmp.Diff(before.Status.Conditions, after.Status.Conditions); diff != "" {
			w.Error(diff)
		}
		w.wantTimeline("0s started s1 0", "0s started s2 0", "0s started s3 0", "0s started main 0")
		w.delete("p", -1)
		w.awaitGone("p")
		w.wantNothingLeft()
	})
}

func TestAnEngineThatStumblesDuringAdoptionCostsNoPod(t *testing.T) {
	for _, method := range []string{"ContainerList", "ContainerInspect", "CopyFromContainer", "VolumeList", "NetworkList", "Events", "Info"} {
		t.Run(method, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.up(threeSidecars)
				w.crash()
				w.machine.FailNext(method, errHiccup)
				w.boot()
				time.Sleep(time.Minute)
				if pod := w.pod("p"); pod == nil || pod.Status.Phase != corev1.PodRunning {
					w.Errorf("the pod is %v", pod)
				}
				w.wantTimeline("0s started s1 0", "0s started s2 0", "0s started s3 0", "0s started main 0")
			})
		})
	}
}

func TestAnExitWhileNoNodeWasThereIsNoticed(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", runFor(11*time.Second, 0))
		w.up(threeSidecars)
		w.restart(10 * time.Second)
		w.awaitPhase("p", corev1.PodSucceeded)
		finished := w.pod("p").Status.ContainerStatuses[0].State.Terminated.FinishedAt
		if got := finished.Sub(w.begun); got != 11*time.Second {
			w.Errorf("it finished at %v", got)
		}
	})
}

const wholeLife = `
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  restartPolicy: OnFailure
  terminationGracePeriodSeconds: 5
  initContainers:
  - {name: init, image: "busybox:1.36"}
  - name: side
    image: "busybox:1.36"
    restartPolicy: Always
    startupProbe: {exec: {command: [check]}, periodSeconds: 1}
  containers:
  - {name: main, image: "busybox:1.36"}
`

// A pod with an init, a sidecar with a startup probe and a main that fails once goes through all of its life while the node crashes at
// one moment of it, which is a call to the engine.
func TestACrashAtAnyCallChangesNothingThatMatters(t *testing.T) {
	var calls int
	inWorld(t, func(w *world) { calls = w.liveWithACrashAt(0) })
	for n := 1; n <= calls; n++ {
		t.Run(fmt.Sprintf("call=%d", n), func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.liveWithACrashAt(n)
				w.checkRules()
			})
		})
	}
}

// liveWithACrashAt takes a pod through its life with a crash at the nth call; 0 is none. It returns the number of calls.
func (w *world) liveWithACrashAt(n int) int {
	w.machine.Script("init", runFor(time.Second, 0))
	w.machine.Script("main", func(attempt int) enginetest.Run {
		if attempt == 0 {
			return enginetest.Run{For: 2 * time.Second, Code: 1}
		}
		return enginetest.Run{For: 2 * time.Second}
	})
	w.machine.OnExec(func(enginetest.Exec) enginetest.ExecResult { return enginetest.ExecResult{} })
	fatal, calls := w.crashAtCall(n)
	w.create(wholeLife)
	crashed := w.survive(fatal, time.Minute)
	if w.pod("p") == nil { // nothing of it was on the engine yet
		for _, left := range w.machine.Left() {
			if !strings.HasPrefix(left, "network ") {
				w.Errorf("left on the engine: %s", left)
			}
		}
		return int(calls.Load())
	}
	if phase := w.pod("p").Status.Phase; phase != corev1.PodSucceeded {
		w.Errorf("its phase is %s:\n%s", phase, strings.Join(w.timeline(), "\n"))
	}
	w.delete("p", -1)
	if !crashed && w.survive(fatal, time.Minute) {
		if pod := w.pod("p"); pod != nil && pod.DeletionTimestamp == nil { // the node took the request with it
			w.delete("p", -1)
		}
	}
	w.awaitGone("p")
	w.wantNothingLeft()
	return int(calls.Load())
}

// crashAtCall has the node's process end at its nth call from now on, which has no effect: the channel is closed then. It counts on.
func (w *world) crashAtCall(n int) (fatal <-chan struct{}, calls *atomic.Int64) {
	calls = &atomic.Int64{}
	return w.crashWhen(func(enginetest.Call) bool { return calls.Add(1) == int64(n) }), calls
}

// crashWhen has the node's process end at the first call that the condition holds for, which has no effect: the channel is closed then.
func (w *world) crashWhen(condition func(enginetest.Call) bool) <-chan struct{} {
	fatal := make(chan struct{})
	client := w.client
	var once sync.Once
	w.machine.Intercept(func(_ context.Context, call enginetest.Call) error {
		if condition(call) {
			once.Do(func() { client.Cut(); close(fatal) })
		}
		return nil
	})
	return fatal
}

// survive lets time pass; if the node's process ends meanwhile another one is started a second later, with as much time again. It
// reports whether that happened.
func (w *world) survive(fatal <-chan struct{}, d time.Duration) bool {
	select {
	case <-fatal:
	case <-time.After(d):
		return false
	}
	w.restart(time.Second)
	time.Sleep(d)
	return true
}

func TestASandboxWhoseVolumesWereNotFilledIsNotTakenOver(t *testing.T) {
	inWorld(t, func(w *world) {
		w.up(oneMain)
		fatal := w.crashWhen(func(call enginetest.Call) bool {
			return call.Method == "CopyToContainer" && call.Target == network.Root
		})
		w.loseSandbox()
		if !w.survive(fatal, time.Minute) {
			w.Fatal("the new sandbox is not filled")
		}
		if pod := w.pod("p"); pod.Status.Phase != corev1.PodRunning || !pod.Status.ContainerStatuses[0].Ready {
			w.Errorf("the pod is %s:\n%s", pod.Status.Phase, strings.Join(w.timeline(), "\n"))
		}
		w.checkRules()
	})
}

func TestTheSuccessOfAStartupProbeIsNotInheritedByTheNextInstance(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.OnExec(func(x enginetest.Exec) enginetest.ExecResult {
			if x.Attempt == 0 || time.Since(w.begun) > time.Minute {
				return enginetest.ExecResult{}
			}
			return enginetest.ExecResult{Code: 1}
		})
		w.machine.Script("init", runFor(0, 0))
		w.machine.Script("side", func(attempt int) enginetest.Run {
			if attempt == 0 {
				return enginetest.Run{For: 5 * time.Second}
			}
			return enginetest.Run{For: enginetest.Forever}
		})
		w.create(strings.Replace(wholeLife, "periodSeconds: 1", "periodSeconds: 1, failureThreshold: 1000", 1))
		time.Sleep(5100 * time.Millisecond) // the second instance has just been started
		w.restart(0)
		time.Sleep(10 * time.Second)
		if side := w.pod("p").Status.InitContainerStatuses[1]; side.RestartCount != 1 || *side.Started {
			w.Errorf("the second instance is %+v (S6.5)", side)
		}
		time.Sleep(time.Minute)
		if side := w.pod("p").Status.InitContainerStatuses[1]; !*side.Started {
			w.Errorf("its own success is not seen: %+v (S6.5)", side)
		}
	})
}

func TestTheRestartCountOutlivesTheInstances(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", func(attempt int) enginetest.Run {
			if attempt < 2 {
				return enginetest.Run{For: 2 * time.Second, Code: 1}
			}
			return enginetest.Run{For: enginetest.Forever}
		})
		w.create(oneMain)
		time.Sleep(30 * time.Second)
		w.crash()
		for _, s := range w.machine.History() {
			if s.Container == "main" && s.Action == enginetest.Created {
				_ = w.machine.Remove(s.ID) // the oldest is gone already
			}
		}
		w.boot()
		time.Sleep(10 * time.Second)
		if got := w.pod("p").Status.ContainerStatuses[0].RestartCount; got < 3 {
			w.Errorf("it is %d, was 2 (S3.36)", got)
		}
		w.checkRules()
	})
}
