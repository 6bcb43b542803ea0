package runtime

import (
	"slices"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/runtime/status"
)

const podOfAJob = `
apiVersion: v1
kind: Pod
metadata:
  name: p
  finalizers: [batch.kubernetes.io/job-tracking]
  ownerReferences: # somebody who cares for Jobs, and whom nobody here knows
  - {apiVersion: example.com/v1, kind: Queue, name: q, uid: q, controller: true}
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 5
  containers:
  - {name: main, image: "busybox:1.36"}
`

// letGo takes the finalizer of Jobs off the pod, as their controller does when it has counted it.
func (w *world) letGo(name string) {
	w.Helper()
	if _, err := w.node.UpdatePod(w.Context(), "default", name, func(pod *corev1.Pod) error {
		pod.Finalizers = nil
		return nil
	}); err != nil {
		w.Fatal(err)
	}
}

// A deleted pod whose Job has not counted it yet stays with its end, through crashes of the node, and goes when the Job lets it go.
func TestADeletedPodStaysUntilItsJobHasCountedIt(t *testing.T) {
	inWorld(t, func(w *world) {
		w.up(podOfAJob)
		w.awaitPhase("p", corev1.PodRunning)
		w.delete("p", -1)
		w.awaitPhase("p", corev1.PodSucceeded)
		for range 2 {
			time.Sleep(time.Minute)
			pod := w.pod("p")
			if pod == nil || pod.Status.Phase != corev1.PodSucceeded || pod.DeletionTimestamp == nil || pod.Finalizers[0] != batchv1.JobTrackingFinalizer {
				w.Fatalf("the pod is %v", pod)
			}
			w.restart(time.Second)
		}
		w.letGo("p")
		w.awaitGone("p")
		w.wantNothingLeft()
	})
}

// A pod that had ended when it was deleted has no time left, and goes with its last finalizer whoever takes it off through the API.
func TestADeletedPodThatHadEndedGoesWithItsLastFinalizer(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", runFor(time.Second, 0))
		w.up(podOfAJob)
		w.awaitPhase("p", corev1.PodSucceeded)
		w.delete("p", -1)
		time.Sleep(time.Minute)
		pods := w.clients().CoreV1().Pods("default")
		released, err := pods.Patch(w.Context(), "p", types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{})
		if err != nil || len(released.Finalizers) > 0 {
			w.Fatalf("the pod is %v, %v", released, err)
		}
		w.awaitGone("p")
		w.wantNothingLeft()
	})
}

// A finalizer of anybody's holds a pod, once it has ended, and a pod that Jobs and others hold goes when the last of them lets it go.
func TestADeletedPodStaysForEachOfItsFinalizers(t *testing.T) {
	inWorld(t, func(w *world) {
		w.up(strings.ReplaceAll(podOfAJob, "finalizers: [", "finalizers: [example.com/look, "))
		w.awaitPhase("p", corev1.PodRunning)
		w.delete("p", 0)
		for _, left := range [][]string{{batchv1.JobTrackingFinalizer}, {"example.com/look"}} {
			time.Sleep(time.Minute)
			if pod := w.pod("p"); pod == nil || pod.DeletionTimestamp == nil || !status.Terminal(pod.Status.Phase) {
				w.Fatalf("the pod is %v", pod)
			}
			if _, err := w.node.UpdatePod(w.Context(), "default", "p", func(pod *corev1.Pod) error {
				pod.Finalizers = left
				return nil
			}); err != nil {
				w.Fatal(err)
			}
			w.restart(time.Second)
			if pod := w.pod("p"); pod == nil || !slices.Equal(pod.Finalizers, left) {
				w.Fatalf("the pod is %v", pod)
			}
		}
		w.letGo("p")
		w.awaitGone("p")
		w.wantNothingLeft()
	})
}

// What a Job has counted it must not find uncounted after a crash.
func TestThatAJobHasLetAPodGoIsSavedAtOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("main", runFor(time.Second, 0))
		w.up(podOfAJob)
		w.awaitPhase("p", corev1.PodSucceeded)
		time.Sleep(time.Minute)
		w.letGo("p")
		w.restart(time.Second)
		if pod := w.pod("p"); pod == nil || len(pod.Finalizers) > 0 {
			w.Errorf("the pod is %v", pod)
		}
	})
}
