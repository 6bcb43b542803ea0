package runtime

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/engine/enginetest"
	"github.com/podsim/podsim/runtime/probe"
	"github.com/podsim/podsim/runtime/status"
)

const probedManifest = `
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  terminationGracePeriodSeconds: 4
  containers:
  - name: main
    image: "busybox:1.36"
    readinessProbe: {exec: {command: [ready]}, periodSeconds: 1}
    livenessProbe: {exec: {command: [alive]}, periodSeconds: 2, failureThreshold: 2}
`

// ready reports whether a container is shown ready.
func (w *world) ready(name, container string) bool {
	pod := w.pod(name)
	return pod != nil && status.Container(pod, container).Ready
}

func TestReadinessFollowsItsProbe(t *testing.T) {
	inWorld(t, func(w *world) {
		var code atomic.Int64
		code.Store(1)
		w.machine.OnExec(func(x enginetest.Exec) enginetest.ExecResult {
			if x.Command[0] == "ready" {
				return enginetest.ExecResult{Code: int(code.Load()), Stdout: "not yet"}
			}
			return enginetest.ExecResult{}
		})
		w.create(probedManifest)
		time.Sleep(5 * time.Second)
		if w.ready("p", "main") {
			t.Error("ready before its probe succeeded (S6.7)")
		}
		w.wantEvent("p", "Warning Unhealthy spec.containers{main}: Readiness probe failed: not yet")
		code.Store(0)
		time.Sleep(2 * time.Second)
		if !w.ready("p", "main") {
			t.Error("not ready after its probe succeeded (S6.52)")
		}
		code.Store(1)
		time.Sleep(5 * time.Second)
		if w.ready("p", "main") {
			t.Error("ready after its probe failed three times (S6.8)")
		}
		if got := w.startTimes("main"); len(got) != 1 {
			t.Errorf("it was started at %v: readiness restarts nothing (S6.52)", got)
		}
	})
}

func TestTheOutputOfAProbesCommandIsToldUpToTenKiB(t *testing.T) {
	const limit = 10 << 10
	for _, row := range []struct {
		name   string
		result enginetest.ExecResult
		want   string
	}{
		{"stdout before stderr", enginetest.ExecResult{Code: 3, Stdout: "out\n", Stderr: "err\n"}, "out\nerr\n"},
		{"no more than 10 KiB", enginetest.ExecResult{Code: 1, Stdout: strings.Repeat("o", limit-3), Stderr: "error"}, strings.Repeat("o", limit-3) + "err"},
		{"no more than 10 KiB of stdout", enginetest.ExecResult{Code: 1, Stdout: strings.Repeat("o", limit+1), Stderr: "error"}, strings.Repeat("o", limit)},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.answers(map[string]enginetest.ExecResult{"ready": row.result})
				w.create(probedManifest)
				time.Sleep(5 * time.Second)
				w.wantEvent("p", "Warning Unhealthy spec.containers{main}: Readiness probe failed: "+row.want) // S6.21
			})
		})
	}
}

func TestANewInstanceIsNotReadyBeforeItsOwnProbeSucceeds(t *testing.T) {
	inWorld(t, func(w *world) {
		w.takes("ContainerStart", 300*time.Millisecond) // so that it can be seen between the two instances
		w.machine.Script("main", func(attempt int) enginetest.Run {
			if attempt == 0 {
				return enginetest.Run{For: 5 * time.Second, Code: 1}
			}
			return enginetest.Run{For: enginetest.Forever}
		})
		w.machine.OnExec(func(x enginetest.Exec) enginetest.ExecResult {
			if x.Command[0] == "ready" && x.Attempt == 1 && time.Since(w.begun) < 10*time.Second {
				return enginetest.ExecResult{Code: 1}
			}
			return enginetest.ExecResult{}
		})
		w.create(probedManifest)
		time.Sleep(15 * time.Second)
		var shown []string
		for _, s := range w.sights("p") {
			main := status.Container(s.pod, "main")
			if main == nil {
				continue
			}
			now := fmt.Sprintf("%v running=%v ready=%v", s.at.Sub(w.begun), main.State.Running != nil, main.Ready)
			if same := strings.SplitN(now, " ", 2)[1]; len(shown) == 0 || !strings.HasSuffix(shown[len(shown)-1], same) {
				shown = append(shown, now)
			}
		}
		want := []string{"0s running=false ready=false", "600ms running=true ready=false", "600ms running=true ready=true",
			"5.6s running=false ready=false", "5.9s running=true ready=false", "10.9s running=true ready=true"}
		if diff := cmp.Diff(want, shown); diff != "" {
			w.Errorf("(S6.53):\n%s", diff)
		}
	})
}

