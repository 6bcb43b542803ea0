package runtime

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/engine/enginetest"
)

const limitedVolume = `
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  volumes: [{name: v, emptyDir: {sizeLimit: 10Mi}}]
  initContainers:
  - {name: sidecar, image: "busybox:1.36", restartPolicy: Always}
  containers:
  - {name: main, image: "busybox:1.36", volumeMounts: [{name: v, mountPath: /v}]}
`

func TestAPodWhoseVolumeIsOverItsLimitIsEvicted(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", ignoresStop)
		w.machine.OnExec(func(x enginetest.Exec) enginetest.ExecResult {
			switch {
			case len(x.Command) < 2 || x.Command[1] != "usage":
				return enginetest.ExecResult{}
			case time.Since(w.begun) < 15*time.Second:
				return enginetest.ExecResult{Stdout: "4096\n"}
			default:
				return enginetest.ExecResult{Stdout: "20971520\n"}
			}
		})
		w.create(limitedVolume)
		w.awaitPhase("p", corev1.PodFailed)
		w.wantTimeline("0s started sidecar 0", "0s started main 0", "20s signalled main 0: TERM", "21s signalled sidecar 0: TERM",
			"21s exited sidecar 0: 0", "22s signalled main 0: KILL", "22s exited main 0: 137") // S8.14, S8.50
		const why = `Usage of EmptyDir volume "v" exceeds the limit "10Mi". `
		if s := w.pod("p").Status; s.Reason != "Evicted" || s.Message != why {
			t.Errorf("the status tells %q: %q (S8.50)", s.Reason, s.Message)
		}
		w.wantEvent("p", "Warning Evicted : "+why)
		for _, s := range w.sights("p") {
			if s.pod.Status.Reason != "" && s.pod.Status.Phase != corev1.PodFailed {
				t.Errorf("the reason shows in phase %s (S3.12)", s.pod.Status.Phase)
			}
		}
	})
}

func TestAPodWithoutLimitsOfTheDiskIsNotMeasured(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.OnExec(func(x enginetest.Exec) enginetest.ExecResult {
			if len(x.Command) > 1 && x.Command[1] == "usage" {
				t.Error("it is measured")
			}
			return enginetest.ExecResult{}
		})
		w.create(strings.Replace(limitedVolume, "{sizeLimit: 10Mi}", "{}", 1))
		time.Sleep(time.Minute)
	})
}

func TestLogsCountAsUseOfTheDisk(t *testing.T) {
	const manifest = `
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
  - {name: main, image: "busybox:1.36", resources: {limits: {ephemeral-storage: 1k}}}
`
	for name, lines := range map[string]int{"at the limit": 20, "above it": 21} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.machine.Script("main", func(int) enginetest.Run {
					return enginetest.Run{For: enginetest.Forever, Output: strings.Repeat("ten bytes\n", lines)} // 50 with what a node puts in front
				})
				w.create(manifest)
				time.Sleep(time.Minute)
				if evicted := w.pod("p").Status.Reason == "Evicted"; evicted != (lines > 20) {
					t.Errorf("evicted: %v (S8.50)", evicted)
				}
			})
		})
	}
}
