package runtime

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

func TestAReadinessGateOpensWithTheConditionThatAClientWrites(t *testing.T) {
	inWorld(t, func(w *world) {
		w.create(`{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {
  readinessGates: [{conditionType: example.com/gate}],
  containers: [{name: app, image: "busybox:1.36"}]}}`)
		is := func(kind corev1.PodConditionType, status corev1.ConditionStatus) func(*corev1.Pod) bool {
			return func(pod *corev1.Pod) bool {
				return pod != nil && slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool { return c.Type == kind && c.Status == status })
			}
		}
		w.await("web", "running", is(corev1.ContainersReady, corev1.ConditionTrue))
		if !is(corev1.PodReady, corev1.ConditionFalse)(w.pod("web")) {
			t.Errorf("ready although its gate is closed: %+v", w.pod("web").Status.Conditions)
		}
		write := func(status corev1.ConditionStatus) {
			_, err := w.node.UpdatePod(t.Context(), "default", "web", func(pod *corev1.Pod) error {
				pod.Status.Conditions = slices.DeleteFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool { return c.Type == "example.com/gate" })
				pod.Status.Conditions = append(pod.Status.Conditions, corev1.PodCondition{Type: "example.com/gate", Status: status})
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		write(corev1.ConditionTrue)
		if !is(corev1.PodReady, corev1.ConditionTrue)(w.pod("web")) {
			t.Errorf("not ready at once: %+v", w.pod("web").Status.Conditions)
		}
		write(corev1.ConditionFalse)
		if !is(corev1.PodReady, corev1.ConditionFalse)(w.pod("web")) || !is("example.com/gate", corev1.ConditionFalse)(w.pod("web")) {
			t.Errorf("ready after the gate was closed: %+v", w.pod("web").Status.Conditions)
		}

		refusal := errors.New("no")
		before := w.pod("web")
		_, err := w.node.UpdatePod(t.Context(), "default", "web", func(pod *corev1.Pod) error {
			pod.Labels = map[string]string{"k": "v"}
			return refusal
		})
		if err != refusal || w.pod("web") != before {
			t.Errorf("an update that failed: %v, %v", err, w.pod("web").Labels)
		}
	})
}

// TestReadinessThatAClientWritesIsSetRight: an API server takes what a client writes of it, and the node writes its own again.
func TestReadinessThatAClientWritesIsSetRight(t *testing.T) {
	inWorld(t, func(w *world) {
		w.create(`{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: app, image: "busybox:1.36"}]}}`)
		w.await("web", "ready", func(pod *corev1.Pod) bool { return pod != nil && isReady(pod) })
		before := w.pod("web").Status
		_, err := w.node.UpdatePod(t.Context(), "default", "web", func(pod *corev1.Pod) error {
			for i := range pod.Status.Conditions {
				if c := &pod.Status.Conditions[i]; c.Type == corev1.PodReady || c.Type == corev1.ContainersReady {
					c.Status = corev1.ConditionFalse
				}
			}
			pod.Status.Reason, pod.Status.Message = "E2E", "by a client"
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if diff := cmp.Diff(before, w.pod("web").Status); diff != "" {
			t.Error(diff)
		}
	})
}
