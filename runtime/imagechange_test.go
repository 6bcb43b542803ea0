package runtime

import (
	"errors"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/engine/enginetest"
	"github.com/podsim/podsim/runtime/status"
)

const changeable = `
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  terminationGracePeriodSeconds: 5
  initContainers:
  - {name: init, image: "busybox:1.36"}
  - {name: side, image: "busybox:1.36", restartPolicy: Always}
  containers:
  - {name: a, image: "busybox:1.36", lifecycle: {preStop: {exec: {command: [finish]}}}}
  - {name: b, image: "busybox:1.36"}
`

// setImage changes the image of a container of pod p, as the API does it.
func (w *world) setImage(container, image string) {
	w.Helper()
	_, err := w.node.UpdatePod(w.Context(), "default", "p", func(pod *corev1.Pod) error {
		c, _ := podspec.FindContainer(pod, container)
		c.Image = image
		pod.Generation++
		return nil
	})
	if err != nil {
		w.Fatal(err)
	}
}

// changing runs pod p, of whose init container every run ends at once, and lets the story begin a minute later.
func changing(t *testing.T, manifest string, story func(*world)) {
	inWorld(t, func(w *world) {
		w.machine.AddImage("busybox:2", enginetest.Image{})
		w.machine.Script("init", func(int) enginetest.Run { return enginetest.Run{} })
		w.answers(map[string]enginetest.ExecResult{"finish": {Takes: time.Second}})
		w.create(manifest)
		w.awaitPhase("p", corev1.PodRunning)
		time.Sleep(time.Minute - time.Since(w.begun))
		story(w)
	})
}

func TestAContainerIsStartedAgainWithItsNewImage(t *testing.T) {
	changing(t, changeable, func(w *world) {
		w.setImage("a", "busybox:2")
		time.Sleep(time.Minute)
		w.wantTimeline("0s started init 0", "0s exited init 0: 0", "0s started side 0", "0s started a 0", "0s started b 0",
			"1m1s signalled a 0: TERM", "1m1s exited a 0: 0", "1m1s started a 1") // its preStop hook came first (S7.6)
		w.wantEvent("p", "Normal Killing spec.containers{a}: Container a definition changed, will be restarted")
		w.wantEvent("p", `Normal Pulled spec.containers{a}: Container image "busybox:2" already present on machine and can be accessed by the pod`)
		pod := w.pod("p")
		a := status.Container(pod, "a")
		if a.Image != "busybox:2" || a.RestartCount != 1 || a.State.Running == nil || a.LastTerminationState.Terminated == nil {
			t.Errorf("it is shown as %+v", a)
		}
		if pod.Status.ObservedGeneration != 2 {
			t.Errorf("the generation that is observed is %d", pod.Status.ObservedGeneration)
		}
	})
}

func TestASidecarIsStartedAgainWithItsNewImage(t *testing.T) {
	changing(t, strings.Replace(changeable, "spec:", "spec:\n  restartPolicy: Never", 1), func(w *world) {
		w.setImage("side", "busybox:2")
		w.setImage("init", "busybox:2") // which is over
		time.Sleep(time.Minute)
		w.wantTimeline("0s started init 0", "0s exited init 0: 0", "0s started side 0", "0s started a 0", "0s started b 0",
			"1m0s signalled side 0: TERM", "1m0s exited side 0: 0", "1m0s started side 1")
		w.wantEvent("p", "Normal Killing spec.initContainers{side}: Init container side definition changed") // S4.19
		if image := status.Container(w.pod("p"), "init").Image; image != "busybox:1.36" {
			t.Errorf("init is shown with image %s, which it did not run", image)
		}
	})
}

func TestUnderNeverAMainIsStartedAgainWithItsNewImage(t *testing.T) { // S4.34
	changing(t, strings.Replace(changeable, "spec:", "spec:\n  restartPolicy: Never", 1), func(w *world) {
		w.setImage("b", "busybox:2")
		time.Sleep(time.Minute)
		if b := status.Container(w.pod("p"), "b"); b.RestartCount != 1 || b.State.Running == nil || w.pod("p").Status.Phase != corev1.PodRunning {
			t.Errorf("it is shown as %+v", b)
		}
	})
}

func TestAnImageThatIsNotToBeHadIsReplacedAtOnce(t *testing.T) {
	changing(t, changeable, func(w *world) {
		w.machine.Serve("busybox:nosuch", enginetest.Pull{Err: errors.New("not found")})
		w.setImage("b", "busybox:nosuch")
		time.Sleep(30 * time.Second)
		b := status.Container(w.pod("p"), "b")
		if b.State.Waiting == nil || b.State.Waiting.Reason != "ImagePullBackOff" || b.Image != "busybox:1.36" || b.LastTerminationState.Terminated == nil {
			t.Fatalf("without its image it is shown as %+v", b)
		}
		asked := time.Since(w.begun)
		w.setImage("b", "busybox:2")
		starts := w.startTimes("b")
		if len(starts) != 2 || starts[1] != asked { // no back-off of the other image holds it (S5.6, S5.12)
			t.Errorf("it was started at %v, the image changed at %v", starts, asked)
		}
	})
}

func TestACrashWhileAContainerChangesItsImage(t *testing.T) {
	changing(t, changeable, func(w *world) {
		w.machine.Script("b", ignoresStop)
		w.setImage("a", "busybox:2") // all of this goes well: nobody starts it once more
		time.Sleep(time.Minute)
		w.crash()
		w.boot()
		time.Sleep(time.Minute)
		if starts := w.startTimes("a"); len(starts) != 2 {
			t.Errorf("a was started at %v", starts)
		}
		w.setImage("side", "busybox:2")
		w.setImage("b", "busybox:2")
		time.Sleep(time.Second)
		w.crash() // while b is being stopped
		w.boot()
		time.Sleep(time.Minute)
		if starts := w.startTimes("b"); len(starts) != 2 || status.Container(w.pod("p"), "b").Image != "busybox:2" {
			t.Errorf("b was started at %v and shows %s", starts, status.Container(w.pod("p"), "b").Image)
		}
		if starts := w.startTimes("side"); len(starts) != 2 {
			t.Errorf("side was started at %v", starts)
		}
	})
}
