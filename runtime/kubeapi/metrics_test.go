package kubeapi_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metricsclient "k8s.io/metrics/pkg/client/clientset/versioned"
)

func TestTheMetricsOfPodsAreServed(t *testing.T) {
	api := serve(t)
	label := func(value string) func(*corev1.Pod) {
		return func(pod *corev1.Pod) { pod.Labels = map[string]string{"app": value} }
	}
	api.haveFinishedPod("a", label("x"))
	api.haveFinishedPod("b", label("y"))
	api.haveFinishedPod("ended", label("x"), func(pod *corev1.Pod) { pod.Status.Phase = corev1.PodSucceeded })
	clients, err := metricsclient.NewForConfig(api.config())
	if err != nil {
		t.Fatal(err)
	}
	pods, ctx := clients.MetricsV1beta1().PodMetricses("default"), t.Context()
	list, err := pods.List(ctx, metav1.ListOptions{LabelSelector: "app=x"})
	if err != nil || len(list.Items) != 1 || list.Items[0].Name != "a" || list.Items[0].Containers[0].Usage.Cpu().MilliValue() != 500 {
		t.Errorf("the list is %+v, %v", list, err)
	}
	if one, err := pods.Get(ctx, "b", metav1.GetOptions{}); err != nil || one.Name != "b" {
		t.Errorf("one is %+v, %v", one, err)
	}
	if _, err := pods.Get(ctx, "ended", metav1.GetOptions{}); !apierrors.IsNotFound(err) ||
		err.Error() != `podmetrics.metrics.k8s.io "default/ended" not found` {
		t.Errorf("of a pod that does not run: %v", err)
	}
}
