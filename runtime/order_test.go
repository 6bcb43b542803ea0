package runtime

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/engine/enginetest"
)

// runFor is a script whose every attempt runs for a while and ends with a code.
func runFor(d time.Duration, code int) func(int) enginetest.Run {
	return func(int) enginetest.Run { return enginetest.Run{For: d, Code: code} }
}

func (w *world) wantTimeline(want ...string) {
	w.Helper()
	if diff := cmp.Diff(want, w.timeline()); diff != "" {
		w.Error(diff)
	}
}

const initsManifest = `
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  restartPolicy: Never
  initContainers:
  - {name: a, image: "busybox:1.36"}
  - {name: b, image: "busybox:1.36"}
  containers:
  - {name: m1, image: "busybox:1.36"}
  - {name: m2, image: "busybox:1.36"}
`

func TestInitsRunOneByOneAndMainsTogether(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("a", runFor(2*time.Second, 0))
		w.machine.Script("b", runFor(3*time.Second, 0))
		w.machine.Script("m1", runFor(4*time.Second, 0))
		w.machine.Script("m2", runFor(5*time.Second, 0))
		w.create(initsManifest)
		w.awaitPhase("p", corev1.PodSucceeded)
		w.wantTimeline("0s started a 0", "2s exited a 0: 0", "2s started b 0", "5s exited b 0: 0",
			"5s started m1 0", "5s started m2 0", "9s exited m1 0: 0", "10s exited m2 0: 0")
		w.delete("p", -1)
		w.awaitGone("p")
		w.wantNothingLeft()
	})
}

func TestAFailedInitUnderNeverEndsThePod(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("a", runFor(time.Second, 3))
		w.create(initsManifest)
		w.awaitPhase("p", corev1.PodFailed)
		w.wantTimeline("0s started a 0", "1s exited a 0: 3")
	})
}
