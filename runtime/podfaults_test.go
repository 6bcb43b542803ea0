package runtime

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/runtime/engine/enginetest"
	"github.com/podsim/podsim/runtime/fault"
	"github.com/podsim/podsim/runtime/status"
	"github.com/podsim/podsim/volumes"
)

// inject does a fault to the pod p.
func (w *world) inject(f fault.Fault) {
	w.Helper()
	if _, err := w.node.InjectFault(w.Context(), "default", "p", f); err != nil {
		w.Fatal(err)
	}
}

// lasting are the IDs of the faults of the pod p.
func (w *world) lasting() string {
	w.Helper()
	faults, err := w.node.Faults(w.Context(), "default", "p")
	if err != nil {
		w.Fatal(err)
	}
	var ids []string
	for _, f := range faults {
		ids = append(ids, f.ID)
	}
	return strings.Join(ids, " ")
}

func (w *world) clearFaults(ids ...string) {
	w.Helper()
	if _, err := w.node.ClearFaults(w.Context(), "default", "p", ids); err != nil {
		w.Fatal(err)
	}
}

// faultEvents are the events about the faults of the pod p, the oldest first.
func (w *world) faultEvents() []string {
	all, _ := w.node.store.Events.List("default")
	slices.SortFunc(all, func(a, b *corev1.Event) int { return strings.Compare(a.Name, b.Name) })
	var words []string
	for _, e := range all {
		if e.Source.Component == "podsim-fault" {
			words = append(words, e.Reason+": "+e.Message)
		}
	}
	return words
}

func TestAKilledContainerStartsAgainAndTheTimelineSaysWhy(t *testing.T) {
	inWorld(t, func(w *world) {
		w.up(oneMain)
		w.inject(fault.Fault{Kind: fault.Kill})
		time.Sleep(time.Minute)
		want := []string{"0s started main 0", "10s signalled main 0: KILL", "10s exited main 0: 137", "10s started main 1"}
		if diff := cmp.Diff(want, roundTimes(w.timeline())); diff != "" {
			w.Error(diff)
		}
		if diff := cmp.Diff([]string{"FaultInjected: On purpose: container main gets SIGKILL"}, w.faultEvents()); diff != "" {
			w.Error(diff)
		}
		if got := w.lasting(); got != "" {
			w.Errorf("%s lasts", got)
		}
	})
}

// roundTimes leaves of the times of a timeline the tens of seconds.
func roundTimes(lines []string) []string {
	var rounded []string
	for _, line := range lines {
		at, what, _ := strings.Cut(line, " ")
		d, _ := time.ParseDuration(at)
		rounded = append(rounded, d.Truncate(10*time.Second).String()+" "+what)
	}
	return rounded
}

const probedByExec = `
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  terminationGracePeriodSeconds: 5
  containers:
  - name: main
    image: "busybox:1.36"
    livenessProbe: {exec: {command: [check]}, periodSeconds: 10, timeoutSeconds: 2, failureThreshold: 3}
`

// A command that an engine refuses to a frozen container would be frozen as well.
func TestProbesOfAFrozenContainerTimeOutAndEndIt(t *testing.T) {
	inWorld(t, func(w *world) {
		w.up(probedByExec)
		w.inject(fault.Fault{Kind: fault.Pause})
		if got := w.lasting(); got != "pause/main" {
			w.Errorf("%q lasts", got)
		}
		w.await("p", "restarted", func(pod *corev1.Pod) bool { return status.Container(pod, "main").RestartCount == 1 })
		if took := time.Since(w.begun); took > time.Minute {
			w.Errorf("it took %v", took)
		}
		if !slices.ContainsFunc(w.eventsOf("p"), func(e string) bool { return strings.Contains(e, "command timed out") }) {
			w.Errorf("no probe timed out: %v", w.eventsOf("p"))
		}
		if got := w.lasting(); got != "" {
			w.Errorf("%s lasts although the instance has ended", got)
		}
		want := []string{"FaultInjected: On purpose: container main is frozen", "FaultCleared: No longer, as it has ended: container main is frozen"}
		if diff := cmp.Diff(want, w.faultEvents()); diff != "" {
			w.Error(diff)
		}
	})
}

