package deployment_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/podsim/podsim/podspec/defaults"
	"github.com/podsim/podsim/podspec/workload"
	"github.com/podsim/podsim/runtime/controllers/deployment"
)

var now = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// newDeployment is one of the image, with three pods.
func newDeployment(image string, change ...func(*appsv1.Deployment)) *appsv1.Deployment {
	labels := map[string]string{"app": "web"}
	d := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web", UID: "d", Generation: 4, Annotations: map[string]string{"note": "x"}},
		Spec: appsv1.DeploymentSpec{Replicas: ptr.To[int32](3), Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: image}}}}},
	}
	for _, c := range change {
		c(d)
	}
	defaults.Deployment(d)
	return d
}

func recreate(d *appsv1.Deployment) { d.Spec.Strategy.Type = appsv1.RecreateDeploymentStrategyType }
func paused(d *appsv1.Deployment)   { d.Spec.Paused = true }
func remembers(n int32) func(*appsv1.Deployment) {
	return func(d *appsv1.Deployment) { d.Spec.RevisionHistoryLimit = &n }
}

// replicaSet is the one that a Deployment of the image has, with so many pods, which are all available.
func replicaSet(image string, revision, replicas int32) *appsv1.ReplicaSet {
	rs := workload.ReplicaSet(newDeployment(image))
	rs.Name, rs.UID, rs.Spec.Replicas = "web-"+image, types.UID(image), &replicas
	rs.CreationTimestamp = metav1.NewTime(now.Add(time.Duration(revision) * time.Minute))
	rs.Annotations = map[string]string{deployment.RevisionAnnotation: fmt.Sprint(revision)}
	rs.Status = appsv1.ReplicaSetStatus{Replicas: replicas, ReadyReplicas: replicas, AvailableReplicas: replicas}
	return rs
}