func TestALivenessFailureRestartsTheContainer(t *testing.T) {
	inWorld(t, func(w *world) {
		w.takes("ContainerStart", 300*time.Millisecond) // so that the first tick finds nothing
		w.machine.Script("main", ignoresStop)
		w.machine.OnExec(func(x enginetest.Exec) enginetest.ExecResult {
			if x.Command[0] == "alive" && x.Attempt == 0 {
				return enginetest.ExecResult{Code: 1, Stdout: "not well"}
			}
			return enginetest.ExecResult{}
		})
		w.create(probedManifest)
		time.Sleep(30 * time.Second)
		w.wantTimeline("600ms started main 0", "4.3s signalled main 0: TERM", "8.3s signalled main 0: KILL", "8.3s exited main 0: 137",
			"8.6s started main 1") // S6.12, S6.50
		w.wantEvent("p", "Normal Killing spec.containers{main}: Container main failed liveness probe, will be restarted")
	})
}

func TestNothingElseHappensInThePodWhileAProbesKillWaits(t *testing.T) {
	inWorld(t, func(w *world) {
		w.takes("ContainerStart", 300*time.Millisecond) // so that the first tick finds nothing
		w.machine.Script("main", ignoresStop)
		w.machine.Script("other", runFor(6*time.Second, 1))
		w.answers(map[string]enginetest.ExecResult{"alive": {Code: 1}})
		w.create(probedManifest + `  - {name: other, image: "busybox:1.36"}`)
		time.Sleep(9 * time.Second)
		w.wantTimeline("600ms started main 0", "900ms started other 0", "4.3s signalled main 0: TERM", "6.9s exited other 0: 1",
			"8.3s signalled main 0: KILL", "8.3s exited main 0: 137", "8.6s started main 1", "8.9s started other 1") // S4.35
	})
}

func TestProbesComeToThePodsAddressAndItsContainersPorts(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.OnDial(func(r enginetest.Request) enginetest.Answer { return enginetest.Answer{Refused: r.Port != 80} })
		w.create(`
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
  - name: a
    image: "busybox:1.36"
    ports: [{name: web, containerPort: 80}]
    readinessProbe: {tcpSocket: {port: web}, periodSeconds: 1}
  - {name: b, image: "busybox:1.36", readinessProbe: {httpGet: {port: 80}, periodSeconds: 1}}
  - {name: c, image: "busybox:1.36", readinessProbe: {httpGet: {port: web}, periodSeconds: 1}}
  - {name: d, image: "busybox:1.36", readinessProbe: {tcpSocket: {port: 80, host: 127.0.0.1}, periodSeconds: 1}}
`)
		time.Sleep(10 * time.Second)
		for name, want := range map[string]bool{"a": true, "b": true, "c": false, "d": false} {
			if got := w.ready("p", name); got != want {
				w.Errorf("%s is ready: %v (S6.13)", name, got)
			}
		}
		w.wantEvent("p", `Warning Unhealthy spec.containers{c}: Readiness probe errored and resulted in unknown state: port "web" not found`) // S6.30
	})
}

func TestAProbesOwnGracePeriodIsUsed(t *testing.T) {
	inWorld(t, func(w *world) {
		w.takes("ContainerStart", 300*time.Millisecond) // so that the first tick finds nothing
		w.machine.Script("main", ignoresStop)
		w.answers(map[string]enginetest.ExecResult{"alive": {Code: 1}})
		w.create(`
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 4
  containers:
  - name: main
    image: "busybox:1.36"
    livenessProbe: {exec: {command: [alive]}, periodSeconds: 5, failureThreshold: 1, terminationGracePeriodSeconds: 20, initialDelaySeconds: 3}
  - {name: other, image: "busybox:1.36"}
`)
		time.Sleep(time.Minute)
		w.wantTimeline("600ms started main 0", "900ms started other 0", "5.3s signalled main 0: TERM", "25.3s signalled main 0: KILL",
			"25.3s exited main 0: 137") // S6.50, S6.51
		w.wantEvent("p", "Normal Killing spec.containers{main}: Container main failed liveness probe")
	})
}