func TestAFrozenContainerIsThawedOnRequestAndByASignal(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", func(int) enginetest.Run { return enginetest.Run{For: enginetest.Forever, IgnoresStop: true} })
		w.up(oneMain)
		for _, thaw := range []func(){
			func() { w.clearFaults("pause/main") },
			func() { w.inject(fault.Fault{Kind: fault.Kill, Signal: "HUP"}) },
		} {
			w.inject(fault.Fault{Kind: fault.Pause})
			if pod := w.pod("p"); pod.Status.ContainerStatuses[0].State.Running == nil {
				w.Errorf("a frozen container shows as %+v", pod.Status.ContainerStatuses[0].State)
			}
			thaw()
			if got := w.lasting(); got != "" {
				w.Errorf("%s lasts", got)
			}
		}
	})
}

func TestAPodWithAFrozenContainerEnds(t *testing.T) {
	inWorld(t, func(w *world) {
		w.up(oneMain)
		w.inject(fault.Fault{Kind: fault.Pause})
		w.delete("p", -1)
		w.awaitGone("p")
		w.wantNothingLeft()
	})
}

func TestFaultsOfTheNetworkAreInEffectTogether(t *testing.T) {
	inWorld(t, func(w *world) {
		w.up(oneMain)
		const cut = `{"cut":true,"elsewhere":["10.96.0.0/16","127.0.0.11/32"]`
		for _, step := range []struct {
			do             func()
			lasting, state string
		}{
			{func() { w.inject(fault.Fault{Kind: fault.Network, Wire: &fault.Wire{Loss: 5}}) }, "network", `{"loss":5}`},
			{func() { w.inject(fault.Fault{Kind: fault.Cut}) }, "network cut", cut + `,"loss":5}`},
			{func() { w.inject(fault.Fault{Kind: fault.Network, Wire: &fault.Wire{Rate: 8000}}) }, "cut network", cut + `,"rate":8000}`},
			{func() { w.clearFaults("cut") }, "network", `{"rate":8000}`},
			{func() { w.clearFaults() }, "", `{}`},
		} {
			step.do()
			if got := w.lasting(); got != step.lasting {
				w.Errorf("%q lasts, want %q", got, step.lasting)
			}
			if got := w.machine.Wire(w.sandboxes()[0]); got != step.state {
				w.Errorf("the network is %s, want %s", got, step.state)
			}
		}
	})
}

func TestAFaultOutlivesTheNodeAndTheSandbox(t *testing.T) {
	inWorld(t, func(w *world) {
		w.up(oneMain)
		w.inject(fault.Fault{Kind: fault.Network, Wire: &fault.Wire{Loss: 5}})
		w.inject(fault.Fault{Kind: fault.Pause})
		w.restart(time.Second)
		if got := w.lasting(); got != "network pause/main" {
			w.Errorf("after a crash %q lasts", got)
		}
		if err := w.machine.Kill(w.sandboxes()[0], "KILL"); err != nil {
			w.Fatal(err)
		}
		w.await("p", "in a new sandbox", func(pod *corev1.Pod) bool {
			return len(w.sandboxes()) == 2 && pod.Status.ContainerStatuses[0].State.Running != nil
		})
		if got := w.lasting(); got != "network" {
			w.Errorf("in the new sandbox %q lasts", got)
		}
		if got := w.machine.Wire(w.sandboxes()[1]); got != `{"loss":5}` {
			w.Errorf("the network of the new sandbox is %s", got)
		}
		w.clearFaults()
		if got := w.machine.Wire(w.sandboxes()[1]); got != `{}` {
			w.Errorf("after the end the network is %s", got)
		}
	})
}

