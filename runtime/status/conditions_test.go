package status

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/runtime/state"
)

func TestReasonsAndMessagesOfConditions(t *testing.T) {
	gated := func() *corev1.Pod {
		pod := podOf(always, "", "m")
		pod.Spec.ReadinessGates = []corev1.PodReadinessGate{{ConditionType: "x/y"}, {ConditionType: "x/z"}}
		pod.Status.Conditions = []corev1.PodCondition{{Type: "x/z", Status: corev1.ConditionFalse}}
		return pod
	}
	ended := func(pod *corev1.Pod, code int) Input {
		return Input{Pod: published(pod, corev1.PodRunning, true), State: over(memories{"m": endedWith(code, 0)}), Stopping: true, Ended: true}
	}
	for _, row := range []struct {
		name            string
		in              Input
		condition       corev1.PodConditionType
		want            corev1.ConditionStatus
		reason, message string
	}{
		{"no sandbox (S3.22)", Input{Pod: podOf(always, "", "m"), State: &state.Pod{}},
			corev1.PodReadyToStartContainers, corev1.ConditionFalse, "PodSandboxNotReady", "no pod sandbox exists"},
		{"a sandbox that does not run (S3.22)", Input{Pod: podOf(always, "", "m"), State: over(nil)},
			corev1.PodReadyToStartContainers, corev1.ConditionFalse, "PodSandboxNotReady", "pod sandbox is not ready"},
		{"a sandbox that runs (S3.22)", Input{Pod: podOf(always, "", "m"), State: in(nil)},
			corev1.PodReadyToStartContainers, corev1.ConditionTrue, "", ""},
		{"regular inits and sidecars to come, in the order of the spec (S3.23)",
			Input{Pod: podOf(always, "b s a", "m"), State: in(memories{"b": endedWith(0, 0)})},
			corev1.PodInitialized, corev1.ConditionFalse, "ContainersNotInitialized", "containers with incomplete status: [s a]"},
		{"initialized stays true when a sidecar crashes (S3.23)",
			Input{Pod: published(podOf(always, "s", "m"), corev1.PodRunning, true), State: in(memories{"s": endedWith(1, 0)})},
			corev1.PodInitialized, corev1.ConditionTrue, "", ""},
		{"a main that runs proves it initialized (S3.23)",
			Input{Pod: podOf(always, "s", "m"), State: in(memories{"s": endedWith(1, 0), "m": runs(0)})},
			corev1.PodInitialized, corev1.ConditionTrue, "", ""},
		{"scheduled from the first status on (S3.21)", Input{Pod: podOf(always, "", "m"), State: &state.Pod{}},
			corev1.PodScheduled, corev1.ConditionTrue, "", ""},
		{"initialized at the end of a pod that succeeded (S3.23)", ended(podOf(never, "", "m"), 0),
			corev1.PodInitialized, corev1.ConditionTrue, "PodCompleted", ""},
		{"unready sidecars first, then mains in the order of the spec (S3.24)",
			Input{Pod: podOf(always, "a t s", "n m"), State: in(memories{"a": endedWith(0, 0), "s": runs(0)})},
			corev1.ContainersReady, corev1.ConditionFalse, "ContainersNotReady", "containers with unready status: [n m]"},
		{"an unready sidecar counts (S3.24)",
			Input{Pod: podOf(always, "s1 s2", "m"), State: in(memories{"s1": endedWith(1, 0), "s2": runs(0), "m": runs(0)})},
			corev1.ContainersReady, corev1.ConditionFalse, "ContainersNotReady", "containers with unready status: [s1]"},
		{"Ready says the same (S3.25)",
			Input{Pod: podOf(always, "s1 s2", "m"), State: in(memories{"s1": endedWith(1, 0), "s2": runs(0), "m": runs(0)})},
			corev1.PodReady, corev1.ConditionFalse, "ContainersNotReady", "containers with unready status: [s1]"},
		{"a pod that succeeded is not ready (S3.24)", ended(podOf(never, "", "m"), 0),
			corev1.ContainersReady, corev1.ConditionFalse, "PodCompleted", ""},
		{"a pod that failed is not ready (S3.24)", ended(podOf(never, "", "m"), 1),
			corev1.ContainersReady, corev1.ConditionFalse, "PodFailed", ""},
		{"nor Ready (S3.25)", ended(podOf(never, "", "m"), 1),
			corev1.PodReady, corev1.ConditionFalse, "PodFailed", ""},
		{"readiness gates that are closed (S3.25)", Input{Pod: gated(), State: in(memories{"m": runs(0)})},
			corev1.PodReady, corev1.ConditionFalse, "ReadinessGatesNotReady",
			`corresponding condition of pod readiness gate "x/y" does not exist., the status of pod readiness gate "x/z" is not "True", but False`},
		{"readiness gates do not touch ContainersReady (S3.25)", Input{Pod: gated(), State: in(memories{"m": runs(0)})},
			corev1.ContainersReady, corev1.ConditionTrue, "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.in.Now = now
			got := condition(Generate(row.in).Conditions, row.condition)
			want := &corev1.PodCondition{Type: row.condition, Status: row.want, Reason: row.reason, Message: row.message,
				ObservedGeneration: 1, LastTransitionTime: got.LastTransitionTime}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestConditionsAreInTheirOrderAndForeignOnesInFront(t *testing.T) {
	pod := podOf(always, "", "m")
	pod.Status.Conditions = []corev1.PodCondition{
		{Type: corev1.PodScheduled, Status: corev1.ConditionTrue},
		{Type: "x/y", Status: corev1.ConditionTrue, Message: "mine"},
	}
	var got []corev1.PodConditionType
	for _, c := range Generate(Input{Pod: pod, State: in(nil), Now: now}).Conditions {
		got = append(got, c.Type)
	}
	want := []corev1.PodConditionType{"x/y", "PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(S3.20):\n%s", diff)
	}
}

func TestLastTransitionTimeChangesOnlyWithTheStatus(t *testing.T) {
	long := metav1.NewTime(now.Add(-time.Hour))
	pod := podOf(always, "", "m")
	pod.Status.Conditions = []corev1.PodCondition{
		{Type: corev1.ContainersReady, Status: corev1.ConditionFalse, Reason: "ContainersNotReady", LastTransitionTime: long},
		{Type: corev1.PodReadyToStartContainers, Status: corev1.ConditionFalse, LastTransitionTime: long},
	}
	pod.Status.Phase = corev1.PodRunning
	got := Generate(Input{Pod: pod, State: over(memories{"m": endedWith(1, 0)}), Now: now, Ended: true}).Conditions
	if c := condition(got, corev1.ContainersReady); c.Reason != "PodFailed" || !c.LastTransitionTime.Equal(&long) {
		t.Errorf("a change of the reason gave %v with reason %s (S3.28)", c.LastTransitionTime, c.Reason)
	}
	got = Generate(Input{Pod: pod, State: in(memories{"m": runs(0)}), Now: now}).Conditions
	if c := condition(got, corev1.PodReadyToStartContainers); !c.LastTransitionTime.Time.Equal(now) {
		t.Errorf("a change of the status gave %v (S3.28)", c.LastTransitionTime)
	}
}
