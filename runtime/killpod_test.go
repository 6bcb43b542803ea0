package runtime

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/engine/enginetest"
	"github.com/podsim/podsim/runtime/status"
)

const condemnedManifest = `
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  terminationGracePeriodSeconds: 3
  containers:
  - name: main
    image: "busybox:1.36"
    restartPolicy: Never
    restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [137]}}]
    livenessProbe: {exec: {command: [check]}, periodSeconds: 5, failureThreshold: 1, initialDelaySeconds: 4}
`

// A probe's kill asks the policy alone, and so stops the whole pod here; whether that is its end is up to the exit code (S3.6, S3.9,
// S4.34, S4.50).
func TestAPodThatAProbeStoppedGoesOnIfItsExitCodeSaysSo(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", ignoresStop)
		w.machine.OnExec(func(x enginetest.Exec) enginetest.ExecResult {
			if x.Attempt == 0 {
				return enginetest.ExecResult{Code: 1}
			}
			return enginetest.ExecResult{}
		})
		w.create(condemnedManifest)
		time.Sleep(30 * time.Second)
		w.wantTimeline("0s started main 0", "5s signalled main 0: TERM", "8s signalled main 0: KILL", "8s exited main 0: 137", "8s started main 1")
		if got := w.pod("p").Status.Phase; got != corev1.PodRunning {
			t.Errorf("it is %s", got)
		}
		w.wantEvent("p", "Normal SandboxChanged : Pod sandbox changed, it will be killed and re-created.")
	})
}

// Under the pod's policy Never a lost sandbox is not replaced, even if a main might run again: the pod stays Running (S3.10, S4.53).
func TestAPodWithoutASandboxStaysRunningIfAMainMayRunAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		manifest := `
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  restartPolicy: Never
  containers:
  - {name: main, image: "busybox:1.36", restartPolicy: Always}
`
		w.up(manifest)
		w.loseSandbox()
		time.Sleep(time.Minute)
		w.wantTimeline("0s started main 0", "10s signalled main 0: TERM", "10s exited main 0: 0")
		if got := w.pod("p").Status.Phase; got != corev1.PodRunning {
			t.Errorf("it is %s", got)
		}
		w.delete("p", -1)
		w.awaitGone("p")
		w.wantNothingLeft()
	})
}

// The deadline counts until the pod has ended, sidecars included (S8.40).
func TestADeadlineThatPassesWhileSidecarsStopFailsThePod(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", runFor(2*time.Second, 0))
		w.machine.Script("side", ignoresStop)
		w.create(`
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  restartPolicy: Never
  activeDeadlineSeconds: 10
  initContainers:
  - {name: side, image: "busybox:1.36", restartPolicy: Always}
  containers:
  - {name: main, image: "busybox:1.36"}
`)
		w.await("p", "at its end", func(pod *corev1.Pod) bool { return status.Terminal(pod.Status.Phase) })
		if got := w.pod("p").Status; got.Phase != corev1.PodFailed || got.Reason != "DeadlineExceeded" || time.Since(w.begun) != 32*time.Second {
			t.Errorf("after %v it is %s (%s)", time.Since(w.begun), got.Phase, got.Reason)
		}
		w.wantEvent("p", "Normal DeadlineExceeded : Pod was active on the node longer than the specified deadline")
	})
}

// A preStop hook that outlives the grace period is left to itself (S7.7).
func TestAHookThatOutlivesTheGracePeriodHoldsNothing(t *testing.T) {
	for name, hook := range map[string]string{"sleep": "sleep: {seconds: 9}", "exec": "exec: {command: [wait]}"} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.machine.OnExec(func(enginetest.Exec) enginetest.ExecResult { return enginetest.ExecResult{Takes: enginetest.Forever} })
				w.machine.Script("main", ignoresStop)
				w.up(`
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  terminationGracePeriodSeconds: 10
  containers:
  - {name: main, image: "busybox:1.36", lifecycle: {preStop: {` + hook + `}}}
`)
				w.delete("p", 5)
				w.awaitGone("p")
				w.wantTimeline("0s started main 0", "15s signalled main 0: TERM", "17s signalled main 0: KILL", "17s exited main 0: 137")
				if took := time.Since(w.begun); took > 18*time.Second {
					t.Errorf("it was gone after %v", took)
				}
			})
		})
	}
}

// The attempts of removed instances are not used again, whoever goes on with the pod (S3.36, S4.61).
func TestANodeThatTakesOverARestartOfAllCountsOn(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("i", func(attempt int) enginetest.Run { return enginetest.Run{For: time.Duration(1+9*attempt) * time.Second} })
		w.machine.Script("m", func(attempt int) enginetest.Run {
			if attempt == 0 {
				return enginetest.Run{For: 3 * time.Second, Code: 42}
			}
			return enginetest.Run{For: enginetest.Forever}
		})
		w.machine.Script("o", runFor(time.Second, 1))
		w.create(`
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  initContainers:
  - {name: i, image: "busybox:1.36"}
  containers:
  - name: m
    image: "busybox:1.36"
    restartPolicy: Always
    restartPolicyRules: [{action: RestartAllContainers, exitCodes: {operator: In, values: [42]}}]
  - {name: o, image: "busybox:1.36"}
`)
		time.Sleep(8 * time.Second) // o was started twice and waits for its back-off as all begin anew; i runs again
		w.restart(time.Second)
		time.Sleep(10 * time.Second)
		w.checkRules()
		if got := status.Container(w.pod("p"), "o").RestartCount; got < 2 {
			t.Errorf("after two starts and a restart of all it shows %d restarts", got)
		}
	})
}