// A sandbox may have ended before the node has seen that.
func TestTheNetworkOfADeadSandboxIsNobodysToChange(t *testing.T) {
	inWorld(t, func(w *world) {
		w.up(oneMain)
		w.inject(fault.Fault{Kind: fault.Cut})
		w.loseSandbox()
		w.clearFaults()
		w.await("p", "in a new sandbox", func(pod *corev1.Pod) bool {
			return len(w.sandboxes()) == 2 && pod.Status.ContainerStatuses[0].State.Running != nil
		})
		if got := w.lasting(); got != "" {
			w.Errorf("in the new sandbox %q lasts", got)
		}
		if got := w.machine.Wire(w.sandboxes()[1]); got != "" && got != "{}" {
			w.Errorf("the network of the new sandbox is %s", got)
		}
		w.machine.Intercept(func(_ context.Context, call enginetest.Call) error {
			if call.Method == "ContainerCreate" {
				time.Sleep(time.Second) // so that there is no new one yet
			}
			return nil
		})
		w.loseSandbox()
		_, err := w.node.InjectFault(w.Context(), "default", "p", fault.Fault{Kind: fault.Cut})
		if !apierrors.IsConflict(err) || !strings.HasSuffix(err.Error(), "the pod's sandbox does not run") {
			w.Errorf("it is cut: %v", err)
		}
	})
}

func TestAnImageCannotBePulledWhileAFaultSaysSo(t *testing.T) {
	inWorld(t, func(w *world) {
		w.up(oneMain)
		w.inject(fault.Fault{Kind: fault.Pull, Image: "busybox:1.36"})
		w.inject(fault.Fault{Kind: fault.Kill})
		w.await("p", "without its image", func(pod *corev1.Pod) bool {
			waiting := pod.Status.ContainerStatuses[0].State.Waiting
			return waiting != nil && waiting.Reason == "ImagePullBackOff" && strings.Contains(waiting.Message, "a fault has it fail on purpose")
		})
		w.clearFaults()
		w.await("p", "running again", func(pod *corev1.Pod) bool { return pod.Status.ContainerStatuses[0].State.Running != nil })
	})
}

func TestAFaultThatTheEngineRefusesIsNone(t *testing.T) {
	inWorld(t, func(w *world) {
		w.up(oneMain)
		for method, f := range map[string]fault.Fault{
			"ContainerPause":  {Kind: fault.Pause},
			"ContainerStart":  {Kind: fault.Cut},
			"ContainerKill":   {Kind: fault.Kill},
			"CopyToContainer": {Kind: fault.Network, Wire: &fault.Wire{Loss: 1}},
		} {
			w.machine.FailNext(method, errHiccup)
			_, err := w.node.InjectFault(w.Context(), "default", "p", f)
			if err == nil || !strings.Contains(err.Error(), errHiccup.Error()) {
				w.Errorf("%s: %v", f.Kind, err)
			}
			if got := w.lasting(); got != "" {
				w.Errorf("%s: %s lasts", f.Kind, got)
			}
		}
		if got := w.faultEvents(); got != nil {
			w.Errorf("events %v", got)
		}
	})
}

func TestWhatCannotBeDoneNowIsAConflictAndWhatNeverCanABadRequest(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", func(int) enginetest.Run { return enginetest.Run{For: 20 * time.Second} })
		w.up(strings.Replace(oneMain, "spec:", "spec:\n  restartPolicy: Never", 1))
		size := resource.MustParse("1Mi")
		if _, err := w.node.InjectFault(w.Context(), "default", "p", fault.Fault{Kind: fault.Fill, Volume: "v", Size: &size}); !apierrors.IsBadRequest(err) {
			w.Errorf("no such volume: %v", err)
		}
		if _, err := w.node.ClearFaults(w.Context(), "default", "p", []string{"cut"}); !apierrors.IsBadRequest(err) || err.Error() != `pod p has no fault "cut": none lasts` {
			w.Errorf("no such fault: %v", err)
		}
		w.awaitPhase("p", corev1.PodSucceeded)
		if _, err := w.node.InjectFault(w.Context(), "default", "p", fault.Fault{Kind: fault.Kill}); !apierrors.IsConflict(err) {
			w.Errorf("a pod that has ended: %v", err)
		}
	})
}

// withVolume is a pod whose container main mounts a volume.
func withVolume(source string) string {
	return strings.Replace(oneMain, `image: "busybox:1.36"`, `image: "busybox:1.36", volumeMounts: [{name: data, mountPath: /data}]`, 1) +
		"  volumes: [{name: data, " + source + "}]\n"
}

const (
	onClaim  = "persistentVolumeClaim: {claimName: data}"
	inMemory = "emptyDir: {medium: Memory}"
)

