package runtime

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"

	"github.com/podsim/podsim/podspec/workload"
	"github.com/podsim/podsim/runtime/kubeapi"
)

// recorded answers requests by a handler.
type recorded struct{ http.Handler }

func (r recorded) RoundTrip(request *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	r.ServeHTTP(answer, request)
	return answer.Result(), nil
}

// clients are clients of the node's API.
func (w *world) clients() *kubernetes.Clientset {
	w.Helper()
	api := kubeapi.New(kubeapi.Config{Store: w.node.store, Node: w.node, Tokens: w.node.objects(), Clock: clock.RealClock{}, Log: w.node.log})
	clients, err := kubernetes.NewForConfig(&rest.Config{Host: "http://node", Transport: recorded{kubeapi.ForAdmin(api)}, QPS: -1})
	if err != nil {
		w.Fatal(err)
	}
	return clients
}

func template(labels map[string]string) corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: labels},
		Spec: corev1.PodSpec{
			TerminationGracePeriodSeconds: ptr.To[int64](1),
			Containers:                    []corev1.Container{{Name: "main", Image: "busybox:1.36"}},
		},
	}
}

// createDeployment has a client create a Deployment "web" with so many pods.
func (w *world) createDeployment(replicas int32) {
	w.Helper()
	labels := map[string]string{"app": "web"}
	_, err := w.clients().AppsV1().Deployments("default").Create(w.Context(), &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec:       appsv1.DeploymentSpec{Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: template(labels)},
	}, metav1.CreateOptions{})
	if err != nil {
		w.Fatal(err)
	}
}

// settle lets time pass until the deployment's pods are as wanted, an hour at most, and returns those that are not about to end.
func (w *world) settle(what string, wanted func(d *appsv1.Deployment, pods []*corev1.Pod) bool) []*corev1.Pod {
	w.Helper()
	var d *appsv1.Deployment
	var pods []*corev1.Pod
	for limit := time.Now().Add(time.Hour); time.Now().Before(limit); time.Sleep(100 * time.Millisecond) {
		synctest.Wait()
		all, _ := w.node.store.Deployments.List("default")
		d = nil
		if len(all) > 0 {
			d = all[0]
		}
		if pods, _ = w.node.store.Pods.List("default"); wanted(d, pods) {
			return slices.DeleteFunc(pods, func(pod *corev1.Pod) bool { return pod.DeletionTimestamp != nil })
		}
	}
	w.Fatalf("after an hour not %s: %+v, %d pods", what, d, len(pods))
	return nil
}

// rolledOut says that a Deployment has exactly so many pods, which are all available and of its template.
func rolledOut(n int) func(*appsv1.Deployment, []*corev1.Pod) bool {
	return func(d *appsv1.Deployment, pods []*corev1.Pod) bool {
		s := d.Status
		return len(pods) == n && s.ObservedGeneration == d.Generation && int(s.AvailableReplicas) == n && int(s.UpdatedReplicas) == n
	}
}

func TestADeploymentKeepsItsPods(t *testing.T) {
	inWorld(t, func(w *world) {
		w.createDeployment(3)
		before := w.settle("rolled out", rolledOut(3))
		deployments := w.clients().AppsV1().Deployments("default")

		w.delete(before[0].Name, -1)
		after := w.settle("whole again", rolledOut(3))
		if slices.ContainsFunc(after, func(pod *corev1.Pod) bool { return pod.UID == before[0].UID }) {
			w.Error("the deleted pod is there")
		}

		if _, err := deployments.Patch(w.Context(), "web", "application/merge-patch+json", []byte(`{"spec":{"replicas":1}}`), metav1.PatchOptions{}, "scale"); err != nil {
			w.Fatal(err)
		}
		one := w.settle("scaled", rolledOut(1))

		d, err := deployments.Get(w.Context(), "web", metav1.GetOptions{})
		if err != nil {
			w.Fatal(err)
		}
		d.Spec.Template.Annotations = map[string]string{"changed": "yes"}
		if _, err := deployments.Update(w.Context(), d, metav1.UpdateOptions{}); err != nil {
			w.Fatal(err)
		}
		if other := w.settle("of the other template", rolledOut(1)); other[0].UID == one[0].UID || other[0].Annotations["changed"] != "yes" {
			w.Errorf("the pod is %+v", other[0].ObjectMeta)
		}

		if err := deployments.Delete(w.Context(), "web", metav1.DeleteOptions{}); err != nil {
			w.Fatal(err)
		}
		w.settle("gone", func(d *appsv1.Deployment, pods []*corev1.Pod) bool { return d == nil && len(pods) == 0 })
		sets, _ := w.node.store.ReplicaSets.List("")
		if len(sets) > 0 {
			w.Errorf("%d ReplicaSets are left", len(sets))
		}
		w.wantNothingLeft()
	})
}

