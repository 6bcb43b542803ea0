package status

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/plan"
	"github.com/podsim/podsim/runtime/state"
)

func TestSnapshotsWithEphemeralContainers(t *testing.T) {
	debugged := func(policy corev1.RestartPolicy, inits string) *corev1.Pod {
		return withEphemeral(published(podOf(policy, inits, "m"), corev1.PodRunning, true), "f e")
	}
	const up = "Running [PodReadyToStartContainers Initialized Ready ContainersReady PodScheduled] | m=running started ready r0 | "
	checkSnapshots(t, []snapshot{
		{"they are sorted by name, neither started nor ready (S3.30, S3.38)", Input{Pod: debugged(always, ""), State: in(memories{
			"m": runs(0), "e": runs(0), "f": endedWith(3, 0)})}, up + "e=running r0 f=Error(3) r0"},
		{"before they start they wait as the pod's containers do (S3.31)", Input{Pod: debugged(always, ""), State: in(memories{"m": runs(0)})},
			up + "e=waiting:ContainerCreating r0 f=waiting:ContainerCreating r0"},
		{"one whose image is missing shows that (S3.34)", Input{Pod: debugged(always, ""), State: in(memories{
			"m": runs(0), "e": failing(&state.Container{}, plan.ReasonErrImagePull, ""), "f": runs(0)})},
			up + "e=waiting:ErrImagePull r0 f=running r0"},
		{"one that could not be started waits for ever in a pod that restarts its containers (S3.34)", Input{Pod: debugged(always, ""), State: in(memories{
			"m": runs(0), "e": failing(startError(), plan.ReasonRunContainerError, ""), "f": runs(0)})},
			up + "e=waiting:RunContainerError r0 last=StartError(128) f=running r0"},
		{"and shows its end in one that does not (S3.34)", Input{Pod: debugged(never, ""), State: in(memories{
			"m": runs(0), "e": failing(startError(), plan.ReasonRunContainerError, ""), "f": runs(0)})},
			up + "e=StartError(128) r0 f=running r0"},
		{"they hold no phase (S4.71)", Input{Pod: debugged(never, ""), State: over(memories{
			"m": endedWith(0, 0), "e": endedWith(1, 0), "f": runs(0)}), Stopping: true, Ended: true},
			"Succeeded [Initialized PodScheduled] | m=Completed(0) r0 | e=Error(1) r0 f=running r0"},
	})
}

func TestAnEphemeralContainerIsFoundAndHasNoResources(t *testing.T) {
	pod := shown(withEphemeral(podOf(always, "", "m"), "e"), in(memories{"e": runs(0)}))
	want := &corev1.ContainerStatus{Name: "e", Image: "busybox:1.36", ContainerID: "docker://id0",
		State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: Container(pod, "e").State.Running.StartedAt}}}
	if diff := cmp.Diff(want, Container(pod, "e")); diff != "" {
		t.Errorf("(S3.38, S4.71):\n%s", diff)
	}
}