// filling is the fault that takes so much of the volume of withVolume.
func filling(size string) fault.Fault {
	quantity := resource.MustParse(size)
	return fault.Fault{Kind: fault.Fill, Volume: "data", Size: &quantity}
}

// fills answers the agent's verbs that fill and empty volumes, and returns those that came, without their directory. refused, which may be
// nil, says what a verb fails with; "" lets it succeed.
func (w *world) fills(refused func(verb string) string) func() []string {
	var mu sync.Mutex
	var verbs []string
	w.machine.OnExec(func(x enginetest.Exec) enginetest.ExecResult {
		if x.Container != network.SandboxContainer || !strings.HasSuffix(x.Command[1], "fill") {
			return enginetest.ExecResult{}
		}
		verb := strings.Replace(strings.Join(x.Command[1:], " "), " /podsim/volumes/data", "", 1)
		mu.Lock()
		defer mu.Unlock()
		verbs = append(verbs, verb)
		if refused == nil {
			return enginetest.ExecResult{}
		}
		if why := refused(verb); why != "" {
			return enginetest.ExecResult{Code: 1, Stderr: why}
		}
		return enginetest.ExecResult{}
	})
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		came := verbs
		verbs = nil
		return came
	}
}

func TestAFillSetsHowMuchIsTakenAndARefusedOneChangesNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		verbs := w.fills(func(verb string) string {
			if verb == "fill 4194304" {
				return "its file system has 0 bytes free"
			}
			return ""
		})
		w.up(withVolume("emptyDir: {}"))
		wantVerbs := func(want ...string) {
			w.Helper()
			if diff := cmp.Diff(want, verbs()); diff != "" {
				w.Error(diff)
			}
		}
		w.inject(filling("2Mi"))
		wantVerbs("unfill", "fill 2097152")
		w.inject(filling("1Mi"))
		wantVerbs("unfill", "fill 1048576")
		_, err := w.node.InjectFault(w.Context(), "default", "p", filling("4Mi"))
		if err == nil || !strings.HasSuffix(err.Error(), "4Mi of volume data are taken: its file system has 0 bytes free") {
			w.Errorf("a refused fill: %v", err)
		}
		wantVerbs("unfill", "fill 4194304", "unfill", "fill 1048576")
		w.restart(time.Second)
		faults, err := w.node.Faults(w.Context(), "default", "p")
		if err != nil || len(faults) != 1 || faults[0].String() != "1Mi of volume data are taken" {
			w.Errorf("%v, %v", faults, err)
		}
	})
}

func TestAFillThatCannotBeInEffectAgainIsToldOf(t *testing.T) {
	inWorld(t, func(w *world) {
		full := false
		verbs := w.fills(func(verb string) string {
			if full && strings.HasPrefix(verb, "fill") {
				return "no space left on device"
			}
			return ""
		})
		w.up(withVolume("emptyDir: {}"))
		w.inject(filling("1Mi"))
		full = true
		if _, err := w.node.InjectFault(w.Context(), "default", "p", filling("2Mi")); err == nil {
			w.Error("it is not refused")
		}
		if got := w.lasting(); got != "" {
			w.Errorf("%s lasts", got)
		}
		if got := verbs(); got[len(got)-1] != "unfill" {
			w.Errorf("something of it is left: %v", got)
		}
		want := []string{"FaultInjected: On purpose: 1Mi of volume data are taken",
			"FaultFailed: No longer, after another was to take its place: 1Mi of volume data are taken: no space left on device"}
		if diff := cmp.Diff(want, w.faultEvents()); diff != "" {
			w.Error(diff)
		}
	})
}

func TestAVolumeInMemoryIsFilledAgainInANewSandbox(t *testing.T) {
	inWorld(t, func(w *world) {
		verbs := w.fills(nil)
		w.up(withVolume(inMemory))
		w.inject(filling("1Mi"))
		verbs()
		w.loseSandbox()
		w.await("p", "in a new sandbox", func(pod *corev1.Pod) bool {
			return len(w.sandboxes()) == 2 && pod.Status.ContainerStatuses[0].State.Running != nil
		})
		if diff := cmp.Diff([]string{"unfill", "fill 1048576"}, verbs()); diff != "" {
			w.Error(diff)
		}
		if got := w.lasting(); got != "fill/data" {
			w.Errorf("%q lasts", got)
		}
	})
}

