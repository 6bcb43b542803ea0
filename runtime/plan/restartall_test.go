package plan

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/state"
)

// collective gives a container the rule that 42 makes all containers begin anew.
func collective(pod *corev1.Pod, name string) *corev1.Pod {
	policy := corev1.ContainerRestartPolicyNever
	if name[0] == 's' {
		policy = corev1.ContainerRestartPolicyAlways
	}
	return ruled(pod, name, policy, "RestartAllContainers In 42")
}

func TestWhatMakesAllContainersBeginAnew(t *testing.T) {
	checkDecisions(t, []decision{
		{"a main that ended with the code (S4.60)", collective(podOf(never, "a", "m o"), "m"),
			in(memories{"a": exited(0, 0), "m": exited(42, 0), "o": running()}), "remove o, remove a, remove m"},
		{"an init that ended with the code, though it failed (S4.60)", collective(podOf(never, "a b", "m"), "b"),
			in(memories{"a": exited(0, 0), "b": exited(42, 0)}), "remove a, remove b"},
		{"a sidecar that ended with the code (S4.43, S4.60)", collective(podOf(always, "s", "m"), "s"),
			in(memories{"s": exited(42, 0), "m": running()}), "remove m, remove s"},
		{"another code does not (S4.60)", collective(podOf(never, "", "m o"), "m"),
			in(memories{"m": exited(1, 0), "o": running()}), "nothing"},
		{"an earlier rule that matches comes first (S4.40, S4.60)",
			ruled(podOf(never, "", "m o"), "m", corev1.ContainerRestartPolicyNever, "Restart In 42", "RestartAllContainers In 42"),
			in(memories{"m": exited(42, 0), "o": running()}), "start m"},
		{"an earlier instance does not count (S4.60)", collective(podOf(never, "", "m"), "m"),
			in(memories{"m": {Current: running().Current, Previous: exited(42, 0).Current}}), "nothing"},
		{"no back-off holds it (S4.63)", collective(podOf(never, "", "m"), "m"),
			in(memories{"m": backingOff(exited(42, 0), 300*time.Second)}), "remove m"},
		{"it comes before a lost sandbox (S4.1)", collective(podOf(always, "", "m"), "m"), lost(memories{"m": exited(42, 0)}), "remove m"},
	})
}

func TestTheOrderOfRemoval(t *testing.T) {
	pod := collective(collective(podOf(always, "a s1 s2", "m n o"), "s1"), "n")
	everything := memories{"a": exited(0, 0), "s1": exited(42, 0), "s2": running(), "m": running(), "n": exited(42, 0), "o": exited(1, 0),
		"e": running()}
	checkDecisions(t, []decision{
		{"mains, inits, mains that asked for it, inits that asked for it; ephemeral containers stay (S4.61)", withEphemeral(pod, "e"),
			in(everything), "remove m, remove o, remove a, remove s2, remove n, remove s1"},
		{"what has no instance any more is left out (S4.61)", pod,
			in(memories{"a": exited(0, 0), "s1": exited(42, 0), "m": {Spent: 1}, "n": exited(42, 0)}), "remove a, remove n, remove s1"},
	})
}

func TestAfterTheRemoval(t *testing.T) {
	gone := func() *state.Container {
		return &state.Container{Spent: 1, BackOffs: map[string]state.BackOff{"": {Delay: 300 * time.Second, Updated: now}}}
	}
	checkDecisions(t, []decision{
		{"everything begins again with the first init, without a wait (S4.62, S4.63)", collective(podOf(never, "a", "m o"), "m"),
			in(memories{"a": gone(), "m": gone(), "o": gone()}), "start a"},
		{"mains begin too whose policy is Never (S4.62)", collective(podOf(never, "", "m o"), "m"),
			in(memories{"m": gone(), "o": gone()}), "start m, start o"},
		{"an ephemeral container does not (S4.71)", withEphemeral(collective(podOf(never, "", "m"), "m"), "e"),
			in(memories{"m": gone(), "e": exited(0, 0)}), "start m"},
	})
}

func TestAPodAtItsEndStaysThere(t *testing.T) {
	checkDecisions(t, []decision{
		{"a sidecar's code does not matter once the mains are done and it has stopped (S3.7)", collective(podOf(never, "s", "m"), "s"),
			in(memories{"s": exited(42, 0), "m": exited(0, 0)}), "kill pod"},
		{"it does while another sidecar runs (S4.60)", collective(podOf(never, "s1 s2", "m"), "s1"),
			in(memories{"s1": exited(42, 0), "s2": running(), "m": exited(0, 0)}), "remove m, remove s2, remove s1"},
		{"it does not once an init failed for good (S3.1)", collective(podOf(never, "s a", "m"), "s"),
			in(memories{"s": exited(42, 0), "a": exited(1, 0)}), "kill pod"},
	})
}

func TestRestartOfAllPossible(t *testing.T) {
	for _, row := range []struct {
		name string
		pod  *corev1.Pod
		want bool
	}{
		{"without rules", podOf(always, "s", "m"), false},
		{"with a rule of another action", ruled(podOf(always, "", "m"), "m", corev1.ContainerRestartPolicyNever, "Restart In 1"), false},
		{"with a main's rule", collective(podOf(always, "", "m"), "m"), true},
		{"with a sidecar's rule", collective(podOf(always, "s", "m"), "s"), true},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := RestartOfAllPossible(row.pod); got != row.want {
				t.Errorf("got %v (S3.20)", got)
			}
		})
	}
}
