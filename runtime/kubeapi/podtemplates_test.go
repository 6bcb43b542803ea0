package kubeapi_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

func TestPodTemplatesAreKept(t *testing.T) {
	templates := serve(t).clients().CoreV1().PodTemplates("default")
	created, err := templates.Create(t.Context(), &corev1.PodTemplate{
		ObjectMeta: metav1.ObjectMeta{Name: "t", Labels: map[string]string{"k": "v"}}, Template: newTemplate(map[string]string{"app": "a"}),
	}, metav1.CreateOptions{})
	if err != nil || created.Generation != 1 || created.Template.Spec.RestartPolicy != corev1.RestartPolicyAlways {
		t.Fatalf("%+v, %v", created, err)
	}
	labelled, err := templates.Patch(t.Context(), "t", types.StrategicMergePatchType, []byte(`{"metadata":{"labels":{"k":"w"}}}`), metav1.PatchOptions{})
	if err != nil || labelled.Labels["k"] != "w" || labelled.Generation != 1 {
		t.Errorf("%+v, %v", labelled, err)
	}
	labelled.Template.Spec.Containers[0].Image = "busybox:other"
	if changed, err := templates.Update(t.Context(), labelled, metav1.UpdateOptions{}); err != nil || changed.Generation != 2 {
		t.Errorf("%+v, %v", changed, err)
	}
	_, err = templates.Patch(t.Context(), "t", types.MergePatchType, []byte(`{"template":{"spec":{"containers":[]}}}`), metav1.PatchOptions{})
	if !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), "template.spec.containers: Required value") {
		t.Error(err)
	}
	if err := templates.DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "k=w"}); err != nil {
		t.Error(err)
	}
	if _, err := templates.Get(t.Context(), "t", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Error(err)
	}
}
