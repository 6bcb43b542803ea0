package status

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/state"
)

// later is when the patches of these tests are made.
var later = now.Add(time.Minute)

func TestReadinessShowsAtOnce(t *testing.T) {
	unready := func() *corev1.Pod {
		return shown(podOf(always, "s", "m~ n"), in(memories{"s": runs(0), "m": runs(0), "n": runs(0)}))
	}
	for _, row := range []struct {
		name, container, instance string
		pod                       *corev1.Pod
		ready, changes            bool
		want                      string
	}{
		{"of the last main that was not ready (S0.3)", "m", "id0", unready(), true, true,
			"Running [PodReadyToStartContainers Initialized Ready ContainersReady PodScheduled] s=running started ready r0 | m=running started ready r0 n=running started ready r0"},
		{"of a sidecar that is ready no longer (S0.3, S3.24)", "s", "id0", shown(podOf(always, "s", "m"), in(memories{"s": runs(0), "m": runs(0)})), false, true,
			"Running [PodReadyToStartContainers Initialized PodScheduled] s=running started r0 | m=running started ready r0"},
		{"but not for another instance", "m", "id1", unready(), true, false,
			"Running [PodReadyToStartContainers Initialized PodScheduled] s=running started ready r0 | m=running started r0 n=running started ready r0"},
		{"nor if it shows that already", "m", "id0", unready(), false, false,
			"Running [PodReadyToStartContainers Initialized PodScheduled] s=running started ready r0 | m=running started r0 n=running started ready r0"},
		{"nor for one that shows its end", "m", "id0", shown(podOf(always, "", "m~"), in(memories{"m": endedWith(1, 0)})), true, false,
			"Running [PodReadyToStartContainers Initialized PodScheduled] | m=Error(1) r0"},
		{"nor for a container that the pod does not have", "x", "id0", shown(podOf(always, "", "m~"), in(memories{"m": runs(0)})), true, false,
			"Running [PodReadyToStartContainers Initialized PodScheduled] | m=running started r0"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := SetReadiness(&row.pod.Status, row.pod, row.container, row.instance, row.ready, later); got != row.changes {
				t.Errorf("it says %v", got)
			}
			if got := describe(row.pod.Status); got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}

func TestReadinessThatShowsAtOnceDatesItsConditions(t *testing.T) {
	pod := shown(podOf(always, "", "m~ n~"), in(memories{"m": runs(0), "n": runs(0)}))
	SetReadiness(&pod.Status, pod, "m", "id0", true, later)
	half := condition(pod.Status.Conditions, corev1.ContainersReady)
	if half.Message != "containers with unready status: [n]" || !half.LastTransitionTime.Time.Equal(now) {
		t.Errorf("with one of two ready: %s since %v (S3.24, S3.28)", half.Message, half.LastTransitionTime)
	}
	SetReadiness(&pod.Status, pod, "n", "id0", true, later)
	for _, name := range []corev1.PodConditionType{corev1.PodReady, corev1.ContainersReady} {
		if c := condition(pod.Status.Conditions, name); c.Status != corev1.ConditionTrue || !c.LastTransitionTime.Time.Equal(later) || c.ObservedGeneration != 1 {
			t.Errorf("with both ready: %+v (S3.28)", c)
		}
	}
}

func TestReadinessThatShowsAtOnceHeedsTheGates(t *testing.T) {
	pod := podOf(always, "", "m~")
	pod.Spec.ReadinessGates = []corev1.PodReadinessGate{{ConditionType: "x/y"}}
	shown(pod, in(memories{"m": runs(0)}))
	SetReadiness(&pod.Status, pod, "m", "id0", true, later)
	if c := condition(pod.Status.Conditions, corev1.PodReady); c.Status != corev1.ConditionFalse || c.Reason != "ReadinessGatesNotReady" {
		t.Errorf("got %+v (S3.25)", c)
	}
}

func TestStartupShowsAtOnce(t *testing.T) {
	pod := shown(podOf(always, "s? a", "m"), in(memories{"s": runs(0)}))
	if !SetStarted(&pod.Status, pod, "s", "id0", true, later) {
		t.Error("nothing changed")
	}
	want := "Pending [PodReadyToStartContainers PodScheduled] s=running started r0 a=waiting:PodInitializing r0 | m=waiting:PodInitializing r0"
	if got := describe(pod.Status); got != want {
		t.Errorf("got  %s\nwant %s\nready follows with the next status (S0.3)", got, want)
	}
	if SetStarted(&pod.Status, pod, "s", "id0", true, later) || SetStarted(&pod.Status, pod, "s", "id1", false, later) {
		t.Error("what shows already, or is of another instance, changed something")
	}
	pod.Status = Generate(Input{Pod: pod, State: in(memories{"s": {Current: runs(0).Current, Startup: state.Passed}}), Now: later})
	if c := Container(pod, "s"); !c.Ready {
		t.Error("it is not ready in the next status (S3.38)")
	}
}