func TestOneReplicaSetHasAllPods(t *testing.T) {
	leaving := replicaSet("a", 1, 0)
	leaving.Status.TerminatingReplicas = ptr.To[int32](1)
	for name, test := range map[string]struct {
		deployment *appsv1.Deployment
		own        []*appsv1.ReplicaSet
		want       string
	}{
		"the first":                   {newDeployment("a"), nil, "create 3, revision 1"},
		"it is there":                 {newDeployment("a"), []*appsv1.ReplicaSet{replicaSet("a", 1, 3)}, "update web-a 3, revision 1"}, // to be annotated
		"another template":            {newDeployment("b"), []*appsv1.ReplicaSet{replicaSet("a", 1, 3)}, "create 3, update web-a 0, revision 2"},
		"back to the one before":      {newDeployment("a"), []*appsv1.ReplicaSet{replicaSet("a", 1, 0), replicaSet("b", 2, 3)}, "update web-b 0, update web-a 3, revision 3"},
		"recreate: first all pods go": {newDeployment("b", recreate), []*appsv1.ReplicaSet{replicaSet("a", 1, 3)}, "update web-a 0, revision "},
		"recreate: and are gone":      {newDeployment("b", recreate), []*appsv1.ReplicaSet{leaving}, "revision "},
		"recreate: then others come":  {newDeployment("b", recreate), []*appsv1.ReplicaSet{replicaSet("a", 1, 0)}, "create 3, revision 2"},
		"paused it changes nothing":   {newDeployment("b", paused), []*appsv1.ReplicaSet{replicaSet("a", 1, 3)}, "revision "},
		"but its number":              {newDeployment("b", paused), []*appsv1.ReplicaSet{replicaSet("a", 1, 1)}, "update web-a 3, revision "},
		"old ones are forgotten": {newDeployment("c", remembers(1)), []*appsv1.ReplicaSet{replicaSet("a", 1, 0), replicaSet("b", 2, 0), replicaSet("c", 3, 3)},
			"update web-c 3, delete web-a, revision 3"},
	} {
		t.Run(name, func(t *testing.T) {
			plan := deployment.Decide(test.deployment, test.own)
			var did []string
			if plan.Create != nil {
				did = append(did, fmt.Sprint("create ", *plan.Create.Spec.Replicas))
				if plan.Create.Annotations["note"] != "x" || plan.Create.OwnerReferences[0].UID != "d" {
					t.Errorf("it is %+v", plan.Create.ObjectMeta)
				}
			}
			for _, rs := range plan.Update {
				did = append(did, fmt.Sprintf("update %s %d", rs.Name, *rs.Spec.Replicas))
			}
			for _, rs := range plan.Delete {
				did = append(did, "delete "+rs.Name)
			}
			did = append(did, "revision "+plan.Revision)
			if got := strings.Join(did, ", "); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestNothingIsDoneTwice: what Decide wants changed is as it wants it afterwards.
func TestNothingIsDoneTwice(t *testing.T) {
	d := newDeployment("a")
	created := deployment.Decide(d, nil).Create
	if plan := deployment.Decide(d, []*appsv1.ReplicaSet{created}); plan.Create != nil || len(plan.Update) > 0 {
		t.Errorf("it wants %+v", plan)
	}
}

func condition(t *testing.T, s appsv1.DeploymentStatus, which appsv1.DeploymentConditionType) string {
	t.Helper()
	c := deployment.Condition(s.Conditions, which)
	if c == nil {
		return ""
	}
	return fmt.Sprintf("%s %s", c.Status, c.Reason)
}

// TestStatusTellsOfProgress follows a Deployment through its first pods, another template and a deadline that passes.
func TestStatusTellsOfProgress(t *testing.T) {
	d := newDeployment("a")
	a := replicaSet("a", 1, 3)
	a.Status = appsv1.ReplicaSetStatus{Replicas: 3}
	at := now
	look := func(own ...*appsv1.ReplicaSet) time.Duration {
		status, again := deployment.Status(d, own, at)
		d.Status = status
		return again
	}
	want := func(what, available, progressing string) {
		t.Helper()
		if got := condition(t, d.Status, appsv1.DeploymentAvailable); got != available {
			t.Errorf("%s: Available is %q, want %q", what, got, available)
		}
		if got := condition(t, d.Status, appsv1.DeploymentProgressing); got != progressing {
			t.Errorf("%s: Progressing is %q, want %q", what, got, progressing)
		}
	}
	if again := look(a); again != 10*time.Minute {
		t.Errorf("looks again in %v", again)
	}
	want("at first", "False MinimumReplicasUnavailable", "True NewReplicaSetCreated")
	a.Status.ReadyReplicas, a.Status.AvailableReplicas = 1, 1
	look(a)
	want("with one pod", "False MinimumReplicasUnavailable", "True ReplicaSetUpdated")
	a.Status.ReadyReplicas, a.Status.AvailableReplicas = 3, 3
	look(a)
	want("with all", "True MinimumReplicasAvailable", "True NewReplicaSetAvailable")
	if d.Status.UpdatedReplicas != 3 || d.Status.UnavailableReplicas != 0 || d.Status.ObservedGeneration != 4 {
		t.Errorf("status is %+v", d.Status)
	}
	d.Spec.Template.Spec.Containers[0].Image = "b"
	b := replicaSet("b", 2, 3)
	b.Status = appsv1.ReplicaSetStatus{Replicas: 3}
	a.Spec.Replicas, a.Status = ptr.To[int32](0), appsv1.ReplicaSetStatus{TerminatingReplicas: ptr.To[int32](3)}
	look(a, b)
	want("another template", "False MinimumReplicasUnavailable", "True NewReplicaSetCreated")
	if d.Status.UpdatedReplicas != 3 || d.Status.Replicas != 3 || *d.Status.TerminatingReplicas != 3 || d.Status.UnavailableReplicas != 3 {
		t.Errorf("status is %+v", d.Status)
	}
	at = now.Add(11 * time.Minute)
	look(a, b)
	want("after the deadline", "False MinimumReplicasUnavailable", "False ProgressDeadlineExceeded")
}
