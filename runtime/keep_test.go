package runtime

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/podsim/podsim/runtime/endpoint"
	"github.com/podsim/podsim/runtime/kubeapi"
	"github.com/podsim/podsim/runtime/store"
)

// Whoever adds a kind to the store decides whether its objects outlive the node.
func TestEveryKindIsKeptOrMadeAnew(t *testing.T) {
	madeAnew := []string{"pods", "events", "nodes", "persistentvolumes", "endpoints", "endpointslices.discovery.k8s.io",
		"secrets"} // which are kept in memory only
	all := store.New(1)
	var kept []string
	for _, c := range keptCollections(all, "/nonexistent") {
		kept = append(kept, c.Resource())
	}
	for field, value := range reflect.ValueOf(all).Elem().Fields() {
		if !field.IsExported() {
			continue
		}
		resource := value.MethodByName("Resource").Call(nil)[0].MethodByName("String").Call(nil)[0].String()
		if slices.Contains(kept, resource) == slices.Contains(madeAnew, resource) {
			t.Errorf("keptCollections has to have %s, or this test has to say that the node makes it anew", resource)
		}
	}
}

// withState gives the nodes of a world a state directory. Killed nodes write no more, so that it is copied at each crash.
func (w *world) withState() {
	w.Helper()
	w.crash()
	w.options.StateDir = w.TempDir()
	w.boot()
}

// kill ends the node as SIGKILL does, which reaches its state directory neither, and starts the next one.
func (w *world) kill() {
	w.Helper()
	time.Sleep(100 * time.Millisecond)
	state := w.TempDir()
	if err := os.CopyFS(state, os.DirFS(w.options.StateDir)); err != nil {
		w.Fatal(err)
	}
	w.crash()
	w.options.StateDir = state
	w.boot()
}

func TestObjectsWithoutPodsOutliveAKilledNode(t *testing.T) {
	inWorld(t, func(w *world) {
		w.withState()
		w.createSettings("one")
		service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "elsewhere", Name: "web", UID: "uid of web"}}
		if _, err := w.node.store.Services.Create(service); err != nil {
			t.Fatal(err)
		}
		before, _ := w.node.store.ConfigMaps.Get(settings)
		w.kill()
		after, err := w.node.store.ConfigMaps.Get(settings)
		if err != nil || after.String() != before.String() {
			t.Errorf("the ConfigMap is %v, %v; it was %v", after, err, before)
		}
		if found, err := w.node.store.Services.Get(store.KeyOf(service)); err != nil || found.UID != service.UID {
			t.Errorf("the Service is %v, %v", found, err)
		}
		if _, err := w.node.store.Namespaces.Get(store.KeyOf(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "elsewhere"}})); err != nil {
			t.Error(err)
		}
		if _, err := w.node.store.ConfigMaps.Delete(settings, nil); err != nil {
			t.Fatal(err)
		}
		w.kill()
		if _, err := w.node.store.ConfigMaps.Get(settings); !apierrors.IsNotFound(err) {
			t.Errorf("what was deleted is there again: %v", err)
		}
	})
}

// What is in a namespace that is being deleted does not bring it back.
func TestADeletedNamespaceDoesNotComeBack(t *testing.T) {
	inWorld(t, func(w *world) {
		w.withState()
		labels := map[string]string{"app": "web"}
		slow := template(labels)
		slow.Spec.TerminationGracePeriodSeconds = ptr.To[int64](30)
		slow.Spec.Containers[0].Lifecycle = &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Sleep: &corev1.SleepAction{Seconds: 20}}}
		_, err := w.clients().AppsV1().Deployments("team").Create(w.Context(), &appsv1.Deployment{
			ObjectMeta: metav1.ObjectMeta{Name: "web"},
			Spec:       appsv1.DeploymentSpec{Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: slow},
		}, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if err := w.clients().CoreV1().Namespaces().Delete(w.Context(), "team", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		w.kill()
		time.Sleep(time.Minute)
		synctest.Wait()
		if _, err := w.node.store.Namespaces.Get(types.NamespacedName{Name: "team"}); !apierrors.IsNotFound(err) {
			t.Errorf("the namespace is there: %v", err)
		}
		if pods, _ := w.node.store.Pods.List(""); len(pods) > 0 {
			t.Errorf("it has %d pods", len(pods))
		}
		w.wantNothingLeft()
	})
}

