package status

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/plan"
	"github.com/podsim/podsim/runtime/state"
)

// The phase that the containers' states make, before it is decided what is published.
func TestPhaseOfTheContainersStates(t *testing.T) {
	for _, row := range []struct {
		name  string
		pod   *corev1.Pod
		state *state.Pod
		ended bool
		want  corev1.PodPhase
	}{
		{"an init that failed for good fails the pod (S3.1)", podOf(never, "a", "m"), in(memories{"a": endedWith(1, 0)}), false, corev1.PodFailed},
		{"an init that failed and is tried again does not (S3.1)", podOf(always, "a", "m"), in(memories{"a": endedWith(1, 0)}), false, corev1.PodPending},
		{"an init that runs keeps the pod pending (S3.2)", podOf(never, "a", "m"), in(memories{"a": runs(0)}), false, corev1.PodPending},
		{"a sidecar that has not started keeps it pending (S3.2)", podOf(never, "s?", "m"), in(memories{"s": runs(0)}), false, corev1.PodPending},
		{"a sidecar that starts again does not, once a main was there (S3.2)", podOf(never, "s?", "m"),
			in(memories{"s": after(1, runs(1)), "m": runs(0)}), false, corev1.PodRunning},
		{"a main that waits keeps it pending, though another runs (S3.3)", podOf(never, "", "m n"), in(memories{"m": runs(0)}), false, corev1.PodPending},
		{"a main that runs makes it running (S3.4)", podOf(never, "", "m n"), in(memories{"m": runs(0), "n": endedWith(1, 0)}), false, corev1.PodRunning},
		{"a sidecar keeps it running after the mains are done (S3.10)", podOf(never, "s", "m"),
			in(memories{"s": runs(0), "m": endedWith(1, 0)}), false, corev1.PodRunning},
		{"a main that will be tried again keeps it running (S3.6)", podOf(onFailure, "", "m"), in(memories{"m": endedWith(1, 0)}), false, corev1.PodRunning},
		{"under Always a main that ended with 0 keeps it running (S3.10)", podOf(always, "", "m"), in(memories{"m": endedWith(0, 0)}), false, corev1.PodRunning},
		{"mains that ended with 0 make it succeeded (S3.7)", podOf(onFailure, "", "m n"),
			in(memories{"m": endedWith(0, 0), "n": endedWith(0, 0)}), false, corev1.PodSucceeded},
		{"one main that failed makes it failed (S3.7)", podOf(never, "", "m n"),
			in(memories{"m": endedWith(0, 0), "n": endedWith(1, 0)}), false, corev1.PodFailed},
		{"a sidecar's code does not matter (S3.10)", podOf(never, "s", "m"), in(memories{"s": endedWith(1, 0), "m": endedWith(0, 0)}), false, corev1.PodSucceeded},
		{"stopped for good, all mains with 0, though Always would restart them (S3.5)", podOf(always, "", "m"),
			over(memories{"m": endedWith(0, 0)}), true, corev1.PodSucceeded},
		{"stopped for good, a main with 1, though it would be tried again (S3.5)", podOf(always, "", "m"),
			over(memories{"m": endedWith(1, 0)}), true, corev1.PodFailed},
		{"nothing is there yet (S3.8)", podOf(always, "", "m"), &state.Pod{}, false, corev1.PodPending},
	} {
		t.Run(row.name, func(t *testing.T) {
			in := Input{Pod: row.pod, State: row.state, Now: now, Ended: row.ended}
			s := corev1.PodStatus{InitContainerStatuses: initStatuses(in), ContainerStatuses: mainStatuses(in)}
			if got := phase(in, s); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}

func TestPublishedPhase(t *testing.T) {
	done := memories{"m": endedWith(0, 0)}
	for _, row := range []struct {
		name       string
		in         Input
		wantPhase  corev1.PodPhase
		wantReason string
	}{
		{"an end does not show before everything was stopped (S3.12)",
			Input{Pod: published(podOf(never, "", "m"), corev1.PodRunning, true), State: in(done)}, corev1.PodRunning, ""},
		{"an end does not show though the first status has it (S3.12)",
			Input{Pod: podOf(never, "", "m"), State: in(done)}, corev1.PodPending, ""},
		{"a terminal phase is never left (S3.11)",
			Input{Pod: published(podOf(always, "", "m"), corev1.PodFailed, true), State: in(memories{"m": runs(0)})}, corev1.PodFailed, ""},
		{"not even for another terminal phase (S3.11)",
			Input{Pod: published(podOf(always, "", "m"), corev1.PodFailed, true), State: over(done), Ended: true}, corev1.PodFailed, ""},
		{"at the very end a pending pod has failed (S3.13)",
			Input{Pod: published(podOf(always, "a", "m"), corev1.PodPending, false), State: &state.Pod{}, Ended: true}, corev1.PodFailed, ""},
		{"the node's own reason fails the pod, whatever the codes (S3.14)",
			Input{Pod: published(podOf(never, "", "m"), corev1.PodRunning, true), State: over(done), Ended: true, Failure: &Failure{Reason: "Evicted"}},
			corev1.PodFailed, "Evicted"},
		{"a reason stays with its phase (S3.14)",
			Input{Pod: func() *corev1.Pod {
				pod := published(podOf(never, "", "m"), corev1.PodFailed, true)
				pod.Status.Reason, pod.Status.Message = "DeadlineExceeded", "too long"
				return pod
			}(), State: over(done), Ended: true}, corev1.PodFailed, "DeadlineExceeded"},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.in.Now = now
			got := Generate(row.in)
			if got.Phase != row.wantPhase || got.Reason != row.wantReason {
				t.Errorf("got %s (%s), want %s (%s)", got.Phase, got.Reason, row.wantPhase, row.wantReason)
			}
		})
	}
}

func TestAnOOMKilledMainThatEndedWith0Succeeded(t *testing.T) {
	c := endedWith(0, 0)
	c.Current.Reason = plan.ReasonOOMKilled
	got := Generate(Input{Pod: published(podOf(never, "", "m"), corev1.PodRunning, true), State: over(memories{"m": c}), Now: now, Ended: true})
	if got.Phase != corev1.PodSucceeded {
		t.Errorf("its phase is %s: only the exit code counts (S3.7)", got.Phase)
	}
}
