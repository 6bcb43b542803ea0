package runtime

import (
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/engine/enginetest"
	"github.com/podsim/podsim/runtime/status"
)

// answers lets each command take the time, and end with the code, that stands for its first word; any other ends at once with 0.
func (w *world) answers(results map[string]enginetest.ExecResult) {
	w.machine.OnExec(func(x enginetest.Exec) enginetest.ExecResult { return results[x.Command[0]] })
}

// eventsOf lists the events of a pod as "Warning BackOff spec.containers{main} x2: message".
func (w *world) eventsOf(name string) []string {
	all, _ := w.node.store.Events.List("default")
	var lines []string
	for _, e := range all {
		if e.InvolvedObject.Name == name {
			lines = append(lines, strings.Join([]string{e.Type, e.Reason, e.InvolvedObject.FieldPath + ":", e.Message}, " "))
		}
	}
	return lines
}

func (w *world) wantEvent(name, want string) {
	w.Helper()
	if got := w.eventsOf(name); !slices.Contains(got, want) {
		w.Errorf("no event %q among\n%s", want, strings.Join(got, "\n"))
	}
}

const hookedManifest = `
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  terminationGracePeriodSeconds: 10
  containers:
  - name: a
    image: "busybox:1.36"
    lifecycle: {postStart: {exec: {command: [begin]}}, preStop: {exec: {command: [finish]}}}
  - {name: b, image: "busybox:1.36"}
`

func TestPostStartHoldsTheNextMainAndTheStatus(t *testing.T) {
	inWorld(t, func(w *world) {
		w.answers(map[string]enginetest.ExecResult{"begin": {Takes: 6 * time.Second}})
		w.create(hookedManifest)
		time.Sleep(5 * time.Second)
		if got := status.Container(w.pod("p"), "a"); got.State.Waiting == nil || got.State.Waiting.Reason != "ContainerCreating" {
			t.Errorf("while its hook runs it is shown as %+v (S7.4)", got.State)
		}
		w.awaitPhase("p", corev1.PodRunning)
		w.wantTimeline("0s started a 0", "6s started b 0") // S7.2, S4.31
	})
}

func TestAContainerWhosePostStartFailsIsKilledAndTriedAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("a", ignoresStop)
		w.answers(map[string]enginetest.ExecResult{"begin": {Code: 9, Stderr: "no\n"}, "finish": {Takes: time.Second}})
		w.create(hookedManifest)
		time.Sleep(15 * time.Second)
		w.wantTimeline("0s started a 0", "1s signalled a 0: TERM", "10s signalled a 0: KILL", "10s exited a 0: 137", "10s started b 0",
			"10s started a 1", "11s signalled a 1: TERM") // S7.5, S7.6, S5.2
		a := status.Container(w.pod("p"), "a")
		if a.State.Waiting == nil || a.State.Waiting.Reason != "PostStartHookError" || a.LastTerminationState.Terminated == nil {
			t.Errorf("it is shown as %+v with %+v before (S7.5)", a.State, a.LastTerminationState)
		}
		w.wantEvent("p", "Warning FailedPostStartHook spec.containers{a}: PostStartHook failed")
		w.wantEvent("p", "Normal Killing spec.containers{a}: FailedPostStartHook")
		for _, e := range w.eventsOf("p") {
			if strings.Contains(e, "Warning Failed ") {
				t.Errorf("the hook's failure is told a second time: %s", e)
			}
		}
	})
}

func TestDeletionWaitsForPostStart(t *testing.T) {
	inWorld(t, func(w *world) {
		w.answers(map[string]enginetest.ExecResult{"begin": {Takes: time.Minute}, "finish": {Takes: 5 * time.Second}})
		w.create(hookedManifest)
		time.Sleep(5 * time.Second)
		w.delete("p", -1)
		w.awaitGone("p")
		w.wantTimeline("0s started a 0", "1m0s started b 0", "1m0s signalled b 0: TERM", "1m0s exited b 0: 0",
			"1m5s signalled a 0: TERM", "1m5s exited a 0: 0") // S0.7, S7.3, S8.20
	})
}

