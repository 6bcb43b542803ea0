package down

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/utils/ptr"

	"github.com/podsim/podsim/podspec/manifest"
)

func TestAPodThatIsNamedTwiceIsTakenDownOnce(t *testing.T) {
	got := unique([]name{{"a", "web"}, {"b", "web"}, {"a", "web"}, {"a", "db"}})
	if diff := cmp.Diff([]name{{"a", "web"}, {"b", "web"}, {"a", "db"}}, got, cmp.AllowUnexported(name{})); diff != "" {
		t.Error(diff)
	}
}

func TestThePodsOfAWorkloadAreFoundByTheirOwner(t *testing.T) {
	owned := func(namespace, name, owner string) *corev1.Pod {
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
		if owner != "" {
			pod.OwnerReferences = []metav1.OwnerReference{{UID: types.UID("u-of-" + owner), Controller: ptr.To(true)}}
		}
		return pod
	}
	api := fake.NewClientset(owned("a", "web-1", "web"), owned("a", "web-2", "web"), owned("b", "web-3", "web"), owned("a", "other", ""))
	workload := func(name string) manifest.Workload {
		return manifest.Workload{Object: &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: name}}, Kind: "Deployment", Owner: "u-of-web"}
	}
	gone := workload("gone")
	gone.Owner = "u-of-gone"
	found, err := podsOfWorkloads(t.Context(), api.CoreV1(), []manifest.Workload{workload("web"), gone})
	if diff := cmp.Diff([]name{{"a", "web-1"}, {"a", "web-2"}}, found, cmp.AllowUnexported(name{})); diff != "" {
		t.Error(diff)
	}
	if err == nil || !strings.Contains(err.Error(), `Deployment "gone": no pod of it is there`) {
		t.Errorf("got %v", err)
	}
}
