package kubeapi_test

import (
	"context"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/tools/cache"
)

// TestTypedClients does the same with clients that differ in what they send and accept.
func TestTypedClients(t *testing.T) {
	const json, protobuf = "application/json", "application/vnd.kubernetes.protobuf"
	for name, media := range map[string]struct{ accept, send string }{
		"by default":                        {},
		"with JSON":                         {json, json},
		"with protobuf first and JSON next": {protobuf + "," + json, protobuf},
	} {
		t.Run(name, func(t *testing.T) {
			api := serve(t)
			config := api.config()
			config.AcceptContentTypes, config.ContentType = media.accept, media.send
			clients, err := kubernetes.NewForConfig(config)
			if err != nil {
				t.Fatal(err)
			}
			workWithPods(t, clients)
			workWithConfigMaps(t, clients)
			workWithClaims(t, clients)
		})
	}
}

func workWithPods(t *testing.T, clients kubernetes.Interface) {
	ctx, pods := t.Context(), clients.CoreV1().Pods("default")
	created, err := pods.Create(ctx, newPod("a"), metav1.CreateOptions{})
	if err != nil || created.UID == "" || created.Status.Phase != corev1.PodPending {
		t.Fatalf("created: %v, %v", created, err)
	}
	if _, err := pods.Create(ctx, newPod("a"), metav1.CreateOptions{}); !apierrors.IsAlreadyExists(err) {
		t.Errorf("second creation: %v", err)
	}
	if _, err := pods.Get(ctx, "b", metav1.GetOptions{}); !apierrors.IsNotFound(err) || err.Error() != `pods "b" not found` {
		t.Errorf("a pod that is not there: %v", err)
	}
	list, err := clients.CoreV1().Pods("").List(ctx, metav1.ListOptions{Limit: 500})
	if err != nil || len(list.Items) != 1 || list.Items[0].Spec.Containers[0].Image != "busybox:1.36" {
		t.Fatalf("list: %v, %v", list, err)
	}
	watcher, err := pods.Watch(ctx, metav1.ListOptions{ResourceVersion: list.ResourceVersion})
	if err != nil {
		t.Fatal(err)
	}
	defer watcher.Stop()
	grace := int64(30)
	if err := pods.Delete(ctx, "a", metav1.DeleteOptions{GracePeriodSeconds: &grace}); err != nil {
		t.Fatal(err)
	}
	if event := <-watcher.ResultChan(); event.Type != watch.Modified || *event.Object.(*corev1.Pod).DeletionGracePeriodSeconds != 30 {
		t.Errorf("after the deletion with a grace period: %v", event)
	}
	other := created.UID + "x"
	if err := pods.Delete(ctx, "a", metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &other}}); !apierrors.IsConflict(err) {
		t.Errorf("deletion of another pod of the name: %v", err)
	}
	if err := pods.Delete(ctx, "a", *metav1.NewDeleteOptions(0)); err != nil {
		t.Fatal(err)
	}
	if event := <-watcher.ResultChan(); event.Type != watch.Deleted {
		t.Errorf("after the deletion without a grace period: %v", event)
	}
}

func workWithConfigMaps(t *testing.T, clients kubernetes.Interface) {
	ctx, configMaps := t.Context(), clients.CoreV1().ConfigMaps("team")
	created, err := configMaps.Create(ctx, &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "settings-"}, Data: map[string]string{"k": "1"},
	}, metav1.CreateOptions{})
	if err != nil || created.UID == "" || created.CreationTimestamp.IsZero() || len(created.Name) != len("settings-")+5 {
		t.Fatalf("created: %v, %v", created, err)
	}
	older := created.DeepCopy()
	created.Data["k"] = "2"
	updated, err := configMaps.Update(ctx, created, metav1.UpdateOptions{})
	if err != nil || updated.ResourceVersion == older.ResourceVersion || updated.Data["k"] != "2" || updated.UID != older.UID {
		t.Fatalf("updated: %v, %v", updated, err)
	}
	older.Data["k"] = "3"
	if _, err := configMaps.Update(ctx, older, metav1.UpdateOptions{}); !apierrors.IsConflict(err) {
		t.Errorf("update of an old version: %v", err)
	}
	if err := configMaps.Delete(ctx, updated.Name, metav1.DeleteOptions{}); err != nil {
		t.Error(err)
	}
	if err := configMaps.Delete(ctx, updated.Name, metav1.DeleteOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("second deletion: %v", err)
	}
}

func workWithClaims(t *testing.T, clients kubernetes.Interface) {
	ctx, claims := t.Context(), clients.CoreV1().PersistentVolumeClaims("default")
	created, err := claims.Create(ctx, newClaim("data"), metav1.CreateOptions{})
	if err != nil || created.Status.Phase != corev1.ClaimPending {
		t.Fatalf("created: %v, %v", created, err)
	}
	if err := claims.Delete(ctx, "data", metav1.DeleteOptions{}); err != nil {
		t.Error(err)
	}
	if kept, err := claims.Get(ctx, "data", metav1.GetOptions{}); err != nil || kept.DeletionTimestamp == nil {
		t.Errorf("as long as it is protected: %v, %v", kept, err)
	}
	releaseClaim(t, clients, "default", "data")
	if _, err := claims.Get(ctx, "data", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("after the deletion: %v", err)
	}
}

// releaseClaim lets a claim go that is being deleted, as a controller does when no pod uses it.
func releaseClaim(t *testing.T, clients kubernetes.Interface, namespace, name string) {
	t.Helper()
	_, err := clients.CoreV1().PersistentVolumeClaims(namespace).Patch(t.Context(), name, types.StrategicMergePatchType,
		[]byte(`{"metadata": {"$deleteFromPrimitiveList/finalizers": ["kubernetes.io/pvc-protection"]}}`), metav1.PatchOptions{})
	if err != nil {
		t.Error(err)
	}
}

