package kubeapi_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestAnEvictedPodTellsSoAndEnds(t *testing.T) {
	api := serve(t)
	ctx, pods := t.Context(), api.clients().CoreV1().Pods("default")
	old := api.havePod("a").ResourceVersion
	evict := func(version string, options metav1.DeleteOptions) error {
		if version != "" {
			options.Preconditions = &metav1.Preconditions{ResourceVersion: &version}
		}
		return pods.EvictV1(ctx, &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: "a", Namespace: "default"}, DeleteOptions: &options})
	}
	if err := evict("1", metav1.DeleteOptions{}); !apierrors.IsConflict(err) {
		t.Errorf("of another version: %v", err)
	}
	if err := evict(old, metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}}); err != nil {
		t.Error(err)
	}
	if pod, err := pods.Get(ctx, "a", metav1.GetOptions{}); err != nil || pod.ResourceVersion != old {
		t.Fatalf("after a dry run: %+v, %v", pod, err)
	}
	if err := evict(old, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	pod, err := pods.Get(ctx, "a", metav1.GetOptions{})
	if err != nil || pod.DeletionTimestamp == nil || len(pod.Status.Conditions) == 0 {
		t.Fatalf("%+v, %v", pod, err)
	}
	if c := pod.Status.Conditions[0]; c.Type != corev1.DisruptionTarget || c.Status != corev1.ConditionTrue || c.Reason != "EvictionByEvictionAPI" {
		t.Errorf("%+v", c)
	}
	if err := pods.EvictV1(ctx, &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: "b"}}); !apierrors.IsNotFound(err) {
		t.Errorf("of a pod that is not there: %v", err)
	}
}

func TestEveryPodHasItsNodeAlready(t *testing.T) {
	api := serve(t)
	api.havePod("a")
	err := api.clients().CoreV1().Pods("default").Bind(t.Context(), &corev1.Binding{
		ObjectMeta: metav1.ObjectMeta{Name: "a"}, Target: corev1.ObjectReference{Kind: "Node", Name: "other"}}, metav1.CreateOptions{})
	want := `Operation cannot be fulfilled on pods/binding "a": pod a is already assigned to node "podsim"`
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestTheNodeTakesLabelsAndNoOrders(t *testing.T) {
	api := serve(t)
	ctx, nodes := t.Context(), api.clients().CoreV1().Nodes()
	if _, err := api.store.Nodes.Create(&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "podsim", UID: "u"}}); err != nil {
		t.Fatal(err)
	}
	node, err := nodes.Get(ctx, "podsim", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	node.Labels = map[string]string{"disk": "ssd"}
	if node, err = nodes.Update(ctx, node, metav1.UpdateOptions{}); err != nil || node.Labels["disk"] != "ssd" {
		t.Fatalf("%+v, %v", node, err)
	}
	node.Spec.Unschedulable = true
	_, err = nodes.Update(ctx, node, metav1.UpdateOptions{})
	if want := `Node "podsim" is invalid: spec: Forbidden: podsim schedules nothing: its node takes every pod`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	_, err = nodes.Create(ctx, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "other"}}, metav1.CreateOptions{})
	if want := `Node "other" is invalid: metadata.name: Forbidden: podsim is one node and takes no others`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
