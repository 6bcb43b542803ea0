package runtime

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/manifest"
	"github.com/podsim/podsim/runtime/engine/enginetest"
)

const oneMain = `
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  terminationGracePeriodSeconds: 5
  containers:
  - {name: main, image: "busybox:1.36"}
`

// up creates a pod and has it run for ten seconds.
func (w *world) up(manifest string) {
	w.Helper()
	w.create(manifest)
	w.awaitPhase("p", corev1.PodRunning)
	time.Sleep(10*time.Second - time.Since(w.begun))
}

// lastSight is the last published state of a pod, from before it was gone.
func (w *world) lastSight(name string) *corev1.Pod {
	w.Helper()
	all := w.sights(name)
	if len(all) == 0 {
		w.Fatalf("%s was never seen", name)
	}
	return all[len(all)-1].pod
}

func TestAMainThatIgnoresTheStopSignalIsKilledAfterTheGracePeriod(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", ignoresStop)
		w.up(oneMain)
		w.delete("p", -1)
		w.awaitGone("p")
		w.wantTimeline("0s started main 0", "10s signalled main 0: TERM", "15s signalled main 0: KILL", "15s exited main 0: 137") // S7.8, S8.19
		if got := w.lastSight("p").Status; got.Phase != corev1.PodFailed {
			w.Errorf("its last phase is %s (S8.21)", got.Phase)
		}
		w.wantNothingLeft()
	})
}

func TestAMainThatHandlesTheStopSignalSucceeds(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", stopsIn(3*time.Second))
		w.up(oneMain)
		w.delete("p", -1)
		w.awaitGone("p")
		w.wantTimeline("0s started main 0", "10s signalled main 0: TERM", "13s exited main 0: 0")
		if got := w.lastSight("p").Status; got.Phase != corev1.PodSucceeded {
			w.Errorf("its last phase is %s (S8.21)", got.Phase)
		}
	})
}

func TestEveryContainerGetsTwoSeconds(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", ignoresStop)
		w.up(oneMain)
		w.delete("p", 1)
		w.awaitGone("p")
		w.wantTimeline("0s started main 0", "10s signalled main 0: TERM", "12s signalled main 0: KILL", "12s exited main 0: 137") // S7.8, S8.10
	})
}

func TestDeletionWithoutGraceKillsAtOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		w.up(oneMain)
		w.delete("p", 0)
		w.awaitGone("p")
		w.wantTimeline("0s started main 0", "10s signalled main 0: KILL", "10s exited main 0: 137") // S8.3
		w.wantNothingLeft()
	})
}

func TestAPodWithoutGraceIsKilledByAPlainDeletion(t *testing.T) {
	inWorld(t, func(w *world) {
		w.up(strings.Replace(oneMain, "terminationGracePeriodSeconds: 5", "terminationGracePeriodSeconds: 0", 1))
		w.delete("p", -1)
		w.awaitGone("p")
		w.wantTimeline("0s started main 0", "10s signalled main 0: KILL", "10s exited main 0: 137") // S8.4
		w.wantNothingLeft()
	})
}

func TestASecondDeletionCanOnlyShortenTheGracePeriod(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", ignoresStop)
		w.up(oneMain)
		w.delete("p", 60)
		first := w.pod("p")
		time.Sleep(10 * time.Second)
		w.delete("p", 300)
		w.delete("p", -1) // asks for nothing new
		if got := w.pod("p"); !got.DeletionTimestamp.Equal(first.DeletionTimestamp) || *got.DeletionGracePeriodSeconds != 60 {
			t.Errorf("its deletion moved to %v with %d s", got.DeletionTimestamp, *got.DeletionGracePeriodSeconds)
		}
		time.Sleep(10 * time.Second)
		w.delete("p", 50)
		if got := w.pod("p"); got.DeletionTimestamp.Sub(first.DeletionTimestamp.Time) != -10*time.Second || got.Generation != first.Generation {
			t.Errorf("its deletion moved from %v to %v, its generation from %d to %d", first.DeletionTimestamp, got.DeletionTimestamp, first.Generation, got.Generation)
		}
		w.delete("p", 4)
		w.awaitGone("p")
		w.wantTimeline("0s started main 0", "10s signalled main 0: TERM", "34s signalled main 0: KILL", "34s exited main 0: 137") // S8.2, S8.11
	})
}

func TestTheImagesStopSignalIsUsed(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.AddImage("busybox:1.36", enginetest.Image{StopSignal: "SIGQUIT"})
		w.up(oneMain)
		w.delete("p", -1)
		w.awaitGone("p")
		w.wantTimeline("0s started main 0", "10s signalled main 0: QUIT", "10s exited main 0: 0") // S7.13
	})
}

