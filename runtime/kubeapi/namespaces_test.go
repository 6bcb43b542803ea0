package kubeapi_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
)

func TestNamespacesAreThereOnceTheyAreUsed(t *testing.T) {
	api := serve(t)
	namespaces := api.clients().CoreV1().Namespaces()
	names := func() string {
		t.Helper()
		list, err := namespaces.List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, namespace := range list.Items {
			names = append(names, namespace.Name)
		}
		return strings.Join(names, " ")
	}
	if got, want := names(), "default kube-node-lease kube-public kube-system"; got != want {
		t.Errorf("at first: %s, want %s", got, want)
	}
	api.haveConfigMap("used", "settings")
	made, err := namespaces.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "made"}}, metav1.CreateOptions{})
	if err != nil || made.Status.Phase != corev1.NamespaceActive || made.Labels[corev1.LabelMetadataName] != "made" ||
		len(made.Spec.Finalizers) != 1 || made.Spec.Finalizers[0] != corev1.FinalizerKubernetes {
		t.Errorf("made: %+v, %v", made, err)
	}
	if got, want := names(), "default kube-node-lease kube-public kube-system made used"; got != want {
		t.Errorf("then: %s, want %s", got, want)
	}
	_, err = api.clients().CoreV1().ConfigMaps("dry").Create(t.Context(), newConfigMap("c"), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	if err != nil {
		t.Error(err)
	}
	if _, err := namespaces.Get(t.Context(), "dry", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("after a dry run: %v", err)
	}
	err = namespaces.Delete(t.Context(), "kube-system", metav1.DeleteOptions{})
	if want := `namespaces "kube-system" is forbidden: this namespace may not be deleted`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// A namespace whose last object waits for a client goes when the client has let it go.
func TestADeletedNamespaceGoesWithItsLastFinalizer(t *testing.T) {
	api := serve(t)
	ctx, core := t.Context(), api.clients().CoreV1()
	held := newConfigMap("held")
	held.Namespace, held.Finalizers = "team", []string{"example.com/look"}
	if _, err := core.ConfigMaps("team").Create(ctx, held, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); api.handler.Run(api.ctx) }()
	defer func() { api.stop(); <-ended }()
	if err := core.Namespaces().Delete(ctx, "team", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	await := func(what string, done func() bool) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("never: %s", what)
			}
		}
	}
	await("the ConfigMap is being deleted", func() bool {
		found, err := core.ConfigMaps("team").Get(ctx, "held", metav1.GetOptions{})
		return err == nil && found.DeletionTimestamp != nil
	})
	if _, err := core.ConfigMaps("team").Patch(ctx, "held", types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	await("the namespace is gone", func() bool {
		_, err := core.Namespaces().Get(ctx, "team", metav1.GetOptions{})
		return apierrors.IsNotFound(err)
	})
}

// TestDeletedNamespaceEndsEmpty deletes a namespace with a pod that takes its time: the rest stays until the pod is gone.
func TestDeletedNamespaceEndsEmpty(t *testing.T) {
	api := serve(t)
	ctx, core := t.Context(), api.clients().CoreV1()
	api.haveConfigMap("team", "settings")
	api.haveConfigMap("other", "settings")
	api.havePod("slow", func(pod *corev1.Pod) { pod.Namespace = "team" })
	claim := newClaim("data")
	claim.Namespace = "team"
	if _, err := core.PersistentVolumeClaims("team").Create(ctx, claim, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	watcher, err := core.Namespaces().Watch(ctx, metav1.ListOptions{FieldSelector: "metadata.name=team"})
	if err != nil {
		t.Fatal(err)
	}
	defer watcher.Stop()
	pods, err := core.Pods("team").Watch(ctx, metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer pods.Stop()
	ended := make(chan struct{})
	go func() { defer close(ended); api.handler.Run(api.ctx) }()
	if err := core.Namespaces().Delete(ctx, "team", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	for event := range pods.ResultChan() { // asked to end, with its own grace period
		if event.Type == watch.Modified && event.Object.(*corev1.Pod).DeletionTimestamp != nil {
			break
		}
	}
	namespace, err := core.Namespaces().Get(ctx, "team", metav1.GetOptions{})
	if err != nil || namespace.Status.Phase != corev1.NamespaceTerminating || namespace.DeletionTimestamp == nil {
		t.Errorf("with a pod that ends: %+v, %v", namespace, err)
	}
	if _, err := core.ConfigMaps("team").Get(ctx, "settings", metav1.GetOptions{}); err != nil {
		t.Errorf("with a pod that ends: %v", err)
	}
	_, err = core.ConfigMaps("team").Create(ctx, newConfigMap("late"), metav1.CreateOptions{})
	want := `configmaps "late" is forbidden: unable to create new content in namespace team because it is being terminated`
	var status *apierrors.StatusError
	if !errors.As(err, &status) || status.Error() != want || !apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		t.Errorf("%v, want %s", err, want)
	}
	releaseClaim(t, api.clients(), "team", "data")
	if err := core.Pods("team").Delete(ctx, "slow", *metav1.NewDeleteOptions(0)); err != nil { // its end
		t.Fatal(err)
	}
	for event := range watcher.ResultChan() {
		if event.Type == watch.Deleted {
			break
		}
	}
	configMaps, _ := api.store.ConfigMaps.List("team")
	claims, _ := api.store.Claims.List("team")
	if len(configMaps)+len(claims) > 0 {
		t.Errorf("left: %v, %v", configMaps, claims)
	}
	if _, err := core.ConfigMaps("other").Get(ctx, "settings", metav1.GetOptions{}); err != nil {
		t.Errorf("in another namespace: %v", err)
	}
	api.stop()
	<-ended
}
