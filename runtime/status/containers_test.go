package status

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/runtime/plan"
	"github.com/podsim/podsim/runtime/state"
)

func TestAContainerWithoutAnInstance(t *testing.T) {
	got := Generate(Input{Pod: podOf(always, "", "m"), State: in(nil), Now: now}).ContainerStatuses[0]
	started := false
	want := corev1.ContainerStatus{Name: "m", Image: "busybox:1.36", Started: &started,
		State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ContainerCreating"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(S3.31):\n%s", diff)
	}
}

func TestATerminatedContainer(t *testing.T) {
	c := after(1, endedWith(2, 3))
	c.Current.ImageID = "docker-pullable://busybox@sha256:1"
	c.Current.StartedAt, c.Current.FinishedAt = now.Add(1500*time.Millisecond), now.Add(2900*time.Millisecond)
	c.Current.Message = "last words"
	got := Generate(Input{Pod: podOf(never, "", "m"), State: in(memories{"m": c}), Now: now}).ContainerStatuses[0]
	want := &corev1.ContainerStateTerminated{
		ExitCode: 2, Reason: "Error", Message: "last words", ContainerID: "docker://id3",
		StartedAt: metav1.NewTime(now.Add(time.Second)), FinishedAt: metav1.NewTime(now.Add(2 * time.Second)),
	}
	if diff := cmp.Diff(want, got.State.Terminated); diff != "" {
		t.Errorf("times have the precision of seconds (S3.32):\n%s", diff)
	}
	if got.RestartCount != 3 || got.ContainerID != "docker://id3" || got.ImageID != "docker-pullable://busybox@sha256:1" {
		t.Errorf("restart count %d, container %s, image %s (S3.36, S3.40)", got.RestartCount, got.ContainerID, got.ImageID)
	}
	if got.LastTerminationState.Terminated == nil || got.LastTerminationState.Terminated.ContainerID != "docker://id2" {
		t.Errorf("the last state is %v (S3.37)", got.LastTerminationState)
	}
}

func TestARefusedStartShowsItsMessageAndMovesTheEndToLastState(t *testing.T) {
	got := Generate(Input{Pod: podOf(always, "", "m"), State: in(memories{"m": after(1, crashLooping(2, 1))}), Now: now}).ContainerStatuses[0]
	want := &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff", Message: "back-off 10s restarting failed container=m pod=p_default(u)"}
	if diff := cmp.Diff(want, got.State.Waiting); diff != "" {
		t.Errorf("(S3.34, S5.9):\n%s", diff)
	}
	if last := got.LastTerminationState.Terminated; last == nil || last.ExitCode != 2 {
		t.Errorf("the last state is %v, not the newest end (S3.34)", last)
	}
	if got.RestartCount != 1 || got.ContainerID != "docker://id1" {
		t.Errorf("restart count %d, container %s: not those of the newest instance (S3.36)", got.RestartCount, got.ContainerID)
	}
}

func TestAContainerThatWasNeverLocated(t *testing.T) {
	got := Generate(Input{Pod: podOf(always, "", "m"), State: &state.Pod{}, Now: now, Stopping: true, Ended: true}).ContainerStatuses[0]
	want := corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
		ExitCode: 137, Reason: plan.ReasonContainerUnknown, Message: "The container could not be located when the pod was terminated"}}
	if diff := cmp.Diff(want, got.State); diff != "" {
		t.Errorf("(S3.74):\n%s", diff)
	}
}

func TestAddressesComeFromTheSandboxAndStay(t *testing.T) {
	pod := podOf(always, "", "m")
	pod.Status = Generate(Input{Pod: pod, State: in(nil), Now: now})
	if pod.Status.PodIP != "10.1.0.2" || pod.Status.HostIP != "10.1.0.1" || len(pod.Status.PodIPs) != 1 || len(pod.Status.HostIPs) != 1 {
		t.Errorf("got pod %v, host %v (S3.41)", pod.Status.PodIPs, pod.Status.HostIPs)
	}
	if got := Generate(Input{Pod: pod, State: &state.Pod{}, Now: now}); got.PodIP != "10.1.0.2" || got.HostIP != "10.1.0.1" {
		t.Errorf("without the sandbox: pod %v, host %v (S3.41)", got.PodIPs, got.HostIPs)
	}
}

func TestStartTimeIsThatOfTheFirstStatus(t *testing.T) {
	pod := podOf(always, "", "m")
	pod.Status = Generate(Input{Pod: pod, State: &state.Pod{}, Now: now.Add(700 * time.Millisecond)})
	if !pod.Status.StartTime.Time.Equal(now) {
		t.Errorf("the first status has %v (S3.15)", pod.Status.StartTime)
	}
	if got := Generate(Input{Pod: pod, State: &state.Pod{}, Now: now.Add(time.Hour)}); !got.StartTime.Time.Equal(now) {
		t.Errorf("a later status has %v (S3.15)", got.StartTime)
	}
}

func TestTheQOSClassShows(t *testing.T) {
	if got := Generate(Input{Pod: podOf(always, "", "m"), State: &state.Pod{}, Now: now}).QOSClass; got != corev1.PodQOSBestEffort {
		t.Errorf("of a pod without resources it is %s (S3.42)", got)
	}
}

func TestRecursiveReadOnlyMountsOfAStatus(t *testing.T) {
	pod := podOf(always, "", "m")
	modes := []corev1.RecursiveReadOnlyMode{corev1.RecursiveReadOnlyEnabled, corev1.RecursiveReadOnlyIfPossible, corev1.RecursiveReadOnlyDisabled}
	for i := range modes {
		pod.Spec.Containers[0].VolumeMounts = append(pod.Spec.Containers[0].VolumeMounts, corev1.VolumeMount{Name: "v", ReadOnly: true, RecursiveReadOnly: &modes[i]})
	}
	for supported, want := range map[bool][]corev1.RecursiveReadOnlyMode{
		true:  {corev1.RecursiveReadOnlyEnabled, corev1.RecursiveReadOnlyEnabled, corev1.RecursiveReadOnlyDisabled},
		false: {corev1.RecursiveReadOnlyDisabled, corev1.RecursiveReadOnlyDisabled, corev1.RecursiveReadOnlyDisabled},
	} {
		var got []corev1.RecursiveReadOnlyMode
		status := Generate(Input{Pod: pod, State: &state.Pod{}, Now: now, RecursiveReadOnly: supported})
		for _, m := range status.ContainerStatuses[0].VolumeMounts {
			got = append(got, *m.RecursiveReadOnly)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("on an engine that can do it: %v (S3.40, S11.56)\n%s", supported, diff)
		}
	}
}

func TestVolumeMountsOfAStatus(t *testing.T) {
	pod := podOf(always, "", "m")
	pod.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "v", MountPath: "/v", ReadOnly: true}}
	got := Generate(Input{Pod: pod, State: &state.Pod{}, Now: now}).ContainerStatuses[0].VolumeMounts
	disabled := corev1.RecursiveReadOnlyDisabled
	want := []corev1.VolumeMountStatus{{Name: "v", MountPath: "/v", ReadOnly: true, RecursiveReadOnly: &disabled}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("recursiveReadOnly shows when it is read-only (S3.40):\n%s", diff)
	}
}
