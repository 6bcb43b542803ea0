package runtime

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/podsim/podsim/runtime/engine/enginetest"
)

// createJob has a client create a Job "j" with the spec, whose pods have a container "main" and what the spec says besides.
func (w *world) createJob(spec string) *batchv1.Job {
	w.Helper()
	j := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: "j"}}
	if err := yaml.UnmarshalStrict([]byte(spec), &j.Spec); err != nil {
		w.Fatal(err)
	}
	pod := &j.Spec.Template.Spec
	if pod.RestartPolicy == "" {
		pod.RestartPolicy = corev1.RestartPolicyNever
	}
	pod.Containers = append(pod.Containers, corev1.Container{Name: "main", Image: "busybox:1.36"})
	created, err := w.clients().BatchV1().Jobs("default").Create(w.Context(), j, metav1.CreateOptions{})
	if err != nil {
		w.Fatal(err)
	}
	return created
}

// job is the Job as it is now; nil if it is gone.
func (w *world) job() *batchv1.Job {
	synctest.Wait()
	all, _ := w.node.store.Jobs.List("default")
	if len(all) == 0 {
		return nil
	}
	return all[0]
}

// awaitJob lets time pass until the Job is as wanted, a day at most.
func (w *world) awaitJob(what string, wanted func(*batchv1.Job) bool) *batchv1.Job {
	w.Helper()
	for limit := time.Now().Add(24 * time.Hour); time.Now().Before(limit); time.Sleep(100 * time.Millisecond) {
		if j := w.job(); wanted(j) {
			return j
		}
	}
	w.Fatalf("after a day not %s: %+v", what, w.job())
	return nil
}

// awaitFinished waits for the Job's end and returns how it ended, as in "Complete CompletionsReached, succeeded 1, failed 0".
func (w *world) awaitFinished() string {
	w.Helper()
	var end batchv1.JobCondition
	j := w.awaitJob("finished", func(j *batchv1.Job) bool {
		if j == nil {
			return false
		}
		i := slices.IndexFunc(j.Status.Conditions, func(c batchv1.JobCondition) bool {
			return (c.Type == batchv1.JobComplete || c.Type == batchv1.JobFailed) && c.Status == corev1.ConditionTrue
		})
		if i >= 0 {
			end = j.Status.Conditions[i]
		}
		return i >= 0
	})
	return fmt.Sprintf("%s %s, succeeded %d, failed %d", end.Type, end.Reason, j.Status.Succeeded, j.Status.Failed)
}

// jobEvents are the reasons of the events of the Job, oldest first.
func (w *world) jobEvents() []string {
	var reasons []string
	events, _ := w.node.store.Events.List("default")
	slices.SortFunc(events, func(a, b *corev1.Event) int { return a.CreationTimestamp.Compare(b.CreationTimestamp.Time) })
	for _, e := range events {
		if e.InvolvedObject.Kind == "Job" {
			reasons = append(reasons, e.Reason)
		}
	}
	return reasons
}

func (w *world) wantFinished(want string) {
	w.Helper()
	if got := w.awaitFinished(); got != want {
		w.Errorf("the Job ended as %q, want %q", got, want)
	}
}

func (w *world) wantJobEvents(want ...string) {
	w.Helper()
	if got := w.jobEvents(); !slices.Equal(got, want) {
		w.Errorf("events %q, want %q", got, want)
	}
}

const withSidecar = `
template:
  spec:
    initContainers:
    - {name: side, image: "busybox:1.36", restartPolicy: Always}
`

func TestASidecarDoesNotHoldAJob(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", runFor(5*time.Second, 0))
		w.createJob(withSidecar)
		w.wantFinished("Complete CompletionsReached, succeeded 1, failed 0")
		w.wantJobEvents("SuccessfulCreate", "Completed")
		pods, _ := w.node.store.Pods.List("default")
		if len(pods) != 1 || pods[0].Status.Phase != corev1.PodSucceeded || len(pods[0].Finalizers) > 0 {
			w.Errorf("%d pods: %+v", len(pods), pods)
		}
		if err := w.clients().BatchV1().Jobs("default").Delete(w.Context(), "j", *metav1.NewDeleteOptions(0)); err != nil {
			w.Fatal(err)
		}
	})
}

