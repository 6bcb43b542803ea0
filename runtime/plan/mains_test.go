package plan

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/state"
)

func TestMains(t *testing.T) {
	checkDecisions(t, []decision{
		{"mains start in the order of the spec (S4.30)", podOf(always, "", "z a"), in(nil), "start z, start a"},
		{"running mains are left alone (S4.32)", podOf(always, "", "m n"), in(memories{"m": running(), "n": running()}), "nothing"},
		{"Always restarts after 0 (S4.32)", podOf(always, "", "m"), in(memories{"m": exited(0, 0)}), "start m"},
		{"Always restarts after a failure (S4.32)", podOf(always, "", "m"), in(memories{"m": exited(1, 0)}), "start m"},
		{"OnFailure restarts after a failure (S4.32)", podOf(onFailure, "", "m"), in(memories{"m": exited(1, 0)}), "start m"},
		{"OnFailure does not restart after 0 (S4.32)", podOf(onFailure, "", "m n"),
			in(memories{"m": exited(0, 0), "n": running()}), "nothing"},
		{"Never does not restart (S4.32)", podOf(never, "", "m n"), in(memories{"m": exited(1, 0), "n": running()}), "nothing"},
		{"Never starts what never ran (S4.32)", podOf(never, "", "m n"), in(memories{"m": exited(1, 0)}), "start n"},
		{"a main in back-off does not keep the next from starting (S4.30)", podOf(always, "", "m n"),
			in(memories{"m": backingOff(exited(1, time.Second), 10*time.Second)}), "start n, refuse m for 10s until 9s aloud, wake 10.35s"},
		{"when no main runs or will run the pod is done (S4.6)", podOf(never, "", "m n"),
			in(memories{"m": exited(0, 0), "n": exited(1, 0)}), "kill pod"},
		{"a sidecar does not hold a pod whose mains are done (S4.6)", podOf(never, "s", "m"),
			in(memories{"s": running(), "m": exited(0, 0)}), "kill pod"},
		{"a sidecar that is down is not restarted when the mains are done (S4.6)", podOf(never, "s", "m"),
			in(memories{"s": exited(1, 0), "m": exited(0, 0)}), "kill pod"},
		{"a main that waits for its back-off holds the pod (S4.6)", podOf(onFailure, "s", "m"),
			in(memories{"s": running(), "m": backingOff(exited(1, time.Second), 10*time.Second)}),
			"refuse m for 10s until 9s aloud, wake 10.35s"},
		{"a main that waits for its image holds the pod (S4.6)", podOf(never, "", "m"),
			in(memories{"m": failed(&state.Container{}, ReasonImagePullBackOff, time.Second)}), "wake 9s"},
	})
}

// A container's own policy decides before the pod's (S4.40 without rules).
func TestAContainersOwnRestartPolicyComesFirst(t *testing.T) {
	own := func(pod *corev1.Pod, policy corev1.ContainerRestartPolicy) *corev1.Pod {
		pod.Spec.Containers[0].RestartPolicy = &policy
		return pod
	}
	ownInit := func(pod *corev1.Pod, policy corev1.ContainerRestartPolicy) *corev1.Pod {
		pod.Spec.InitContainers[0].RestartPolicy = &policy
		return pod
	}
	checkDecisions(t, []decision{
		{"Always under Never (S4.32)", own(podOf(never, "", "m"), corev1.ContainerRestartPolicyAlways),
			in(memories{"m": exited(0, 0)}), "start m"},
		{"Never under Always (S4.32)", own(podOf(always, "", "m"), corev1.ContainerRestartPolicyNever),
			in(memories{"m": exited(1, 0)}), "kill pod"},
		{"OnFailure under Always (S4.32)", own(podOf(always, "", "m"), corev1.ContainerRestartPolicyOnFailure),
			in(memories{"m": exited(0, 0)}), "kill pod"},
		{"an init with Never ends a pod with Always (S4.15)", ownInit(podOf(always, "a", "m"), corev1.ContainerRestartPolicyNever),
			in(memories{"a": exited(1, 0)}), "kill pod"},
		{"an init with OnFailure is tried again in a pod with Never (S4.15)",
			ownInit(podOf(never, "a", "m"), corev1.ContainerRestartPolicyOnFailure), in(memories{"a": exited(1, 0)}), "start a"},
	})
}

func TestStartupProbeOfAMain(t *testing.T) {
	fell := func() *state.Container { return startupVerdict(running(), false) }
	checkDecisions(t, []decision{
		{"a main that failed its startup probe is killed and started again (S4.33)", podOf(always, "", "m?"),
			in(memories{"m": fell()}), "kill m (Container m failed startup probe, will be restarted), start m"},
		{"under OnFailure it is started again whatever its code will be (S4.34)", podOf(onFailure, "", "m?"),
			in(memories{"m": fell()}), "kill m (Container m failed startup probe, will be restarted), start m"},
		{"under Never it is only killed (S4.34)", podOf(never, "", "m? n"),
			in(memories{"m": fell(), "n": running()}), "kill m (Container m failed startup probe)"},
		{"a main whose startup probe has not decided yet is left alone (S4.33)", podOf(always, "", "m?"),
			in(memories{"m": running()}), "nothing"},
	})
}
