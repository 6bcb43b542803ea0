package status

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/runtime/plan"
	"github.com/podsim/podsim/runtime/state"
)

const restartAll = corev1.ContainerRestartRuleActionRestartAllContainers

// removed is a container that lost its instances; the given attempt is the next.
func removed(next int) *state.Container { return &state.Container{Spent: next} }

// The states of a pod whose main m ends with a code that makes all containers begin anew, and the statuses that a kubelet publishes
// one after another, as recorded.
func TestSnapshotsWhileAllContainersBeginAnew(t *testing.T) {
	pod := ruled(podOf(never, "i", "m o"), "m", restartAll)
	const some = "PodReadyToStartContainers Initialized PodScheduled"
	const all = "PodReadyToStartContainers Initialized Ready ContainersReady PodScheduled"
	const last = " last=RestartingAllContainers(137)"
	for _, step := range []struct {
		name  string
		state memories
		want  string
	}{
		{"before anything", memories{}, "Pending [PodReadyToStartContainers PodScheduled] " +
			"i=waiting:PodInitializing r0 | m=waiting:PodInitializing r0 o=waiting:PodInitializing r0"},
		{"the init runs", memories{"i": runs(0)}, "Pending [PodReadyToStartContainers PodScheduled] " +
			"i=running started r0 | m=waiting:PodInitializing r0 o=waiting:PodInitializing r0"},
		{"the init is done", memories{"i": endedWith(0, 0)},
			"Pending [" + some + "] i=Completed(0) ready r0 | m=waiting:PodInitializing r0 o=waiting:PodInitializing r0"},
		{"all is up", memories{"i": endedWith(0, 0), "m": runs(0), "o": runs(0)},
			"Running [" + all + "] i=Completed(0) ready r0 | m=running started ready r0 o=running started ready r0"},
		{"the trigger shows (S4.60, S4.64)", memories{"i": endedWith(0, 0), "m": endedWith(42, 0), "o": runs(0)},
			"Running [" + some + " AllContainersRestarting] i=Completed(0) ready r0 | m=Error(42) r0 o=running started ready r0"},
		{"all are removed (S4.64)", memories{"i": removed(1), "m": removed(1), "o": removed(1)},
			"Running [" + some + "] i=waiting:RestartingAllContainers ready r1" + last +
				" | m=waiting:RestartingAllContainers r1" + last + " o=waiting:RestartingAllContainers r1" + last},
		{"the init runs again (S4.65)", memories{"i": runs(1), "m": removed(1), "o": removed(1)},
			"Pending [" + some + "] i=running started r1" + last +
				" | m=waiting:PodInitializing r1" + last + " o=waiting:PodInitializing r1" + last},
		{"the init is done again (S4.65)", memories{"i": endedWith(0, 1), "m": removed(1), "o": removed(1)},
			"Running [" + some + "] i=Completed(0) ready r1" + last +
				" | m=waiting:PodInitializing r1" + last + " o=waiting:PodInitializing r1" + last},
		{"all is up again", memories{"i": endedWith(0, 1), "m": runs(1), "o": runs(1)},
			"Running [" + all + "] i=Completed(0) ready r1" + last +
				" | m=running started ready r1" + last + " o=running started ready r1" + last},
		{"the trigger shows again", memories{"i": endedWith(0, 1), "m": endedWith(42, 1), "o": runs(1)},
			"Running [" + some + " AllContainersRestarting] i=Completed(0) ready r1" + last +
				" | m=Error(42) r1" + last + " o=running started ready r1" + last},
		{"all are removed again", memories{"i": removed(2), "m": removed(2), "o": removed(2)},
			"Running [" + some + "] i=waiting:RestartingAllContainers ready r2" + last +
				" | m=waiting:RestartingAllContainers r2" + last + " o=waiting:RestartingAllContainers r2" + last},
	} {
		pod.Status = Generate(Input{Pod: pod, State: in(step.state), Now: now})
		if diff := cmp.Diff(step.want, describe(pod.Status)); diff != "" {
			t.Errorf("%s:\n%s", step.name, diff)
		}
	}
	message := "The container is removed because RestartAllContainers in place"
	if w := Container(pod, "o").State.Waiting; w.Message != message {
		t.Errorf("it waits with %q (S3D)", w.Message)
	}
	if ended := Container(pod, "o").LastTerminationState.Terminated; ended.Message != message {
		t.Errorf("its last state says %q", ended.Message)
	}
	pod.Status = Generate(Input{Pod: pod, State: &state.Pod{}, Now: now, Stopping: true, Ended: true})
	want := "Failed [Initialized PodScheduled] i=ContainerStatusUnknown(137) r2" + last +
		" | m=ContainerStatusUnknown(137) r2" + last + " o=ContainerStatusUnknown(137) r2" + last
	if diff := cmp.Diff(want, describe(pod.Status)); diff != "" {
		t.Errorf("deleted meanwhile (S3.74):\n%s", diff)
	}
}

