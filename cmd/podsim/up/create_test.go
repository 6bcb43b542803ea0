package up

import (
	"context"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/podsim/podsim/cmd/podsim/client"
	"github.com/podsim/podsim/podspec/manifest"
)

func podNamed(name string) *corev1.Pod {
	pod := &corev1.Pod{}
	pod.Name, pod.Namespace = name, metav1.NamespaceDefault
	pod.Spec.Containers = []corev1.Container{{Name: "app", Image: "busybox:1.36"}}
	return pod
}

func configNamed(name, value string) *corev1.ConfigMap {
	o := &corev1.ConfigMap{Data: map[string]string{"key": value}}
	o.Name, o.Namespace = name, metav1.NamespaceDefault
	return o
}

func claimNamed(name string) *corev1.PersistentVolumeClaim {
	o := &corev1.PersistentVolumeClaim{}
	o.Name, o.Namespace = name, metav1.NamespaceDefault
	return o
}

// onNode is pod as a node that runs it shows it.
func onNode(pod *corev1.Pod) *corev1.Pod {
	pod = pod.DeepCopy()
	pod.UID, pod.Spec.NodeName, pod.Status.Phase = "1", "podsim", corev1.PodRunning
	return pod
}

// connectionTo is a connection to the fake API of a node that this command has started, or not.
func connectionTo(api kubernetes.Interface, startedNode bool) *client.Connection {
	return &client.Connection{Client: api, StartedNode: startedNode, Reconnect: func(context.Context) error { return nil }}
}

func TestCreateBringsObjectsBeforePods(t *testing.T) {
	api := fake.NewClientset(configNamed("old", "1"))
	m := &manifest.Contents{
		Pods:       []*corev1.Pod{podNamed("web"), podNamed("db")},
		ConfigMaps: []*corev1.ConfigMap{configNamed("new", "1"), configNamed("old", "2")},
		Claims:     []*corev1.PersistentVolumeClaim{claimNamed("data")},
	}
	c, err := create(t.Context(), connectionTo(api, false), m)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.pods) != 2 || c.pods[0].Name != "web" || len(c.companions.ConfigMaps) != 1 || len(c.claims) != 1 {
		t.Errorf("created %d pods, %d config maps, %d claims", len(c.pods), len(c.companions.ConfigMaps), len(c.claims))
	}
	old, err := api.CoreV1().ConfigMaps("default").Get(t.Context(), "old", metav1.GetOptions{})
	if err != nil || old.Data["key"] != "2" {
		t.Errorf("the config map that was there is not up to date: %v %v", old, err)
	}
	if err := c.deleteCompanions(t.Context()); err != nil {
		t.Fatal(err)
	}
	left, _ := api.CoreV1().ConfigMaps("default").List(t.Context(), metav1.ListOptions{})
	if len(left.Items) != 1 || left.Items[0].Name != "old" {
		t.Errorf("left: %v", left.Items)
	}
}

func TestAPodOfThatNameStopsUpBeforeAnythingChanges(t *testing.T) {
	for _, c := range []struct {
		name     string
		there    *corev1.Pod
		adopting bool
	}{
		{"it runs on another's node", onNode(podNamed("web")), false},
		{"found running, but of another manifest", func() *corev1.Pod {
			pod := onNode(podNamed("web"))
			pod.Spec.Containers[0].Image = "other"
			return pod
		}(), true},
		{"found running, but terminating", func() *corev1.Pod {
			pod := onNode(podNamed("web"))
			now := metav1.Now()
			pod.DeletionTimestamp = &now
			return pod
		}(), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			api := fake.NewClientset(c.there)
			m := &manifest.Contents{Pods: []*corev1.Pod{podNamed("web")}, ConfigMaps: []*corev1.ConfigMap{configNamed("new", "1")}}
			_, err := create(t.Context(), connectionTo(api, c.adopting), m)
			if want := `pod "web" is already there; take it down first: podsim down web`; err == nil || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
			for _, action := range api.Actions() {
				if action.GetVerb() != "get" {
					t.Errorf("%s %s", action.GetVerb(), action.GetResource().Resource)
				}
			}
		})
	}
}

func TestAPodThatTheNewNodeFoundIsTakenOver(t *testing.T) {
	api := fake.NewClientset(onNode(podNamed("web")))
	c, err := create(t.Context(), connectionTo(api, true), &manifest.Contents{Pods: []*corev1.Pod{podNamed("web")}})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.pods) != 1 || c.pods[0].UID != "1" || !c.adopted[c.pods[0]] {
		t.Errorf("pods %v", c.pods)
	}
}

func TestWhatWasCreatedGoesWhenALaterObjectFails(t *testing.T) {
	api := fake.NewClientset()
	api.PrependReactor("create", "pods", func(action clienttesting.Action) (bool, runtime.Object, error) {
		pod := action.(clienttesting.CreateAction).GetObject().(*corev1.Pod)
		if pod.Name == "db" {
			return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "db", nil)
		}
		return false, nil, nil
	})
	m := &manifest.Contents{
		Pods:       []*corev1.Pod{podNamed("web"), podNamed("db")},
		ConfigMaps: []*corev1.ConfigMap{configNamed("new", "1")},
		Claims:     []*corev1.PersistentVolumeClaim{claimNamed("data")},
	}
	c, err := create(t.Context(), connectionTo(api, false), m)
	if err == nil || !strings.Contains(err.Error(), `pods "db" is forbidden`) {
		t.Errorf("got %v", err)
	}
	if err := c.undo(t.Context()); err != nil {
		t.Error(err)
	}
	core := api.CoreV1()
	pods, _ := core.Pods("default").List(t.Context(), metav1.ListOptions{})
	configMaps, _ := core.ConfigMaps("default").List(t.Context(), metav1.ListOptions{})
	claims, _ := core.PersistentVolumeClaims("default").List(t.Context(), metav1.ListOptions{})
	if left := len(pods.Items) + len(configMaps.Items) + len(claims.Items); left != 0 {
		t.Errorf("left: %v %v %v", pods.Items, configMaps.Items, claims.Items)
	}
}
