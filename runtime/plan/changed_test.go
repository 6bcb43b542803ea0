package plan

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/state"
)

func TestAMainWithAnotherImage(t *testing.T) {
	const again = "kill m (Container m definition changed, will be restarted), start m"
	checkDecisions(t, []decision{
		{"is killed and started again (S4.33)", changed(podOf(always, "", "m"), "m"), in(memories{"m": running()}), again},
		{"also under Never (S4.34)", changed(podOf(never, "", "m"), "m"), in(memories{"m": running()}), again},
		{"also if its own policy is Never (S4.34)", changed(ruled(podOf(always, "", "m"), "m", corev1.ContainerRestartPolicyNever), "m"),
			in(memories{"m": running()}), again},
		{"leaves the others alone (S4.33)", changed(podOf(always, "s", "m n"), "m"),
			in(memories{"s": running(), "m": running(), "n": running()}), again},
		{"is not said to have failed a probe (S4.33)", changed(podOf(always, "", "m!"), "m"), in(memories{"m": ill(running())}), again},
		{"has the pod's grace, not the probe's (S6.50)", changed(probeGrace(podOf(always, "", "m!"), 3), "m"), in(memories{"m": ill(running())}), again},
		{"is not started again when it had ended for good (S4.32)", changed(podOf(never, "", "m n"), "m"),
			in(memories{"m": exited(1, 0), "n": running()}), "nothing"},
	})
}

func TestAnInitContainerWithAnotherImage(t *testing.T) {
	const again = "kill s (Init container s definition changed), start s"
	checkDecisions(t, []decision{
		{"a sidecar is killed and started again (S4.19)", changed(podOf(never, "s", "m"), "s"),
			in(memories{"s": running(), "m": running()}), again},
		{"its successor starts in the same pass (S4.17, S4.19)", changed(podOf(always, "s a", "m"), "s"),
			in(memories{"s": running()}), again + ", start a"},
		{"but not before its startup probe succeeded (S4.16, S4.19)", changed(podOf(always, "s? a", "m"), "s"),
			in(memories{"s": running()}), "nothing"},
		{"one that failed its startup probe is said to have (S4.19)", changed(podOf(always, "s? a", "m"), "s"),
			in(memories{"s": startupVerdict(running(), false)}), "kill s (Init container s failed startup probe), start s"},
		{"one that failed its liveness probe is said to have changed (S4.19)", changed(podOf(always, "s!", "m"), "s"),
			in(memories{"s": ill(running()), "m": running()}), again},
		{"a regular init that runs goes on (S4.19)", changed(podOf(always, "a", "m"), "a"), in(memories{"a": running()}), "nothing"},
		{"one that is done is not run again (S4.10)", changed(podOf(always, "a", "m"), "a"), in(memories{"a": exited(0, 0)}), "start m"},
		{"nor is one that a main has left behind (S4.11)", changed(podOf(always, "a", "m"), "a"), in(memories{"m": running()}), "nothing"},
	})
}

// The image is a part of the back-off's key, and of that of a failed start.
func TestAnotherImageHasABackOffOfItsOwn(t *testing.T) {
	backedOff := func() *state.Container { return backingOff(exited(1, time.Second), 10*time.Second) }
	both := backedOff()
	both.SetBackOff("newer", state.BackOff{Delay: 40 * time.Second, Updated: now.Add(-time.Minute)})
	checkDecisions(t, []decision{
		{"a container in back-off starts at once with another image (S5.6)", changed(podOf(always, "", "m"), "m"), in(memories{"m": backedOff()}), "start m"},
		{"with one that it had before, that one's counts (S5.6)", changed(podOf(always, "", "m"), "m"), in(memories{"m": both}),
			"refuse m for 40s until 39s aloud, wake 44.85s"},
		{"so does a sidecar (S5.6)", changed(podOf(always, "s", "m"), "s"), in(memories{"s": backedOff(), "m": running()}), "start s"},
		{"and a regular init (S5.6)", changed(podOf(always, "a", "m"), "a"), in(memories{"a": backedOff()}), "start a"},
		{"a container whose image is missing starts at once with another (S5.12)", changed(podOf(always, "", "m"), "m"),
			in(memories{"m": failed(&state.Container{}, ReasonImagePullBackOff, time.Second)}), "start m"},
	})
	pass := Next(Input{Pod: changed(podOf(always, "", "m"), "m"), State: in(memories{"m": backedOff()}), Now: now})
	if entry := pass.Starts[0].BackOff; entry.Delay != DefaultInitialBackOff || !entry.Updated.Equal(now) {
		t.Errorf("the entry of the newer image begins with %+v", entry)
	}
}

// probeGrace gives the liveness probes of the mains a grace period of their own.
func probeGrace(pod *corev1.Pod, seconds int64) *corev1.Pod {
	for i := range pod.Spec.Containers {
		pod.Spec.Containers[i].LivenessProbe.TerminationGracePeriodSeconds = &seconds
	}
	return pod
}
