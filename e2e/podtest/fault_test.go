package podtest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/e2e/podtest"
)

const frail = `
apiVersion: v1
kind: Pod
metadata: {name: frail}
spec:
  terminationGracePeriodSeconds: 2
  volumes: [{name: memory, emptyDir: {medium: Memory, sizeLimit: 1Mi}}, {name: disk, emptyDir: {}}]
  containers:
  - name: app
    image: busybox:1.36
    command: [sh, -c, "trap 'echo got USR1' USR1; trap 'exit 0' TERM; echo begun; while :; do sleep 0.1; done"]
    resources: {limits: {memory: 32Mi}}
    volumeMounts: [{name: memory, mountPath: /memory}]
  - {name: peer, image: "busybox:1.36", command: [sleep, "3600"]}
`

// restarted waits until the container has been restarted so often, and returns how it ended before.
func restarted(pod *podtest.Pod, container string, times int32) (end corev1.ContainerStateTerminated) {
	pod.WaitFor(func(now *corev1.Pod) bool {
		for _, c := range now.Status.ContainerStatuses {
			if c.Name == container && c.RestartCount >= times && c.State.Running != nil && c.LastTerminationState.Terminated != nil {
				end = *c.LastTerminationState.Terminated
				return true
			}
		}
		return false
	})
	return end
}

func TestFaultsAreDoneAndUndone(t *testing.T) {
	t.Parallel()
	pod := podtest.Up(t, podtest.YAML(frail), podtest.Patience(2*time.Minute))
	pod.WaitReady()
	app, peer := pod.Container("app"), pod.Container("peer")

	app.WaitLog("begun")
	app.Signal("USR1")
	app.WaitLog("got USR1")
	app.Kill()
	if end := restarted(pod, "app", 1); end.ExitCode != 137 || end.Reason != "Error" {
		t.Errorf("killed, it ended with %+v", end)
	}

	app.Pause()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if _, err := app.ExecContext(ctx, nil, "true"); err == nil || !strings.Contains(err.Error(), "container app is frozen: Resume thaws it") {
		t.Errorf("a command in a frozen container: %v", err)
	}
	app.Resume()
	if got := app.Exec("true"); got.Code != 0 {
		t.Errorf("after it was thawed: %+v", got)
	}

	const unlimited = "Pod.FillVolume: volume disk has no limit, and would take all of the machine's disk or memory: say how many bytes, or"
	if err := app.SignalContext(ctx, ""); err == nil || !strings.Contains(err.Error(), `"" is no signal`) {
		t.Errorf("an empty signal: %v", err)
	}
	if err := pod.FillVolumeContext(ctx, "disk", 0); err == nil || !strings.Contains(err.Error(), unlimited) {
		t.Errorf("all of a volume without a limit: %v", err)
	}
	const write = "echo line >/memory/log"
	pod.FillVolume("memory", 0)
	if got := app.Exec("sh", "-c", write); !strings.Contains(got.Stderr, "No space left on device") {
		t.Errorf("writing to a full volume: %+v", got)
	}
	pod.MendFaults()
	if got := app.Exec("sh", "-c", write); got.Code != 0 {
		t.Errorf("writing to a volume that was full: %+v", got)
	}

	pod.FailPulls("busybox:1.36")
	peer.Kill()
	pod.WaitFor(func(now *corev1.Pod) bool {
		for _, c := range now.Status.ContainerStatuses {
			if c.Name == "peer" && c.State.Waiting != nil && strings.Contains(c.State.Waiting.Message, "a fault has it fail on purpose") {
				return true
			}
		}
		return false
	})
	pod.MendFaults()
	pod.WaitReady() // although the last that is known is that its image cannot be had
	restarted(pod, "peer", 1)

	app.ExhaustMemory()
	if end := restarted(pod, "app", 2); end.Reason != "OOMKilled" {
		t.Errorf("out of memory, it ended with %+v", end)
	}
	for _, want := range []string{"On purpose: container app gets SIGKILL", "No longer: container app is frozen", "On purpose: volume memory is full"} {
		if !strings.Contains(pod.Timeline(), want) {
			t.Errorf("%q is not in the timeline:\n%s", want, pod.Timeline())
		}
	}
}
