package status

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/plan"
	"github.com/podsim/podsim/runtime/state"
)

// snapshot is a row of a table: what is known of a pod, and the status that it shows.
type snapshot struct {
	name string
	in   Input
	want string
}

func checkSnapshots(t *testing.T, table []snapshot) {
	t.Helper()
	for _, row := range table {
		t.Run(row.name, func(t *testing.T) {
			row.in.Now = now
			if diff := cmp.Diff(row.want, describe(Generate(row.in))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSnapshotsBeforeTheMainsRun(t *testing.T) {
	checkSnapshots(t, []snapshot{
		{"without a sandbox, with inits (S3.60)", Input{Pod: podOf(always, "a", "m"), State: &state.Pod{}},
			"Pending [PodScheduled] a=waiting:PodInitializing r0 | m=waiting:PodInitializing r0"},
		{"without a sandbox, without inits (S3.60)", Input{Pod: podOf(always, "", "m"), State: &state.Pod{}},
			"Pending [Initialized PodScheduled] | m=waiting:ContainerCreating r0"},
		{"the first of two inits runs (S3.61)", Input{Pod: podOf(always, "a b", "m"), State: in(memories{"a": runs(0)})},
			"Pending [PodReadyToStartContainers PodScheduled] a=running started r0 b=waiting:PodInitializing r0 | m=waiting:PodInitializing r0"},
		{"the first of two inits is done (S3.61)", Input{Pod: podOf(always, "a b", "m"), State: in(memories{"a": endedWith(0, 0)})},
			"Pending [PodReadyToStartContainers PodScheduled] a=Completed(0) ready r0 b=waiting:PodInitializing r0 | m=waiting:PodInitializing r0"},
		{"all inits are done (S3.23)", Input{Pod: podOf(always, "a", "m"), State: in(memories{"a": endedWith(0, 0)})},
			"Pending [PodReadyToStartContainers Initialized PodScheduled] a=Completed(0) ready r0 | m=waiting:PodInitializing r0"},
		{"an init failed and will be tried again (S3.62)", Input{Pod: podOf(onFailure, "a", "m"), State: in(memories{"a": endedWith(1, 0)})},
			"Pending [PodReadyToStartContainers PodScheduled] a=Error(1) r0 | m=waiting:PodInitializing r0"},
		{"an init that failed runs again (S3.62)", Input{Pod: podOf(always, "a", "m"), State: in(memories{"a": after(1, runs(1))})},
			"Pending [PodReadyToStartContainers PodScheduled] a=running started r1 last=Error(1) | m=waiting:PodInitializing r0"},
		{"an init that failed is in back-off (S3.62)", Input{Pod: podOf(always, "a", "m"), State: in(memories{"a": crashLooping(1, 1)})},
			"Pending [PodReadyToStartContainers PodScheduled] a=waiting:CrashLoopBackOff r1 last=Error(1) | m=waiting:PodInitializing r0"},
		{"an init failed for good, and everything was stopped (S3.63)",
			Input{Pod: published(podOf(never, "a b", "m"), corev1.PodPending, false), State: over(memories{"a": endedWith(1, 0)}), Stopping: true, Ended: true},
			"Failed [PodScheduled] a=Error(1) r0 b=waiting:PodInitializing r0 | m=waiting:PodInitializing r0"},
		{"a sidecar waits for its startup probe (S3.64)", Input{Pod: podOf(always, "s? a", "m"), State: in(memories{"s": runs(0)})},
			"Pending [PodReadyToStartContainers PodScheduled] s=running r0 a=waiting:PodInitializing r0 | m=waiting:PodInitializing r0"},
		{"a sidecar has passed its startup probe (S3.39)", Input{Pod: podOf(always, "s? a", "m"), State: in(memories{"s": passed(runs(0))})},
			"Pending [PodReadyToStartContainers PodScheduled] s=running started ready r0 a=waiting:PodInitializing r0 | m=waiting:PodInitializing r0"},
		{"the last sidecar has started (S3.23)", Input{Pod: podOf(always, "s", "m"), State: in(memories{"s": runs(0)})},
			"Pending [PodReadyToStartContainers Initialized PodScheduled] s=running started ready r0 | m=waiting:PodInitializing r0"},
		{"a sidecar crashed before the mains started (S3.67)", Input{Pod: podOf(always, "s a", "m"), State: in(memories{"s": crashLooping(1, 1)})},
			"Pending [PodReadyToStartContainers PodScheduled] s=waiting:CrashLoopBackOff r1 last=Error(1) a=waiting:PodInitializing r0 | m=waiting:PodInitializing r0"},
	})
}

func TestSnapshotsWhileTheMainsRun(t *testing.T) {
	all := memories{"a": endedWith(0, 0), "s": runs(0), "m": runs(0)}
	initialized := func(policy corev1.RestartPolicy, inits, mains string) *corev1.Pod {
		return published(podOf(policy, inits, mains), corev1.PodRunning, true)
	}
	checkSnapshots(t, []snapshot{
		{"everything is up (S3.65)", Input{Pod: podOf(always, "a s", "m"), State: in(all)},
			"Running [PodReadyToStartContainers Initialized Ready ContainersReady PodScheduled] a=Completed(0) ready r0 s=running started ready r0 | m=running started ready r0"},
		{"a sidecar crashed while the mains run (S3.66)", Input{Pod: initialized(always, "s", "m"), State: in(memories{"s": endedWith(5, 0), "m": runs(0)})},
			"Running [PodReadyToStartContainers Initialized PodScheduled] s=Error(5) r0 | m=running started ready r0"},
		{"a sidecar is in back-off while the mains run (S3.66)", Input{Pod: initialized(always, "s", "m"), State: in(memories{"s": after(5, crashLooping(5, 1)), "m": runs(0)})},
			"Running [PodReadyToStartContainers Initialized PodScheduled] s=waiting:CrashLoopBackOff r1 last=Error(5) | m=running started ready r0"},
		{"a main crashed and starts again (S3.34)", Input{Pod: initialized(always, "", "m"), State: in(memories{"m": endedWith(1, 0)})},
			"Running [PodReadyToStartContainers Initialized PodScheduled] | m=Error(1) r0"},
		{"a main runs again (S3.37)", Input{Pod: initialized(always, "", "m"), State: in(memories{"m": after(1, runs(1))})},
			"Running [PodReadyToStartContainers Initialized Ready ContainersReady PodScheduled] | m=running started ready r1 last=Error(1)"},
		{"the only main is in back-off (S3.68)", Input{Pod: initialized(always, "", "m"), State: in(memories{"m": after(1, crashLooping(1, 1))})},
			"Running [PodReadyToStartContainers Initialized PodScheduled] | m=waiting:CrashLoopBackOff r1 last=Error(1)"},
		{"one main runs while the other's image is missing (S3.10)", Input{Pod: podOf(always, "", "m n"), State: in(memories{
			"m": runs(0), "n": failing(&state.Container{}, plan.ReasonImagePullBackOff, "")})},
			"Pending [PodReadyToStartContainers Initialized PodScheduled] | m=running started ready r0 n=waiting:ImagePullBackOff r0"},
		{"one main is created, not started (S3.33)", Input{Pod: podOf(always, "", "m"), State: in(memories{
			"m": {Current: &state.Instance{ID: "id0", SandboxID: "box", Phase: state.Created}}})},
			"Pending [PodReadyToStartContainers Initialized PodScheduled] | m=waiting: r0"},
		{"mains are sorted by name, inits are not (S3.30)", Input{Pod: podOf(always, "z b", "n m"), State: &state.Pod{}},
			"Pending [PodScheduled] z=waiting:PodInitializing r0 b=waiting:PodInitializing r0 | m=waiting:PodInitializing r0 n=waiting:PodInitializing r0"},
		{"a main waits for its startup probe (S3.39)", Input{Pod: podOf(always, "", "m?"), State: in(memories{"m": runs(0)})},
			"Running [PodReadyToStartContainers Initialized PodScheduled] | m=running r0"},
		{"the sandbox was lost while a main runs (S3.22)", Input{Pod: initialized(always, "", "m"), State: over(memories{"m": runs(0)})},
			"Running [Initialized Ready ContainersReady PodScheduled] | m=running started ready r0"},
		{"a main that could not be started will be tried again (S3.53)", Input{Pod: podOf(always, "", "m"), State: in(memories{
			"m": failing(startError(), plan.ReasonRunContainerError, "exec: no such file")})},
			"Running [PodReadyToStartContainers Initialized PodScheduled] | m=waiting:RunContainerError r0 last=StartError(128)"},
		{"a main whose postStart hook failed will be tried again (S3.34, S7.5)", Input{Pod: podOf(always, "", "m"), State: in(memories{
			"m": failing(endedWith(137, 0), plan.ReasonPostStartHookError, "PostStartHook failed")})},
			"Running [PodReadyToStartContainers Initialized PodScheduled] | m=waiting:PostStartHookError r0 last=Error(137)"},
		{"a main whose postStart hook failed and will not be tried again (S3.34)", Input{Pod: initialized(never, "", "m n"), State: in(memories{
			"m": failing(endedWith(137, 0), plan.ReasonPostStartHookError, "PostStartHook failed"), "n": runs(0)})},
			"Running [PodReadyToStartContainers Initialized PodScheduled] | m=Error(137) r0 n=running started ready r0"},
		{"a main that ended with a code that a rule starts again (S3.6, S3.9)", Input{Pod: ruled(initialized(never, "", "m"), "m", restart), State: in(memories{
			"m": endedWith(42, 0)})},
			"Running [PodReadyToStartContainers Initialized PodScheduled] | m=Error(42) r0"},
		{"a main in back-off that a rule starts again (S4.42)", Input{Pod: ruled(initialized(never, "", "m"), "m", restart), State: in(memories{
			"m": crashLooping(42, 1)})},
			"Running [PodReadyToStartContainers Initialized PodScheduled] | m=waiting:CrashLoopBackOff r1 last=Error(42)"},
		{"an init that failed is tried again by a rule, under Never (S3.62)", Input{Pod: ruled(podOf(never, "a", "m"), "a", restart), State: in(memories{
			"a": crashLooping(42, 1)})},
			"Pending [PodReadyToStartContainers PodScheduled] a=waiting:CrashLoopBackOff r1 last=Error(42) | m=waiting:PodInitializing r0"},
		{"a sidecar in back-off that ended with 0 goes on showing that (S3.34)", Input{Pod: initialized(always, "s", "m"), State: in(memories{
			"s": crashLooping(0, 1), "m": runs(0)})},
			"Running [PodReadyToStartContainers Initialized PodScheduled] s=Completed(0) r1 | m=running started ready r0"},
		{"an unready sidecar keeps the pod unready (S3.24)", Input{Pod: initialized(always, "s~", "m"), State: in(memories{"s": runs(0), "m": runs(0)})},
			"Running [PodReadyToStartContainers Initialized PodScheduled] s=running started r0 | m=running started ready r0"},
		{"a main that could not be started and will not be tried again (S3.34)", Input{Pod: published(podOf(never, "", "m"), corev1.PodPending, true), State: in(memories{
			"m": failing(startError(), plan.ReasonRunContainerError, "exec: no such file")})},
			"Pending [PodReadyToStartContainers Initialized PodScheduled] | m=StartError(128) r0"},
	})
}

// startError is a container that the engine refused to start.
func startError() *state.Container {
	c := endedWith(128, 0)
	c.Current.Reason = plan.ReasonStartError
	return c
}

// shown gives a pod the status that a state makes.
func shown(pod *corev1.Pod, known *state.Pod) *corev1.Pod {
	pod.Status = Generate(Input{Pod: pod, State: known, Now: now})
	return pod
}

const restart = corev1.ContainerRestartRuleActionRestart

func TestSnapshotsAtTheEnd(t *testing.T) {
	runningPod := func(policy corev1.RestartPolicy, inits, mains string) *corev1.Pod {
		return published(podOf(policy, inits, mains), corev1.PodRunning, true)
	}
	deadline := &Failure{Reason: "DeadlineExceeded", Message: "Pod was active on the node longer than the specified deadline"}
	checkSnapshots(t, []snapshot{
		{"the mains are done, a sidecar still runs (S3.69)", Input{Pod: runningPod(never, "s", "m"), State: in(memories{"s": runs(0), "m": endedWith(0, 0)})},
			"Running [PodReadyToStartContainers Initialized PodScheduled] s=running started ready r0 | m=Completed(0) r0"},
		{"the sidecar was stopped, the end is not published yet (S3.69, S8.30)", Input{Pod: runningPod(never, "s", "m"),
			State: over(memories{"s": endedWith(143, 0), "m": endedWith(0, 0)}), Stopping: true},
			"Running [Initialized PodScheduled] s=Error(143) r0 | m=Completed(0) r0"},
		{"finished well, whatever the sidecar's code (S3.70, S8.31)", Input{Pod: runningPod(never, "s", "m"),
			State: over(memories{"s": endedWith(137, 0), "m": endedWith(0, 0)}), Stopping: true, Ended: true},
			"Succeeded [Initialized PodScheduled] s=Error(137) r0 | m=Completed(0) r0"},
		{"finished with a failure (S3.71)", Input{Pod: runningPod(never, "", "m n"),
			State: over(memories{"m": endedWith(0, 0), "n": endedWith(3, 0)}), Stopping: true, Ended: true},
			"Failed [Initialized PodScheduled] | m=Completed(0) r0 n=Error(3) r0"},
		{"deleted while running: nothing shows before all was stopped (S3.72, S8.23)", Input{Pod: runningPod(always, "", "m"),
			State: in(memories{"m": runs(0)}), Stopping: true},
			"Running [PodReadyToStartContainers Initialized Ready ContainersReady PodScheduled] | m=running started ready r0"},
		{"deleted while running, all mains ended with 0 (S3.72)", Input{Pod: runningPod(always, "", "m"),
			State: over(memories{"m": endedWith(0, 0)}), Stopping: true, Ended: true},
			"Succeeded [Initialized PodScheduled] | m=Completed(0) r0"},
		{"deleted while running, a main was killed (S3.72)", Input{Pod: runningPod(always, "", "m"),
			State: over(memories{"m": endedWith(137, 0)}), Stopping: true, Ended: true},
			"Failed [Initialized PodScheduled] | m=Error(137) r0"},
		{"deleted in back-off: the last end shows again (S8.18)", Input{Pod: runningPod(always, "", "m"),
			State: in(memories{"m": after(1, crashLooping(2, 1))}), Stopping: true},
			"Running [PodReadyToStartContainers Initialized PodScheduled] | m=Error(2) r1 last=Error(1)"},
		{"past its deadline everything was stopped (S3.73)", Input{Pod: runningPod(always, "", "m"),
			State: over(memories{"m": endedWith(0, 0)}), Stopping: true, Ended: true, Failure: deadline},
			"Failed (DeadlineExceeded) [Initialized PodScheduled] | m=Completed(0) r0"},
		{"deleted before anything ran (S3.13, S3.74)", Input{Pod: published(podOf(always, "", "m"), corev1.PodPending, true),
			State: &state.Pod{}, Stopping: true, Ended: true},
			"Failed [Initialized PodScheduled] | m=ContainerStatusUnknown(137) r0"},
		{"deleted before anything ran, with inits: the first is held to have begun (S3.74)", Input{Pod: published(podOf(always, "a b", "m"), corev1.PodPending, false),
			State: &state.Pod{}, Stopping: true, Ended: true},
			"Failed [PodScheduled] a=ContainerStatusUnknown(137) r0 b=waiting:PodInitializing r0 | m=waiting:PodInitializing r0"},
		{"deleted after the inits, before the main ran (S3.74)", Input{Pod: shown(podOf(always, "a", "m"), in(memories{"a": endedWith(0, 0)})),
			State: over(memories{"a": endedWith(0, 0)}), Stopping: true, Ended: true},
			"Failed [Initialized PodScheduled] a=Completed(0) ready r0 | m=ContainerStatusUnknown(137) r0"},
		{"deleted while a sidecar is started again, before the main ran (S3.74)", Input{Pod: shown(podOf(always, "s b", "m"), in(memories{"s": after(2, crashLooping(1, 1))})),
			State: over(memories{"s": after(2, endedWith(1, 1))}), Stopping: true, Ended: true},
			"Failed [PodScheduled] s=Error(1) r1 last=Error(2) b=waiting:PodInitializing r0 | m=waiting:PodInitializing r0"},
		{"deleted once the last sidecar had started, before the main ran (S3.74)", Input{Pod: shown(podOf(always, "s", "m"), in(memories{"s": runs(0)})),
			State: over(memories{"s": endedWith(143, 0)}), Stopping: true, Ended: true},
			"Failed [Initialized PodScheduled] s=Error(143) r0 | m=ContainerStatusUnknown(137) r0"},
		{"deleted during init: the mains were never there (S8.22)", Input{Pod: published(podOf(always, "a", "m"), corev1.PodPending, false),
			State: over(memories{"a": endedWith(143, 0)}), Stopping: true, Ended: true},
			"Failed [PodScheduled] a=Error(143) r0 | m=waiting:PodInitializing r0"},
		{"deleted while one main waits for its image (S3.74)", Input{Pod: published(podOf(always, "", "m n"), corev1.PodPending, true),
			State: over(memories{"m": endedWith(0, 0), "n": failing(&state.Container{}, plan.ReasonErrImagePull, "")}), Stopping: true, Ended: true},
			"Failed [Initialized PodScheduled] | m=Completed(0) r0 n=ContainerStatusUnknown(137) r0"},
	})
}
