package runtime

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/runtime/engine/enginetest"
	"github.com/podsim/podsim/runtime/pause"
)

// errHiccup is what an engine says that is not well for a moment.
var errHiccup = errors.New("context deadline exceeded while asking containerd")

// running are the names of the containers that run, sandboxes left out.
func (w *world) running() []string {
	running := map[string]string{}
	for _, s := range w.machine.History() {
		switch s.Action {
		case enginetest.Started:
			running[s.ID] = s.Container
		case enginetest.Exited:
			delete(running, s.ID)
		}
	}
	var names []string
	for _, name := range running {
		if name != network.SandboxContainer {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func TestAnEngineThatStumblesOnceLosesNothing(t *testing.T) {
	for _, method := range []string{"ContainerKill", "ContainerWait", "ContainerInspect", "ContainerList", "ContainerRemove", "VolumeList", "VolumeRemove", "NetworkRemove", "CopyToContainer"} {
		t.Run("while it stops a pod: "+method, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.machine.Script("main", stopsIn(time.Second))
				w.up(strings.Replace(oneMain, "  terminationGrace", "  activeDeadlineSeconds: 20\n  terminationGrace", 1))
				time.Sleep(9900 * time.Millisecond)
				w.machine.FailNext(method, errHiccup)
				w.awaitPhase("p", corev1.PodFailed)
				if got := w.running(); len(got) > 0 {
					w.Errorf("the pod has failed and %v still runs (S3.12)", got)
				}
				w.delete("p", -1)
				w.awaitGone("p")
				w.wantNothingLeft()
			})
		})
		t.Run("while it deletes a pod: "+method, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.machine.Script("main", stopsIn(time.Second))
				w.up(oneMain)
				w.machine.FailNext(method, errHiccup)
				w.delete("p", -1)
				w.awaitPhaseOrGone("p", corev1.PodSucceeded)
				w.awaitGone("p")
				w.wantNothingLeft()
			})
		})
	}
	for _, method := range []string{"ContainerCreate", "ContainerStart", "ContainerInspect", "ImageInspect", "CopyToContainer", "NetworkCreate", "NetworkList"} {
		t.Run("while it starts a pod: "+method, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.machine.FailNext(method, errHiccup)
				w.create(threeSidecars)
				w.awaitPhase("p", corev1.PodRunning)
				if diff := cmp.Diff([]string{"main", "s1", "s2", "s3"}, w.running()); diff != "" {
					w.Error(diff)
				}
				w.delete("p", -1)
				w.awaitGone("p")
				w.wantNothingLeft()
			})
		})
	}
}

// awaitPhaseOrGone lets time pass until the pod has the phase or is gone.
func (w *world) awaitPhaseOrGone(name string, phase corev1.PodPhase) {
	w.Helper()
	w.await(name, string(phase), func(pod *corev1.Pod) bool { return pod == nil || pod.Status.Phase == phase })
	if pod := w.lastSight(name); pod.Status.Phase != phase {
		w.Errorf("its last phase was %s, not %s", pod.Status.Phase, phase)
	}
}

func TestAMissedLookDoesNotCostASandbox(t *testing.T) {
	inWorld(t, func(w *world) {
		w.up(oneMain)
		w.machine.FailNext("ContainerInspect", errHiccup) // while the node looks at everything again
		w.machine.BreakEvents()
		time.Sleep(time.Minute)
		w.wantTimeline("0s started main 0") // S4.50: only a sandbox that does not run is lost
	})
}

func TestAnExitWhileNoEventsCameIsNoticed(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", runFor(10500*time.Millisecond, 0))
		w.up(strings.Replace(oneMain, "spec:", "spec:\n  restartPolicy: Never", 1))
		w.machine.BreakEvents()
		w.awaitPhase("p", corev1.PodSucceeded)
		if got := time.Since(w.begun); got > 15*time.Second {
			w.Errorf("it took until %v", got)
		}
	})
}

func TestAStartThatIsRefusedIsTriedAgainWithBackOff(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", func(attempt int) enginetest.Run {
			if attempt < 2 {
				return enginetest.Run{StartError: errors.New(`exec: "nosuch": executable file not found in $PATH`)}
			}
			return enginetest.Run{For: enginetest.Forever}
		})
		w.create(oneMain)
		time.Sleep(5 * time.Second)
		got := w.pod("p").Status.ContainerStatuses[0]
		if got.State.Waiting == nil || got.LastTerminationState.Terminated == nil || got.LastTerminationState.Terminated.Reason != "StartError" ||
			got.LastTerminationState.Terminated.ExitCode != 128 {
			w.Errorf("got %+v (S3.53)", got)
		}
		w.await("p", "ready", func(pod *corev1.Pod) bool { return pod.Status.ContainerStatuses[0].Ready })
		wantWaits(w.T, append([]time.Duration{0}, w.startTimes("main")...), 0, 10) // S5.11
	})
}

func TestASlowEngineIsWaitedFor(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Intercept(func(ctx context.Context, call enginetest.Call) error {
			if call.Method == "ContainerStart" || call.Method == "ContainerKill" {
				pause.For(ctx, 3*time.Second)
			}
			return nil
		})
		w.create(threeSidecars)
		w.awaitPhase("p", corev1.PodRunning)
		want := []string{"6s started s1 0", "9s started s2 0", "12s started s3 0", "15s started main 0"}
		if diff := cmp.Diff(want, w.timeline()); diff != "" {
			w.Error(diff)
		}
		w.delete("p", -1)
		w.awaitGone("p")
		w.wantNothingLeft()
	})
}

func TestAContainerThatCouldNotBeStoppedIsNotStartedBesideItself(t *testing.T) {
	for _, method := range []string{"ContainerKill", "ContainerWait", "ContainerInspect"} {
		t.Run(method, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.takes("ContainerStart", 300*time.Millisecond)
				w.machine.OnExec(func(x enginetest.Exec) enginetest.ExecResult {
					if x.Attempt == 0 {
						return enginetest.ExecResult{Code: 1}
					}
					return enginetest.ExecResult{}
				})
				w.create(strings.Replace(wholeLife, "periodSeconds: 1", "periodSeconds: 2, failureThreshold: 1", 1))
				w.machine.Script("init", runFor(0, 0))
				time.Sleep(1900 * time.Millisecond) // at 2 s the sidecar fails its startup probe
				w.machine.FailNext(method, errHiccup)
				time.Sleep(time.Minute)
				w.checkRules()
				if side := w.pod("p").Status.InitContainerStatuses[1]; side.RestartCount != 1 || !side.Ready {
					w.Errorf("the sidecar is %+v", side)
				}
			})
		})
	}
}

func TestASaveThatFailedIsMadeUpFor(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", runFor(15*time.Second, 0))
		w.up(strings.Replace(oneMain, "spec:", "spec:\n  restartPolicy: Never", 1))
		w.machine.FailNext("CopyToContainer", errHiccup) // the next thing to save is the end
		w.awaitPhase("p", corev1.PodSucceeded)
		time.Sleep(time.Minute)
		a, _ := w.machine.ReadFile(w.sandboxes()[0], network.MetaDir+"/"+podRecordA)
		b, _ := w.machine.ReadFile(w.sandboxes()[0], network.MetaDir+"/"+podRecordB)
		if saved := string(a) + string(b); !strings.Contains(saved, `"phase":"Succeeded"`) {
			w.Errorf("a minute later the records of the pod still are\n%s", saved)
		}
	})
}
