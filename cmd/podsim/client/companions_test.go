package client

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

func TestFilesThatNoPodUsesAreDeletedWhateverFails(t *testing.T) {
	meta := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: "default", Name: name} }
	api := fake.NewClientset(&corev1.ConfigMap{ObjectMeta: meta("used")}, &corev1.ConfigMap{ObjectMeta: meta("refused")}, &corev1.Secret{ObjectMeta: meta("unused")})
	api.PrependReactor("delete", "configmaps", func(action clienttesting.Action) (bool, runtime.Object, error) {
		name := action.(clienttesting.DeleteAction).GetName()
		return name == "refused", nil, apierrors.NewForbidden(schema.GroupResource{Resource: "configmaps"}, name, nil)
	})
	key := func(name string) types.NamespacedName { return types.NamespacedName{Namespace: "default", Name: name} }
	files := Companions{
		ConfigMaps: []types.NamespacedName{key("used"), key("gone"), key("refused")},
		Secrets:    []types.NamespacedName{key("unused")},
	}
	err := files.DeleteUnused(t.Context(), api, Users{ConfigMaps: map[types.NamespacedName]string{key("used"): "web"}})
	if want := `configmaps "refused" is forbidden: <nil>`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	configMaps, _ := api.CoreV1().ConfigMaps("default").List(t.Context(), metav1.ListOptions{})
	secrets, _ := api.CoreV1().Secrets("default").List(t.Context(), metav1.ListOptions{})
	if len(configMaps.Items) != 2 || len(secrets.Items) != 0 {
		t.Errorf("left: %v %v", configMaps.Items, secrets.Items)
	}
}