func TestTheLastMainThatAProbeCondemnsForGoodEndsWithThePod(t *testing.T) {
	inWorld(t, func(w *world) {
		w.takes("ContainerStart", 300*time.Millisecond) // so that the first tick finds nothing
		w.machine.Script("main", ignoresStop)
		w.answers(map[string]enginetest.ExecResult{"alive": {Code: 1}})
		w.create(strings.Replace(probedManifest, "spec:", "spec:\n  restartPolicy: Never", 1))
		w.awaitPhase("p", corev1.PodFailed)
		w.wantTimeline("600ms started main 0", "4.3s signalled main 0: TERM", "8.3s signalled main 0: KILL", "8.3s exited main 0: 137")
		w.wantEvent("p", "Normal Killing spec.containers{main}: Stopping container main") // S4.6: nothing is kept and nothing to start
	})
}

func TestAProbeThatCannotRunNeitherKillsNorReadies(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.OnExec(func(enginetest.Exec) enginetest.ExecResult {
			return enginetest.ExecResult{Err: errors.New("no such file")}
		})
		w.create(probedManifest)
		time.Sleep(time.Minute)
		if got := w.startTimes("main"); len(got) != 1 || w.ready("p", "main") {
			t.Errorf("it was started at %v, ready is %v (S6.23)", got, w.ready("p", "main"))
		}
	})
}

func TestATerminatingPodStaysReadyAsLongAsItsProbePasses(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", stopsIn(3*time.Second))
		w.up(probedManifest)
		w.delete("p", -1)
		time.Sleep(2 * time.Second)
		if !w.ready("p", "main") {
			t.Error("not ready although its probe passes (S6.54)")
		}
	})
}

func TestReadinessShowsWhileTheWorkerIsBusy(t *testing.T) {
	inWorld(t, func(w *world) {
		w.answers(map[string]enginetest.ExecResult{"begin": {Takes: time.Minute}})
		w.machine.OnExec(func(x enginetest.Exec) enginetest.ExecResult {
			if x.Command[0] == "ready" && time.Since(w.begun) < 5*time.Second {
				return enginetest.ExecResult{Code: 1}
			}
			if x.Command[0] == "begin" && x.Attempt > 0 {
				return enginetest.ExecResult{Takes: time.Minute}
			}
			return enginetest.ExecResult{}
		})
		w.machine.Script("b", func(attempt int) enginetest.Run {
			if attempt == 0 {
				return enginetest.Run{For: 3 * time.Second}
			}
			return enginetest.Run{For: enginetest.Forever}
		})
		w.create(`
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
  - {name: a, image: "busybox:1.36", readinessProbe: {exec: {command: [ready]}, periodSeconds: 1}}
  - {name: b, image: "busybox:1.36", lifecycle: {postStart: {exec: {command: [begin]}}}}
`)
		time.Sleep(10 * time.Second) // the worker waits for the hook of the second b
		if !w.ready("p", "a") {
			t.Error("a is not shown ready before the hook of b has ended (S0.3)")
		}
		time.Sleep(time.Minute)
	})
}

func TestAnAdoptingNodeKeepsReadiness(t *testing.T) {
	inWorld(t, func(w *world) {
		w.up(probedManifest)
		w.restart(time.Second)
		for _, s := range w.sights("p") {
			if s.at.Sub(w.begun) > 10*time.Second && !status.Container(s.pod, "main").Ready {
				t.Errorf("after %v it is shown unready", s.at.Sub(w.begun))
			}
		}
	})
}

func TestAContainerAtItsEndIsNotProbedAgainAndAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		w.takes("ContainerStart", 300*time.Millisecond)
		w.machine.Script("main", runFor(5*time.Second, 0))
		w.create(`
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  restartPolicy: Never
  containers:
  - {name: main, image: "busybox:1.36", livenessProbe: {exec: {command: [alive]}, periodSeconds: 1}}
  - {name: other, image: "busybox:1.36"}
`)
		probing := func() *runningProbe {
			worker := w.node.worker(w.pod("p").UID)
			worker.probes.mu.Lock()
			defer worker.probes.mu.Unlock()
			return worker.probes.running[probeKey{"main", probe.Liveness}]
		}
		time.Sleep(10 * time.Second)
		last := probing()
		time.Sleep(time.Minute)
		if !last.over.Load() || probing() != last {
			t.Error("its probe did not end for good (S6.11)")
		}
	})
}