// A copy of a role that every cluster has is its user's, and so is such a role once somebody changed it.
func TestRolesOfUsersAreKept(t *testing.T) {
	inWorld(t, func(w *world) {
		w.withState()
		roles := w.clients().RbacV1().ClusterRoles()
		view, err := roles.Get(w.Context(), "view", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		copied := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "watchers", Labels: view.Labels}, Rules: view.Rules}
		if _, err := roles.Create(w.Context(), copied, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		if _, err := roles.Patch(w.Context(), "edit", types.MergePatchType, []byte(`{"metadata":{"annotations":{"note":"changed"}}}`), metav1.PatchOptions{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second) // by when it is written
		w.kill()
		if _, err := w.node.store.ClusterRoles.Get(types.NamespacedName{Name: "watchers"}); err != nil {
			t.Error(err)
		}
		if edit, err := w.node.store.ClusterRoles.Get(types.NamespacedName{Name: "edit"}); err != nil || edit.Annotations["note"] != "changed" {
			t.Errorf("it is %v, %v", edit, err)
		}
	})
}

// The pod's record still has the object when the node is killed right after its deletion.
func TestADeletedObjectDoesNotComeBackFromAPod(t *testing.T) {
	inWorld(t, func(w *world) {
		w.withState()
		w.createSettings("one")
		w.create(strings.ReplaceAll(loopsWithSettings, "NAME", "shows"))
		w.awaitPhase("shows", corev1.PodRunning)
		time.Sleep(time.Minute)
		if _, err := w.node.store.ConfigMaps.Delete(settings, nil); err != nil {
			t.Fatal(err)
		}
		w.kill()
		if _, err := w.node.store.ConfigMaps.Get(settings); !apierrors.IsNotFound(err) {
			t.Errorf("it is there again: %v", err)
		}
		w.createSettings("two")
		time.Sleep(time.Minute)
		w.kill()
		if found, err := w.node.store.ConfigMaps.Get(settings); err != nil || found.Data["k"] != "two" {
			t.Errorf("the new one is %v, %v", found, err)
		}
	})
}

// After a reboot the state directory is gone, and after a fault a file may hold nonsense.
func TestPodsBringTheirObjectsWhenTheStateIsLost(t *testing.T) {
	for name, lose := range map[string]func(t *testing.T, dir string){
		"the directory": func(t *testing.T, dir string) {
			if err := os.RemoveAll(endpoint.ObjectsPath(dir)); err != nil {
				t.Fatal(err)
			}
		},
		"the file": func(t *testing.T, dir string) {
			path := filepath.Join(endpoint.ObjectsPath(dir), "configmaps", "default_settings.json")
			if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.withState()
				w.createSettings("one")
				w.create(strings.ReplaceAll(loopsWithSettings, "NAME", "shows"))
				w.awaitPhase("shows", corev1.PodRunning)
				time.Sleep(time.Minute)
				before, _ := w.node.store.ConfigMaps.Get(settings)
				w.crash()
				lose(t, w.options.StateDir)
				w.boot()
				if after, err := w.node.store.ConfigMaps.Get(settings); err != nil || after.String() != before.String() {
					t.Errorf("it is %v, %v; it was %v", after, err, before)
				}
			})
		})
	}
}

func TestWhatTheNodeMakesByItselfIsNotKept(t *testing.T) {
	inWorld(t, func(w *world) {
		w.withState()
		time.Sleep(time.Minute)
		kubeapi.EnsureNamespace(w.node.store, "elsewhere") // as a pod does that is created there
		time.Sleep(time.Minute)
		w.crash()
		if left, err := os.ReadDir(w.options.StateDir); err != nil || len(left) > 0 {
			t.Errorf("left in the state directory: %v, %v", left, err)
		}
		w.boot()
	})
}

