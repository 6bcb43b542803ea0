package plan

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

func TestRulesOfAMain(t *testing.T) {
	const noPolicy = corev1.ContainerRestartPolicyNever
	two := func(rules ...string) *corev1.Pod { return ruled(podOf(never, "", "m n"), "m", noPolicy, rules...) }
	ended := func(code int) memories { return memories{"m": exited(code, 0), "n": running()} }
	checkDecisions(t, []decision{
		{"In matches a code of the list (S4.40)", two("Restart In 3 42"), in(ended(42)), "start m"},
		{"In does not match another (S4.40)", two("Restart In 3 42"), in(ended(1)), "nothing"},
		{"NotIn matches a code that is not listed (S4.40)", two("Restart NotIn 0 1"), in(ended(2)), "start m"},
		{"NotIn does not match one that is (S4.40)", two("Restart NotIn 0 1"), in(ended(1)), "nothing"},
		{"a rule may be about 0 (S4.40)", two("Restart In 0"), in(ended(0)), "start m"},
		{"a later rule counts if no earlier one matches (S4.40)", two("Restart In 1", "Restart In 2"), in(ended(2)), "start m"},
		{"without a match the container's policy decides (S4.40)",
			ruled(podOf(never, "", "m n"), "m", corev1.ContainerRestartPolicyOnFailure, "Restart In 0"), in(ended(9)), "start m"},
		{"and not the pod's (S4.40)", ruled(podOf(always, "", "m n"), "m", noPolicy, "Restart In 3"), in(ended(9)), "nothing"},
		{"137 and 143 are codes like any other (S4.41)", two("Restart In 137 143"), in(ended(137)), "start m"},
		{"back-off holds a restart by a rule (S4.42)", two("Restart In 42"),
			in(memories{"m": backingOff(exited(42, time.Second), 10*time.Second), "n": running()}),
			"refuse m for 10s until 9s aloud, wake 10.35s"},
		{"a main that a rule will start again holds the pod (S4.6)", ruled(podOf(never, "", "m"), "m", noPolicy, "Restart In 42"),
			in(memories{"m": backingOff(exited(42, time.Second), 10*time.Second)}), "refuse m for 10s until 9s aloud, wake 10.35s"},
	})
}

func TestRulesOfAnInit(t *testing.T) {
	checkDecisions(t, []decision{
		{"a rule tries a failed init again under Never (S4.14)",
			ruled(podOf(never, "a", "m"), "a", corev1.ContainerRestartPolicyNever, "Restart In 42"), in(memories{"a": exited(42, 0)}), "start a"},
		{"a rule that does not match leaves it to the policy (S4.14)",
			ruled(podOf(always, "a", "m"), "a", corev1.ContainerRestartPolicyNever, "Restart In 42"), in(memories{"a": exited(1, 0)}), "kill pod"},
		{"an init that ended with 0 is done, whatever a rule says (S4.13)",
			ruled(podOf(never, "a", "m"), "a", corev1.ContainerRestartPolicyNever, "Restart In 0"), in(memories{"a": exited(0, 0)}), "start m"},
		{"rules change nothing for a sidecar (S4.43)",
			ruled(podOf(never, "s", "m"), "s", corev1.ContainerRestartPolicyAlways, "Restart In 1"),
			in(memories{"s": exited(2, 0), "m": running()}), "start s"},
	})
}