// The claims of a StatefulSet's pods go with it, or stay, as it says by now.
func TestClaimsGoAsTheirStatefulSetSays(t *testing.T) {
	inWorld(t, func(w *world) {
		labels := map[string]string{"app": "db"}
		pod := template(labels)
		pod.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "data", MountPath: "/data"}}
		retention := func(deleted appsv1.PersistentVolumeClaimRetentionPolicyType) *appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy {
			return &appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy{WhenDeleted: deleted, WhenScaled: appsv1.RetainPersistentVolumeClaimRetentionPolicyType}
		}
		sets := w.clients().AppsV1().StatefulSets("default")
		for name, policy := range map[string]struct {
			before, after appsv1.PersistentVolumeClaimRetentionPolicyType
			stays         bool
		}{
			"keeps":  {appsv1.DeletePersistentVolumeClaimRetentionPolicyType, appsv1.RetainPersistentVolumeClaimRetentionPolicyType, true},
			"throws": {appsv1.RetainPersistentVolumeClaimRetentionPolicyType, appsv1.DeletePersistentVolumeClaimRetentionPolicyType, false},
		} {
			_, err := sets.Create(w.Context(), &appsv1.StatefulSet{
				ObjectMeta: metav1.ObjectMeta{Name: name},
				Spec: appsv1.StatefulSetSpec{
					Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: pod, PersistentVolumeClaimRetentionPolicy: retention(policy.before),
					VolumeClaimTemplates: []corev1.PersistentVolumeClaim{{ObjectMeta: metav1.ObjectMeta{Name: "data"}, Spec: corev1.PersistentVolumeClaimSpec{
						AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
						Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}},
					}}},
				},
			}, metav1.CreateOptions{})
			if err != nil {
				w.Fatal(err)
			}
			time.Sleep(time.Minute)
			set, err := sets.Get(w.Context(), name, metav1.GetOptions{})
			if err != nil {
				w.Fatal(err)
			}
			set.Spec.PersistentVolumeClaimRetentionPolicy = retention(policy.after)
			if _, err := sets.Update(w.Context(), set, metav1.UpdateOptions{}); err != nil {
				w.Fatal(err)
			}
			time.Sleep(time.Minute)
			if err := sets.Delete(w.Context(), name, metav1.DeleteOptions{}); err != nil {
				w.Fatal(err)
			}
			time.Sleep(time.Minute)
			synctest.Wait()
			_, err = w.node.store.Claims.Get(types.NamespacedName{Namespace: "default", Name: "data-" + name + "-0"})
			if (err == nil) != policy.stays {
				w.Errorf("the claim of %s: %v", name, err)
			}
		}
	})
}

// TestPodsOfAManifestHaveNoOwnerToLose: nobody collects the pods that up makes of a Deployment, and those of a Deployment that is gone go
// when a node starts, if the one before did not come to it.
func TestPodsOfAManifestHaveNoOwnerToLose(t *testing.T) {
	inWorld(t, func(w *world) {
		labels := map[string]string{"app": "up"}
		d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "up"},
			Spec: appsv1.DeploymentSpec{Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: template(labels)}}
		d.UID = workload.UID("Deployment", "default", "up")
		pod := workload.Make(d, 1).Pods[0]
		if _, err := w.clients().CoreV1().Pods("default").Create(w.Context(), pod, metav1.CreateOptions{}); err != nil {
			w.Fatal(err)
		}
		w.awaitPhase(pod.Name, corev1.PodRunning)
		w.createDeployment(1)
		w.settle("rolled out", func(d *appsv1.Deployment, _ []*corev1.Pod) bool { return d.Status.AvailableReplicas == 1 })
		time.Sleep(10 * time.Second)
		w.crash()
		if err := w.tryToBoot(); err != nil { // with no Deployment, which lives in memory only
			w.Fatal(err)
		}
		w.settle("one left", func(_ *appsv1.Deployment, pods []*corev1.Pod) bool { return len(pods) == 1 })
		if w.pod(pod.Name) == nil {
			w.Error("the pod of the manifest is gone")
		}
	})
}