// What up makes for its pods lives with these, until somebody else writes to it.
func TestCompanionsOfPodsAreNotKept(t *testing.T) {
	managers := func(names ...string) metav1.ObjectMeta {
		meta := metav1.ObjectMeta{Namespace: "default", Name: "settings"}
		for _, name := range names {
			meta.ManagedFields = append(meta.ManagedFields, metav1.ManagedFieldsEntry{Manager: name})
		}
		return meta
	}
	for _, c := range []struct {
		meta metav1.ObjectMeta
		want bool
	}{
		{managers(), false},
		{managers(CompanionManager), true},
		{managers("kubectl-client-side-apply"), false},
		{managers(CompanionManager, "kubectl-edit"), false},
	} {
		if got := isCompanion(&corev1.ConfigMap{ObjectMeta: c.meta}); got != c.want {
			t.Errorf("of %v it is a companion: %v", c.meta.ManagedFields, got)
		}
	}
}

func TestANodeDoesNotEndWithSecretsThatItCannotKeep(t *testing.T) {
	for dir, want := range map[string]bool{t.TempDir(): false, "/dev/shm": true} {
		if _, err := os.Stat(dir); err != nil {
			t.Logf("skipping %s: %v", dir, err)
			continue
		}
		n := &Node{store: store.New(1), options: Options{StateDir: dir}}
		if !n.Idle() {
			t.Error("a node without anything is not idle")
		}
		if n.keepsSecrets() != want {
			t.Skipf("%s lies on an unusual file system", dir)
		}
		if _, err := n.store.Secrets.Create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "password"}}); err != nil {
			t.Fatal(err)
		}
		if got := n.Idle(); got != want {
			t.Errorf("with a Secret and its state in %s the node is idle: %v", dir, got)
		}
	}
}

func TestANodeIsNotIdleWhileSomethingWantsPods(t *testing.T) {
	meta := metav1.ObjectMeta{Namespace: "default", Name: "a"}
	create := func(s *store.Store, object any) {
		var err error
		switch object := object.(type) {
		case *batchv1.Job:
			_, err = s.Jobs.Create(object)
		case *appsv1.Deployment:
			_, err = s.Deployments.Create(object)
		case *appsv1.StatefulSet:
			_, err = s.StatefulSets.Create(object)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	complete := batchv1.JobStatus{Conditions: []batchv1.JobCondition{{Type: batchv1.JobComplete, Status: corev1.ConditionTrue}}}
	for name, c := range map[string]struct {
		object any
		want   bool
	}{
		"a Job in its back-off":  {&batchv1.Job{ObjectMeta: meta}, false},
		"a suspended Job":        {&batchv1.Job{ObjectMeta: meta, Spec: batchv1.JobSpec{Suspend: ptr.To(true)}}, true},
		"a Job that is complete": {&batchv1.Job{ObjectMeta: meta, Status: complete}, true},
		"a Deployment of two":    {&appsv1.Deployment{ObjectMeta: meta, Spec: appsv1.DeploymentSpec{Replicas: ptr.To[int32](2)}}, false},
		"a Deployment of none":   {&appsv1.Deployment{ObjectMeta: meta, Spec: appsv1.DeploymentSpec{Replicas: ptr.To[int32](0)}}, true},
		"a StatefulSet of one":   {&appsv1.StatefulSet{ObjectMeta: meta, Spec: appsv1.StatefulSetSpec{Replicas: ptr.To[int32](1)}}, false},
	} {
		n := &Node{store: store.New(1)}
		create(n.store, c.object)
		if got := n.Idle(); got != c.want {
			t.Errorf("with %s the node is idle: %v", name, got)
		}
	}
}

const loopsWithSettings = `
apiVersion: v1
kind: Pod
metadata: {name: NAME}
spec:
  volumes: [{name: v, configMap: {name: settings, optional: true}}]
  containers: [{name: main, image: "busybox:1.36", command: [sleep, "3600"], volumeMounts: [{name: v, mountPath: /v}]}]
`
