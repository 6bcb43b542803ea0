package runtime

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/engine/enginetest"
	"github.com/podsim/podsim/runtime/plan"
	"github.com/podsim/podsim/runtime/status"
)

func TestTheEndOfAContainerShowsItsReasonAndCode(t *testing.T) {
	for _, row := range []struct {
		name, reason string
		run          enginetest.Run
		phase        corev1.PodPhase
	}{
		{"with 0 (S3.50)", "Completed", enginetest.Run{For: time.Second}, corev1.PodSucceeded},
		{"with 3 (S3.51)", "Error", enginetest.Run{For: time.Second, Code: 3}, corev1.PodFailed},
		{"by SIGKILL from elsewhere (S3.51)", "Error", enginetest.Run{For: time.Second, Code: 137}, corev1.PodFailed},
		{"by SIGTERM from elsewhere (S3.51)", "Error", enginetest.Run{For: time.Second, Code: 143}, corev1.PodFailed},
		{"out of memory (S3.52)", "OOMKilled", enginetest.Run{For: time.Second, Code: 137, OOMKilled: true}, corev1.PodFailed},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.machine.Script("main", func(int) enginetest.Run { return row.run })
				w.create(strings.Replace(oneMain, "spec:", "spec:\n  restartPolicy: Never", 1))
				w.awaitPhase("p", row.phase)
				got := w.pod("p").Status.ContainerStatuses[0].State.Terminated
				if got == nil || got.Reason != row.reason || int(got.ExitCode) != row.run.Code || got.Signal != 0 {
					w.Errorf("it is shown as %+v", got)
				}
			})
		})
	}
}

func TestAChildThatIsOutOfMemoryTakesItsContainerWithItWhereTheKernelKillsThemTogether(t *testing.T) {
	for _, row := range []struct {
		name, cgroups string
		run           enginetest.Run
		code          int32
		phase         corev1.PodPhase
	}{
		{"that lives on (S13.28)", "2", enginetest.Run{For: time.Minute, ChildOutOfMemory: time.Second}, 137, corev1.PodFailed},
		{"that ended by itself meanwhile (S13.15)", "2", enginetest.Run{For: time.Second, OOMKilled: true}, 137, corev1.PodFailed},
		{"that lives on, cgroup v1", "1", enginetest.Run{For: time.Minute, ChildOutOfMemory: time.Second}, 0, corev1.PodSucceeded},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.crash()
				w.machine.SetCgroupVersion(row.cgroups)
				w.boot()
				w.machine.Script("main", func(int) enginetest.Run { return row.run })
				w.create(strings.Replace(oneMain, "spec:", "spec:\n  restartPolicy: Never", 1))
				w.awaitPhase("p", row.phase)
				got := w.pod("p").Status.ContainerStatuses[0].State.Terminated
				if got == nil || got.Reason != plan.ReasonOOMKilled || got.ExitCode != row.code {
					w.Errorf("it is shown as %+v", got)
				}
			})
		})
	}
}

func TestAFailureToStartIsForgottenOnceAStartSucceeded(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", func(attempt int) enginetest.Run {
			if attempt == 0 {
				return enginetest.Run{StartError: errors.New("no such directory")}
			}
			return enginetest.Run{For: 30 * time.Second, Code: 1}
		})
		w.create(oneMain)
		time.Sleep(35 * time.Second)
		var shown []string
		for _, s := range w.sights("p") {
			c := status.Container(s.pod, "main")
			if c == nil {
				continue
			}
			now := "running"
			switch {
			case c.State.Waiting != nil:
				now = c.State.Waiting.Reason
			case c.State.Terminated != nil:
				now = c.State.Terminated.Reason
			}
			if len(shown) == 0 || shown[len(shown)-1] != now {
				shown = append(shown, now)
			}
		}
		want := []string{plan.ReasonContainerCreating, plan.ReasonRunContainerError, "running", plan.ReasonError, plan.ReasonCrashLoopBackOff}
		if diff := cmp.Diff(want, shown); diff != "" {
			w.Errorf("(S3.35):\n%s", diff)
		}
	})
}

func TestOfTheDeadInstancesOfAnInitOnlyTheNewestIsKept(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("a", func(attempt int) enginetest.Run {
			if attempt < 3 {
				return enginetest.Run{For: time.Second, Code: 1}
			}
			return enginetest.Run{For: enginetest.Forever}
		})
		w.create(strings.Replace(initsManifest, "restartPolicy: Never", "restartPolicy: OnFailure", 1))
		w.await("p", "at the fourth attempt of its init", func(pod *corev1.Pod) bool {
			a := status.Container(pod, "a")
			return a != nil && a.RestartCount == 3 && a.State.Running != nil
		})
		time.Sleep(time.Second)
		left := slices.DeleteFunc(w.machine.Left(), func(name string) bool { return !strings.HasPrefix(name, "container k8s_a_") })
		if len(left) != 2 || !strings.HasSuffix(left[0], "_2") || !strings.HasSuffix(left[1], "_3") {
			w.Errorf("of its init the engine has %q (S4.24, S0.8)", left)
		}
	})
}

func TestUnderAlwaysAPodNeverCompletes(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", runFor(time.Second, 0))
		w.create(strings.Replace(threeSidecars, "restartPolicy: Never", "restartPolicy: Always", 1))
		time.Sleep(time.Hour)
		for _, s := range w.sights("p") {
			if status.Terminal(s.pod.Status.Phase) {
				w.Fatalf("after %v it is %s (S8.32)", s.at.Sub(w.begun), s.pod.Status.Phase)
			}
		}
		if got := len(w.startTimes("main")); got < 10 {
			w.Errorf("its main was started %d times (S8.32)", got)
		}
		if diff := cmp.Diff([]string{"s1", "s2", "s3"}, w.running()); diff != "" {
			w.Errorf("its sidecars (S8.32):\n%s", diff)
		}
	})
}