func TestOneRemovalAtATime(t *testing.T) {
	pod := shown(ruled(podOf(never, "", "m o"), "m", restartAll), in(memories{"m": endedWith(42, 0), "o": runs(0)}))
	for range 2 {
		pod.Status = Generate(Input{Pod: pod, State: in(memories{"m": endedWith(42, 0), "o": removed(1)}), Now: now})
		if c := condition(pod.Status.Conditions, corev1.AllContainersRestarting); c.Status != corev1.ConditionTrue {
			t.Errorf("the condition is %s before the last instance is gone (S3.26)", c.Status)
		}
		if got := Container(pod, "o").RestartCount; got != 1 {
			t.Errorf("the restart count is %d (S4.64)", got)
		}
	}
}

func TestTheConditionOfARestartOfAll(t *testing.T) {
	triggered := func() *corev1.Pod { return ruled(podOf(never, "", "m o"), "m", restartAll) }
	up, fell := memories{"m": runs(0), "o": runs(0)}, memories{"m": endedWith(42, 0), "o": runs(0)}
	ended := memories{"m": endedWith(42, 0), "o": endedWith(0, 0)}
	for _, row := range []struct {
		name            string
		in              Input
		want            corev1.ConditionStatus
		reason, message string
	}{
		{"is False without cause", Input{Pod: triggered(), State: in(up)}, corev1.ConditionFalse, "", ""},
		{"is True from the trigger on", Input{Pod: triggered(), State: in(fell)}, corev1.ConditionTrue,
			"RestartAllContainersStarted", "container exited with restart policy rule"},
		{"is not for a pod that is being stopped", Input{Pod: triggered(), State: in(fell), Stopping: true}, corev1.ConditionFalse, "", ""},
		{"is over with a pod that failed", Input{Pod: triggered(), State: over(ended), Stopping: true, Ended: true}, corev1.ConditionFalse, "PodFailed", ""},
		{"is over with a pod that succeeded", Input{Pod: triggered(), State: over(memories{"m": endedWith(0, 0), "o": endedWith(0, 0)}), Stopping: true, Ended: true},
			corev1.ConditionFalse, "PodCompleted", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.in.Now = now
			list := Generate(row.in).Conditions
			want := corev1.PodCondition{Type: corev1.AllContainersRestarting, Status: row.want, Reason: row.reason, Message: row.message,
				LastTransitionTime: metav1.NewTime(now)}
			if diff := cmp.Diff(want, list[len(list)-1]); diff != "" {
				t.Errorf("the last condition (S3.20, S3.26):\n%s", diff)
			}
		})
	}
}

func TestAPodWithoutSuchARuleHasNoSuchCondition(t *testing.T) {
	pod := ruled(podOf(never, "", "m"), "m", restart)
	pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.AllContainersRestarting, Status: corev1.ConditionTrue}}
	if got := condition(Generate(Input{Pod: pod, State: in(nil), Now: now}).Conditions, corev1.AllContainersRestarting); got != nil {
		t.Errorf("got %+v (S3.20)", got)
	}
}

func TestAContainerWhoseInstanceIsMissing(t *testing.T) {
	up := memories{"a": endedWith(0, 0), "s": runs(2), "m": runs(0)}
	before := func() *corev1.Pod { return shown(podOf(always, "a s", "m"), in(up)) }
	for _, row := range []struct {
		name, container string
		pod             *corev1.Pod
		state           memories
		want            string
	}{
		{"goes on showing its end", "a", before(), memories{"s": runs(2), "m": runs(0)}, "a=Completed(0) ready r0"},
		{"waits, its end unknown, if it ran (S3.55)", "s", before(), memories{"m": runs(0)}, "s=waiting:PodInitializing r3 last=ContainerStatusUnknown(137)"},
		{"is held to have ended well if it is an init and a main was created (S3.58)", "a", podOf(always, "a", "m"), memories{"m": runs(0)},
			"a=Completed(0) ready r0"},
		{"but not if it is a sidecar (S3.58)", "s", podOf(always, "s", "m"), memories{"m": runs(0)}, "s=waiting:PodInitializing r0"},
		{"shows why it cannot start again, with its end (S3.34)", "m", shown(podOf(always, "", "m"), in(memories{"m": endedWith(1, 4)})),
			memories{"m": failing(&state.Container{Spent: 5}, plan.ReasonErrImagePull, "")}, "m=waiting:ErrImagePull r4 last=Error(1)"},
		{"and that end once it runs again (S3.37)", "m", shown(podOf(always, "", "m"), in(memories{"m": endedWith(1, 4)})),
			memories{"m": runs(5)}, "m=running started ready r5 last=Error(1)"},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.pod.Status = Generate(Input{Pod: row.pod, State: in(row.state), Now: now})
			if got := describeContainer(*Container(row.pod, row.container)); got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}
