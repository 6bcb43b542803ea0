package runtime

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/engine/enginetest"
	"github.com/podsim/podsim/runtime/plan"
	"github.com/podsim/podsim/runtime/status"
)

const withImageVolume = `
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  volumes: [{name: files, image: {reference: "example.org/files:1", pullPolicy: Never}}]
  containers:
  - {name: mounts, image: "busybox:1.36", volumeMounts: [{name: files, mountPath: /files}]}
  - {name: other, image: "busybox:1.36"}
`

// An image is copied once, whatever is started how often, also by the next node; without it only those wait that mount it (S11.46).
func TestAnImageVolumeIsFilledOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		var saved atomic.Int64
		w.machine.Intercept(func(_ context.Context, call enginetest.Call) error {
			if call.Method == "ImageSave" {
				saved.Add(1)
			}
			return nil
		})
		w.machine.Script("mounts", runFor(30*time.Second, 1))
		w.create(withImageVolume)
		time.Sleep(5 * time.Second)
		pod := w.pod("p")
		if waiting := status.Container(pod, "mounts").State.Waiting; waiting == nil || waiting.Reason != plan.ReasonErrImageNeverPull {
			t.Errorf("without the image: %+v", status.Container(pod, "mounts").State)
		}
		if status.Container(pod, "other").State.Running == nil {
			t.Errorf("the other: %+v", status.Container(pod, "other").State)
		}
		w.wantEvent("p", `Warning ErrImageNeverPull : Container image "example.org/files:1" is not present with pull policy of Never`)
		w.wantEvent("p", "Warning Failed spec.containers{mounts}: Error: ErrImageNeverPull")

		w.machine.AddImage("example.org/files:1", enginetest.Image{})
		w.awaitPhase("p", corev1.PodRunning)
		time.Sleep(2 * time.Minute)
		w.restart(0)
		time.Sleep(5 * time.Minute)
		if got := status.Container(w.pod("p"), "mounts").RestartCount; got < 2 {
			t.Errorf("it was restarted %d times", got)
		}
		if saved.Load() != 1 {
			t.Errorf("the image was copied %d times", saved.Load())
		}
	})
}
