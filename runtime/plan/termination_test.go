package plan

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestWhoWaitsForWhomToStop(t *testing.T) {
	pod := withEphemeral(podOf(always, "a s1 s2 b s3", "m n"), "e")
	for _, row := range []struct {
		name, container string
		want            []string
	}{
		{"a main waits for nobody (S8.13)", "m", nil},
		{"a regular init waits for nobody (S8.13)", "b", nil},
		{"the last sidecar waits for the mains (S8.13)", "s3", []string{"m", "n"}},
		{"an earlier sidecar waits for the mains and the later sidecars, not for regular inits (S8.13)", "s1", []string{"m", "n", "s2", "s3"}},
		{"an ephemeral container waits for nobody, and none waits for it (S8.13, S4.71)", "e", nil},
		{"a name that the pod does not have waits for nobody", "x", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			if diff := cmp.Diff(row.want, WaitsFor(pod, row.container)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAMainWithItsOwnAlwaysIsNoSidecar(t *testing.T) {
	pod := podOf(never, "s", "m n")
	own := corev1.ContainerRestartPolicyAlways
	pod.Spec.Containers[0].RestartPolicy = &own
	if got := WaitsFor(pod, "m"); got != nil {
		t.Errorf("it waits for %v (S8.13)", got)
	}
}

func TestDeadline(t *testing.T) {
	started, limit := metav1.NewTime(now), int64(90)
	for _, row := range []struct {
		name    string
		limit   *int64
		started *metav1.Time
		want    time.Time
	}{
		{"counts from the start of the pod (S8.40)", &limit, &started, now.Add(90 * time.Second)},
		{"is none without activeDeadlineSeconds", nil, &started, time.Time{}},
		{"is none before the first status (S3.15)", &limit, nil, time.Time{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			pod := podOf(always, "", "m")
			pod.Spec.ActiveDeadlineSeconds, pod.Status.StartTime = row.limit, row.started
			if got := Deadline(pod); !got.Equal(row.want) {
				t.Errorf("got %v, want %v", got, row.want)
			}
		})
	}
}