// TestInformerSeesEverything runs client-go's informer, which begins with a streamed list.
func TestInformerSeesEverything(t *testing.T) {
	api := serve(t)
	api.havePod("before")
	factory := informers.NewSharedInformerFactory(api.clients(), 0)
	pods := factory.Core().V1().Pods().Informer()
	seen := make(chan string, 10)
	_, err := pods.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { seen <- "added " + o.(*corev1.Pod).Name },
		UpdateFunc: func(_, o any) { seen <- "updated " + o.(*corev1.Pod).Name },
		DeleteFunc: func(o any) { seen <- "deleted " + o.(*corev1.Pod).Name },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer factory.Shutdown()
	defer cancel()
	factory.StartWithContext(ctx)
	if !cache.WaitForCacheSync(ctx.Done(), pods.HasSynced) {
		t.Fatal("the informer does not synchronise")
	}
	api.havePod("after")
	api.setPod("after", func(pod *corev1.Pod) { pod.Labels = map[string]string{"a": "b"} })
	if err := api.clients().CoreV1().Pods("default").Delete(ctx, "before", *metav1.NewDeleteOptions(0)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"added before", "added after", "updated after", "deleted before"} {
		select {
		case got := <-seen:
			if got != want {
				t.Errorf("the informer saw %q, want %q", got, want)
			}
		case <-ctx.Done():
			t.Fatalf("the informer did not see %q", want)
		}
	}
}

// TestWatchWithSelectors shows how an object enters and leaves what a selector selects.
func TestWatchWithSelectors(t *testing.T) {
	api := serve(t)
	api.havePod("a")
	api.havePod("b")
	client, err := dynamic.NewForConfig(api.config())
	if err != nil {
		t.Fatal(err)
	}
	timeout := int64(3) // the last bookmark comes 2 s before
	watcher, err := client.Resource(corev1.SchemeGroupVersion.WithResource("pods")).Namespace("default").Watch(t.Context(), metav1.ListOptions{
		FieldSelector: "metadata.name=a,status.phase!=Failed", LabelSelector: "!hidden", AllowWatchBookmarks: true, TimeoutSeconds: &timeout,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer watcher.Stop()
	var events []string
	api.setPod("a", func(pod *corev1.Pod) { pod.Status.Message = "1" })
	api.setPod("b", func(pod *corev1.Pod) { pod.Status.Message = "1" })
	api.setPod("a", func(pod *corev1.Pod) { pod.Labels = map[string]string{"hidden": ""} })
	api.setPod("a", func(pod *corev1.Pod) { pod.Status.Message = "2" })
	api.setPod("a", func(pod *corev1.Pod) { pod.Labels = nil })
	last := ""
	for event := range watcher.ResultChan() {
		object := event.Object.(*unstructured.Unstructured)
		events = append(events, string(event.Type))
		if object.GetResourceVersion() < last {
			t.Errorf("version %s follows %s", object.GetResourceVersion(), last)
		}
		last = object.GetResourceVersion()
		if event.Type == watch.Deleted && object.GetLabels() != nil {
			t.Errorf("the object that left carries the labels %v, which made it leave", object.GetLabels())
		}
	}
	want := []string{"ADDED", "BOOKMARK", "MODIFIED", "DELETED", "ADDED", "BOOKMARK"}
	if len(events) != len(want) {
		t.Fatalf("events %v, want %v", events, want)
	}
	for i := range want {
		if events[i] != want[i] {
			t.Fatalf("events %v, want %v", events, want)
		}
	}
}

func TestMetadataClientSeesNoSpec(t *testing.T) {
	api := serve(t)
	api.havePod("a", func(pod *corev1.Pod) { pod.Labels = map[string]string{"k": "v"} })
	client, err := metadata.NewForConfig(api.config())
	if err != nil {
		t.Fatal(err)
	}
	pods := client.Resource(corev1.SchemeGroupVersion.WithResource("pods")).Namespace("default")
	one, err := pods.Get(t.Context(), "a", metav1.GetOptions{})
	if err != nil || one.Labels["k"] != "v" {
		t.Errorf("%v, %v", one, err)
	}
	many, err := pods.List(t.Context(), metav1.ListOptions{})
	if err != nil || len(many.Items) != 1 || many.Items[0].Name != "a" || many.ResourceVersion == "" {
		t.Errorf("%v, %v", many, err)
	}
}

func TestExpiredWatchTellsTheClientToListAnew(t *testing.T) {
	api := serve(t)
	api.havePod("a")
	pods := api.clients().CoreV1().Pods("default")
	for _, version := range []string{"1", "99999999999999"} {
		watcher, err := pods.Watch(t.Context(), metav1.ListOptions{ResourceVersion: version})
		if err != nil {
			t.Fatal(err)
		}
		event := <-watcher.ResultChan()
		if err := apierrors.FromObject(event.Object); event.Type != watch.Error || !apierrors.IsResourceExpired(err) {
			t.Errorf("watch from %s: %v %v, want status 410", version, event.Type, err)
		}
		if more, open := <-watcher.ResultChan(); open {
			t.Errorf("watch from %s: goes on with %v", version, more)
		}
	}
	_, err := pods.List(t.Context(), metav1.ListOptions{ResourceVersion: "99999999999999"})
	if !apierrors.HasStatusCause(err, metav1.CauseTypeResourceVersionTooLarge) {
		t.Errorf("list at a version of the future: %v", err)
	}
}
