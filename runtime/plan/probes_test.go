package plan

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/state"
)

func TestLivenessOfAMain(t *testing.T) {
	const again = "kill m (Container m failed liveness probe, will be restarted)"
	const forGood = "kill m (Container m failed liveness probe)"
	checkDecisions(t, []decision{
		{"a main that failed its liveness probe is killed and started again (S4.33, S4.35, S6.62)", podOf(always, "", "m!"),
			in(memories{"m": ill(running())}), again + ", start m"},
		{"under OnFailure it is started again whatever its code will be (S4.34)", podOf(onFailure, "", "m!"),
			in(memories{"m": ill(running())}), again + ", start m"},
		{"under Never it is only killed (S4.34)", podOf(never, "", "m! n"),
			in(memories{"m": ill(running()), "n": running()}), forGood},
		{"under Never the pod ends with its last main (S4.6)", podOf(never, "", "m!"),
			in(memories{"m": ill(running())}), "kill pod"},
		{"its own policy comes before the pod's (S4.34)", ruled(podOf(never, "", "m!"), "m", corev1.ContainerRestartPolicyOnFailure),
			in(memories{"m": ill(running())}), again + ", start m"},
		{"and its own Never too (S4.34)", ruled(podOf(always, "", "m! n"), "m", corev1.ContainerRestartPolicyNever),
			in(memories{"m": ill(running()), "n": running()}), forGood},
		{"rules have no say: there is no exit code yet (S4.34)", ruled(podOf(always, "", "m! n"), "m", corev1.ContainerRestartPolicyNever, "Restart NotIn 0"),
			in(memories{"m": ill(running()), "n": running()}), forGood},
		{"liveness is looked at before startup (S4.33)", podOf(always, "", "m?!"),
			in(memories{"m": ill(startupVerdict(running(), false))}), again + ", start m"},
		{"one that ended by itself is not killed", podOf(always, "", "m!"), in(memories{"m": ill(exited(1, 0))}), "start m"},
	})
}

func TestLivenessOfASidecar(t *testing.T) {
	const kill = "kill s (Init container s failed liveness probe)"
	checkDecisions(t, []decision{
		{"a sidecar that failed its liveness probe is killed and started again (S4.19)", podOf(never, "s!", "m"),
			in(memories{"s": ill(running()), "m": running()}), kill + ", start s"},
		{"its liveness does not gate what comes after it (S4.16)", podOf(always, "s! a", "m"),
			in(memories{"s": ill(running())}), kill + ", start s, start a"},
		{"nor the mains (S4.16)", podOf(always, "s!", "m"), in(memories{"s": ill(running())}), kill + ", start s, start m"},
		{"a sidecar is not killed alone when the mains are done (S4.6)", podOf(never, "s!", "m"),
			in(memories{"s": ill(running()), "m": exited(0, 0)}), "kill pod"},
	})
}

func TestBackOffAfterProbeKills(t *testing.T) {
	killed := func(ago, delay time.Duration) *state.Container {
		c := ill(running())
		c.Previous = exited(137, ago).Current
		c.SetBackOff("", state.BackOff{Delay: delay, Updated: now.Add(-time.Minute)})
		return c
	}
	const kill = "kill m (Container m failed liveness probe, will be restarted)"
	checkDecisions(t, []decision{
		{"with a cycle of 15 s the restart is immediate while the entry is 10 s (S5.7)", podOf(always, "", "m!"),
			in(memories{"m": killed(15*time.Second, 10*time.Second)}), kill + ", start m"},
		{"and refused once it is 20 s (S5.7)", podOf(always, "", "m!"),
			in(memories{"m": killed(15*time.Second, 20*time.Second)}), kill + ", refuse m for 20s until 5s aloud, wake 5.75s"},
	})
}

func TestAProbesOwnGracePeriod(t *testing.T) {
	grace := int64(7)
	timed := func(pod *corev1.Pod) *corev1.Pod {
		for _, list := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
			for i := range list {
				if probe := list[i].LivenessProbe; probe != nil {
					probe.TerminationGracePeriodSeconds = &grace
				}
			}
		}
		return pod
	}
	checkDecisions(t, []decision{
		{"goes with the kill (S6.50)", timed(podOf(always, "", "m!")), in(memories{"m": ill(running())}),
			"kill m (Container m failed liveness probe, will be restarted) within 7s, start m"},
		{"and with that of a sidecar (S6.50)", timed(podOf(always, "s!", "m")), in(memories{"s": ill(running()), "m": running()}),
			"kill s (Init container s failed liveness probe) within 7s, start s"},
		{"another probe's does not count (S6.50)", timed(podOf(always, "", "m?!")), in(memories{"m": startupVerdict(running(), false)}),
			"kill m (Container m failed startup probe, will be restarted), start m"},
	})
}