func TestAForcedDeletionDoesNotWaitForPostStart(t *testing.T) {
	inWorld(t, func(w *world) {
		w.answers(map[string]enginetest.ExecResult{"begin": {Takes: enginetest.Forever}})
		w.create(hookedManifest)
		time.Sleep(5 * time.Second)
		w.delete("p", 0)
		w.awaitGone("p")
		w.wantTimeline("0s started a 0", "5s signalled a 0: KILL", "5s exited a 0: 137")
		w.wantNothingLeft()
	})
}

func TestPreStopComesOutOfTheGracePeriod(t *testing.T) {
	for _, row := range []struct {
		name string
		hook enginetest.ExecResult
		want []string
	}{
		{"it ends in time", enginetest.ExecResult{Takes: 4 * time.Second},
			[]string{"10s signalled b 0: TERM", "10s exited b 0: 0", "14s signalled a 0: TERM", "20s signalled a 0: KILL", "20s exited a 0: 137"}},
		{"only whole seconds count (S7.7)", enginetest.ExecResult{Takes: 4700 * time.Millisecond},
			[]string{"10s signalled b 0: TERM", "10s exited b 0: 0", "14.7s signalled a 0: TERM", "20.7s signalled a 0: KILL", "20.7s exited a 0: 137"}},
		{"two seconds remain in any case (S7.8)", enginetest.ExecResult{Takes: 9 * time.Second},
			[]string{"10s signalled b 0: TERM", "10s exited b 0: 0", "19s signalled a 0: TERM", "21s signalled a 0: KILL", "21s exited a 0: 137"}},
		{"it is left alone when it hangs (S7.7)", enginetest.ExecResult{Takes: enginetest.Forever},
			[]string{"10s signalled b 0: TERM", "10s exited b 0: 0", "20s signalled a 0: TERM", "22s signalled a 0: KILL", "22s exited a 0: 137"}},
		{"its failure changes nothing (S7.9)", enginetest.ExecResult{Takes: time.Second, Code: 3},
			[]string{"10s signalled b 0: TERM", "10s exited b 0: 0", "11s signalled a 0: TERM", "20s signalled a 0: KILL", "20s exited a 0: 137"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.machine.Script("a", ignoresStop)
				w.answers(map[string]enginetest.ExecResult{"finish": row.hook})
				w.up(hookedManifest)
				w.delete("p", -1)
				w.awaitGone("p")
				w.wantTimeline(append([]string{"0s started a 0", "0s started b 0"}, row.want...)...)
				w.wantNothingLeft()
				if row.hook.Code != 0 {
					w.wantEvent("p", "Warning FailedPreStopHook spec.containers{a}: PreStopHook failed")
				}
			})
		})
	}
}

func TestPreStopDoesNotRunWhenTheContainerEndsByItself(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("a", runFor(time.Second, 0))
		w.machine.OnExec(func(x enginetest.Exec) enginetest.ExecResult {
			if x.Command[0] == "finish" && x.Attempt == 0 {
				t.Error("the preStop hook ran (S7.6)")
			}
			return enginetest.ExecResult{}
		})
		w.create(hookedManifest)
		time.Sleep(5 * time.Second)
	})
}

func TestTheHooksOfAllContainersStartAtOnceAndSidecarsTakeTurnsAfterThem(t *testing.T) {
	inWorld(t, func(w *world) {
		w.answers(map[string]enginetest.ExecResult{"finish": {Takes: 3 * time.Second}})
		w.machine.Script("main", stopsIn(2*time.Second))
		w.up(`
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  initContainers:
  - {name: s1, image: "busybox:1.36", restartPolicy: Always, lifecycle: {preStop: {exec: {command: [finish]}}}}
  - {name: s2, image: "busybox:1.36", restartPolicy: Always}
  containers:
  - {name: main, image: "busybox:1.36", lifecycle: {preStop: {exec: {command: [finish]}}}}
`)
		w.delete("p", -1)
		w.awaitGone("p")
		w.wantTimeline("0s started s1 0", "0s started s2 0", "0s started main 0", "13s signalled main 0: TERM", "15s exited main 0: 0",
			"15s signalled s2 0: TERM", "15s exited s2 0: 0", "15s signalled s1 0: TERM", "15s exited s1 0: 0") // S7.12, S8.13
	})
}