func TestAJobThatFailsTooOften(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", runFor(time.Second, 3))
		w.createJob("{backoffLimit: 2}")
		w.wantFinished("Failed BackoffLimitExceeded, succeeded 0, failed 3")
		w.wantJobEvents("SuccessfulCreate", "SuccessfulCreate", "SuccessfulCreate", "BackoffLimitExceeded")
		if took := time.Since(w.begun); took < 33*time.Second || took > 35*time.Second { // three runs and waits of 10 and 20 s
			w.Errorf("it took %v", took)
		}
	})
}

// A pod of a Job that somebody deletes has failed, is replaced, and is gone. It takes its time to stop: as on a cluster, one that has
// ended well before the Job learns of its deletion has succeeded.
func TestAPodOfAJobThatSomebodyDeletes(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", stopsIn(time.Second))
		w.createJob("{}")
		j := w.awaitJob("running", func(j *batchv1.Job) bool { return j != nil && *orZero(j.Status.Ready) == 1 })
		pods, _ := w.node.store.Pods.List("default")
		w.machine.Script("main", runFor(time.Second, 0))
		w.delete(pods[0].Name, -1)
		w.awaitGone(pods[0].Name)
		w.wantFinished("Complete CompletionsReached, succeeded 1, failed 1")
		if uid := w.job().UID; uid != j.UID {
			w.Error("it is another Job")
		}
	})
}

func orZero(n *int32) *int32 {
	if n == nil {
		return new(int32)
	}
	return n
}

// A Job that is deleted with its pods, when its time has come or because somebody wants it, leaves nothing.
func TestADeletedJobLeavesNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", runFor(time.Second, 0))
		w.createJob("{ttlSecondsAfterFinished: 30, completions: 2, parallelism: 2}")
		w.awaitFinished()
		w.awaitJob("gone", func(j *batchv1.Job) bool { return j == nil })
		if took := time.Since(w.begun); took < 30*time.Second || took > 40*time.Second {
			w.Errorf("it was gone after %v", took)
		}
		w.wantNoPods()

		w.machine.Script("main", runFor(24*time.Hour, 0))
		w.createJob("{parallelism: 2}")
		w.awaitJob("running", func(j *batchv1.Job) bool { return j != nil && *orZero(j.Status.Ready) == 2 })
		background := metav1.DeletePropagationBackground
		if err := w.clients().BatchV1().Jobs("default").Delete(w.Context(), "j", metav1.DeleteOptions{PropagationPolicy: &background}); err != nil {
			w.Fatal(err)
		}
		w.wantNoPods()
		w.wantNothingLeft()
	})
}

func (w *world) wantNoPods() {
	w.Helper()
	for limit := time.Now().Add(time.Hour); !w.node.Empty(); time.Sleep(time.Second) {
		synctest.Wait()
		if time.Now().After(limit) {
			w.Fatal("after an hour there are pods")
		}
	}
}

// A pod that waits to be counted, and has no Job that would, is let go, whoever made it.
func TestAPodThatNoJobCountsIsLetGo(t *testing.T) {
	inWorld(t, func(w *world) {
		w.up(`
apiVersion: v1
kind: Pod
metadata: {name: p, finalizers: [batch.kubernetes.io/job-tracking]}
spec:
  containers:
  - {name: main, image: "busybox:1.36"}
`)
		w.await("p", "let go", func(pod *corev1.Pod) bool { return pod != nil && len(pod.Finalizers) == 0 })
		w.delete("p", -1)
		w.awaitGone("p")
		w.wantNothingLeft()
	})
}

// A suspended Job has no pods, whose ends are no failures, and begins anew when it is resumed.
func TestAJobIsSuspendedAndResumed(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", func(int) enginetest.Run {
			return enginetest.Run{For: time.Minute, StopTakes: time.Second, StopCode: 143}
		})
		w.createJob("{parallelism: 2, completions: 2}")
		jobs := w.clients().BatchV1().Jobs("default")
		suspend := func(yes bool) {
			w.Helper()
			body := fmt.Appendf(nil, `{"spec":{"suspend":%v}}`, yes)
			if _, err := jobs.Patch(w.Context(), "j", types.StrategicMergePatchType, body, metav1.PatchOptions{}); err != nil {
				w.Fatal(err)
			}
		}
		w.awaitJob("running", func(j *batchv1.Job) bool { return j != nil && *orZero(j.Status.Ready) == 2 })
		suspend(true)
		w.wantNoPods()
		suspend(false)
		w.wantFinished("Complete CompletionsReached, succeeded 2, failed 0")
	})
}