func TestAContainersOwnStopSignalIsUsedWhereItsFeatureIsOn(t *testing.T) {
	text := strings.NewReplacer("spec:", "spec:\n  os: {name: linux}", `"busybox:1.36"`, `"busybox:1.36", lifecycle: {stopSignal: SIGUSR1}`).Replace(oneMain)
	for _, row := range []struct {
		name, signal string
		gates        podspec.FeatureGates
	}{
		{"on", "USR1", podspec.FeatureGates{podspec.ContainerStopSignals: true}},
		{"off", "QUIT", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.machine.AddImage("busybox:1.36", enginetest.Image{StopSignal: "SIGQUIT"})
				loaded, err := manifest.Load(w.Context(), []string{"-"}, manifest.Options{Stdin: strings.NewReader(text), FeatureGates: row.gates})
				if err != nil {
					w.Fatal(err)
				}
				w.createPod(loaded.Pods[0])
				time.Sleep(10 * time.Second)
				w.delete("p", -1)
				w.awaitGone("p")
				w.wantTimeline("0s started main 0", "10s signalled main 0: "+row.signal, "10s exited main 0: 0") // S7.13
			})
		})
	}
}

func TestDeletionOfAFinishedPodNeedsNoGrace(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("a", runFor(time.Second, 1))
		w.create(initsManifest)
		w.awaitPhase("p", corev1.PodFailed)
		w.delete("p", -1)
		w.awaitGone("p")
		if got := w.lastSight("p").DeletionGracePeriodSeconds; got == nil || *got != 0 {
			w.Errorf("its grace period is %v, not forced to 0 (S8.1)", got)
		}
		w.wantNothingLeft()
	})
}

func TestDeletionDuringInit(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("a", func(int) enginetest.Run {
			return enginetest.Run{For: enginetest.Forever, StopTakes: time.Second, StopCode: 143}
		})
		w.create(initsManifest)
		time.Sleep(10 * time.Second)
		w.delete("p", -1)
		w.awaitGone("p")
		w.wantTimeline("0s started a 0", "10s signalled a 0: TERM", "11s exited a 0: 143")
		last := w.lastSight("p").Status
		if last.Phase != corev1.PodFailed || last.ContainerStatuses[0].State.Waiting == nil {
			w.Errorf("it ends %s with the main %+v (S8.22)", last.Phase, last.ContainerStatuses[0].State)
		}
		w.wantNothingLeft()
	})
}

func TestDeletionInBackOffHasNothingToWaitFor(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", runFor(time.Second, 1))
		w.create(oneMain)
		time.Sleep(5 * time.Second)
		if got := w.pod("p").Status.ContainerStatuses[0].State; got.Waiting == nil || got.Waiting.Reason != "CrashLoopBackOff" {
			w.Fatalf("the main is %+v", got)
		}
		w.delete("p", -1)
		w.awaitGone("p")
		last := w.lastSight("p").Status.ContainerStatuses[0]
		if last.State.Terminated == nil || last.State.Terminated.ExitCode != 1 || last.RestartCount != 1 {
			w.Errorf("it ends with %+v (S8.18)", last)
		}
		w.wantTimeline("0s started main 0", "1s exited main 0: 1", "1s started main 1", "2s exited main 1: 1")
		w.wantNothingLeft()
	})
}

const pullingMain = `
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
  - {name: main, image: "example.com/slow:1"}
`

func TestAGracefulDeletionWaitsForThePull(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Serve("example.com/slow:1", enginetest.Pull{Takes: time.Minute})
		w.create(pullingMain)
		time.Sleep(10 * time.Second)
		w.delete("p", -1)
		w.awaitGone("p")
		if got := time.Since(w.begun); got < time.Minute || got > 62*time.Second {
			w.Errorf("it was gone after %v (S0.7)", got)
		}
		w.wantNothingLeft()
	})
}

func TestADeletionWithoutGraceDoesNotWaitForThePull(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Serve("example.com/slow:1", enginetest.Pull{Takes: time.Hour})
		w.create(pullingMain)
		time.Sleep(10 * time.Second)
		w.delete("p", 0)
		w.awaitGone("p")
		if got := time.Since(w.begun); got > 11*time.Second {
			w.Errorf("it was gone after %v (S8.3)", got)
		}
		w.wantNothingLeft()
	})
}

func TestPullsThatFailAreTriedWithBackOff(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Serve("example.com/slow:1", enginetest.Pull{Err: errors.New("no route to host")})
		w.create(pullingMain)
		time.Sleep(12 * time.Second)
		w.machine.Serve("example.com/slow:1", enginetest.Pull{})
		w.awaitPhase("p", corev1.PodRunning)
		var reasons []string
		for _, s := range w.sights("p") {
			if len(s.pod.Status.ContainerStatuses) == 0 {
				continue
			}
			reason := "running"
			if waiting := s.pod.Status.ContainerStatuses[0].State.Waiting; waiting != nil {
				reason = waiting.Reason
			}
			if !slices.Contains(reasons, reason) {
				reasons = append(reasons, reason)
			}
		}
		if diff := cmp.Diff([]string{"ContainerCreating", "ErrImagePull", "ImagePullBackOff", "running"}, reasons); diff != "" {
			w.Errorf("(S5.13):\n%s", diff)
		}
	})
}