// An engine that answers too late leaves nothing half done, and nothing that a next node would take for a fault.
func TestAFaultThatTakesTooLongIsUndone(t *testing.T) {
	inWorld(t, func(w *world) {
		var verbs []string
		w.machine.OnExec(func(x enginetest.Exec) enginetest.ExecResult {
			if !strings.HasSuffix(x.Command[1], "fill") {
				return enginetest.ExecResult{}
			}
			verbs = append(verbs, x.Command[1])
			if x.Command[1] == "fill" {
				return enginetest.ExecResult{Takes: time.Hour}
			}
			return enginetest.ExecResult{}
		})
		w.up(withVolume("emptyDir: {}"))
		if _, err := w.node.InjectFault(w.Context(), "default", "p", filling("1Mi")); !apierrors.IsConflict(err) {
			w.Errorf("%v", err)
		}
		if diff := cmp.Diff([]string{"unfill", "fill", "unfill"}, verbs); diff != "" {
			w.Error(diff)
		}
		w.restart(0)
		if got := w.lasting(); got != "" {
			w.Errorf("after a crash %s lasts", got)
		}
	})
}

func TestWhatEndedBeforeAFailureHasEndedForTheNextNode(t *testing.T) {
	inWorld(t, func(w *world) {
		w.up(oneMain)
		w.inject(fault.Fault{Kind: fault.Pull})
		w.inject(fault.Fault{Kind: fault.Pause})
		w.machine.FailNext("ContainerUnpause", errHiccup)
		if _, err := w.node.ClearFaults(w.Context(), "default", "p", nil); !apierrors.IsConflict(err) {
			w.Errorf("%v", err)
		}
		w.restart(0)
		if got := w.lasting(); got != "pause/main" {
			w.Errorf("%q lasts", got)
		}
	})
}

// The data of a claim is there for the next pod; what takes its place must not be.
func TestAClaimIsEmptiedBeforeItsPodGoes(t *testing.T) {
	for _, end := range []struct {
		about  string
		policy string
		do     func(*world)
	}{
		{"deleted", "Always", func(*world) {}},
		{"ended", "Never", func(w *world) {
			w.inject(fault.Fault{Kind: fault.Kill})
			w.awaitPhase("p", corev1.PodFailed)
		}},
	} {
		t.Run(end.about, func(t *testing.T) {
			inWorld(t, func(w *world) {
				verbs := w.fills(nil)
				w.up(strings.Replace(withVolume(onClaim), "spec:", "spec:\n  restartPolicy: "+end.policy, 1))
				w.inject(filling("1Mi"))
				end.do(w)
				w.delete("p", -1)
				w.awaitGone("p")
				if diff := cmp.Diff([]string{"unfill", "fill 1048576", "unfill"}, verbs()); diff != "" {
					w.Error(diff)
				}
			})
		})
	}
}

func TestAClaimIsEmptiedAlsoWhenNoSandboxRuns(t *testing.T) {
	lost := func(w *world) { w.loseSandbox() }
	for _, end := range []struct {
		about  string
		policy string
		lose   func(*world)
		then   func(*world)
	}{
		{"deleted", "Always", lost, func(*world) {}},
		{"cleared", "Always", lost, func(w *world) { w.clearFaults() }},
		{"ended", "Never", lost, func(w *world) { w.awaitPhase("p", corev1.PodSucceeded) }},
		{"ended after a crash", "Never", func(w *world) {
			w.crash()
			w.loseSandbox()
			w.boot()
		}, func(*world) {}},
	} {
		t.Run(end.about, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.up(strings.Replace(withVolume(onClaim), "spec:", "spec:\n  restartPolicy: "+end.policy, 1))
				w.inject(filling("1Mi"))
				w.writeToVolume("data", "file", "data")
				w.writeToVolume("data", ".podsim-fault", "what fill made")
				end.lose(w)
				end.then(w)
				if end.about != "cleared" {
					w.delete("p", -1)
					w.awaitGone("p")
				}
				if diff := cmp.Diff([]string{"/file"}, w.machine.VolumeFiles(volumes.ClaimName("default", "data"))); diff != "" {
					w.Error(diff)
				}
			})
		})
	}
}
