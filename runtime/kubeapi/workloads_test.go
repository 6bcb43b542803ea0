package kubeapi_test

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	appsapply "k8s.io/client-go/applyconfigurations/apps/v1"
	"k8s.io/utils/ptr"
)

func newTemplate(labels map[string]string) corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: labels},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "busybox:1.36"}}},
	}
}

func newDeployment(name string) *appsv1.Deployment {
	labels := map[string]string{"app": name}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       appsv1.DeploymentSpec{Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: newTemplate(labels)},
	}
}

// TestGenerationCountsWhatADeploymentAsksFor: of a Deployment's spec and annotations every change counts, of its status none.
func TestGenerationCountsWhatADeploymentAsksFor(t *testing.T) {
	a := serve(t)
	deployments := a.clients().AppsV1().Deployments("default")
	d, err := deployments.Create(t.Context(), newDeployment("web"), metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if d.Generation != 1 || ptr.Deref(d.Spec.Replicas, 0) != 1 || d.Spec.Template.Spec.RestartPolicy != corev1.RestartPolicyAlways {
		t.Errorf("created: generation %d, replicas %v, restart policy %q", d.Generation, d.Spec.Replicas, d.Spec.Template.Spec.RestartPolicy)
	}
	scale, err := deployments.GetScale(t.Context(), "web", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if scale.Spec.Replicas != 1 || scale.Status.Selector != "app=web" {
		t.Errorf("scale is %+v %+v", scale.Spec, scale.Status)
	}
	scale.Spec.Replicas = 3
	if _, err = deployments.UpdateScale(t.Context(), "web", scale, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	if d, err = deployments.Get(t.Context(), "web", metav1.GetOptions{}); err != nil || *d.Spec.Replicas != 3 || d.Generation != 2 {
		t.Errorf("scaled: replicas %v, generation %d, %v", d.Spec.Replicas, d.Generation, err)
	}
	if _, err = deployments.Patch(t.Context(), "web", types.MergePatchType, []byte(`{"spec":{"replicas":4}}`), metav1.PatchOptions{}, "scale"); err != nil {
		t.Errorf("patching the scale: %v", err)
	}
	d, err = deployments.Get(t.Context(), "web", metav1.GetOptions{})
	if err != nil || *d.Spec.Replicas != 4 {
		t.Fatalf("replicas %v, %v", d.Spec.Replicas, err)
	}
	d.Status.Replicas, d.Spec.Replicas = 2, ptr.To[int32](9)
	if d, err = deployments.UpdateStatus(t.Context(), d, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	if d.Status.Replicas != 2 || *d.Spec.Replicas != 4 || d.Generation != 3 {
		t.Errorf("with a status: replicas %d of %d, generation %d", d.Status.Replicas, *d.Spec.Replicas, d.Generation)
	}
	d.Annotations = map[string]string{"note": "new"}
	if d, err = deployments.Update(t.Context(), d, metav1.UpdateOptions{}); err != nil || d.Generation != 4 || d.Status.Replicas != 2 {
		t.Errorf("annotated: generation %d, %d replicas, %v", d.Generation, d.Status.Replicas, err)
	}
}

// TestWhatIsFixedOfAWorkloadIsRefused names the field in the server's words.
func TestWhatIsFixedOfAWorkloadIsRefused(t *testing.T) {
	a := serve(t)
	apps := a.clients().AppsV1()
	labels := map[string]string{"app": "db"}
	set, err := apps.StatefulSets("default").Create(t.Context(), &appsv1.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{Name: "db"},
		Spec:       appsv1.StatefulSetSpec{Selector: &metav1.LabelSelector{MatchLabels: labels}, ServiceName: "db", Template: newTemplate(labels)},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	set.Spec.ServiceName = "other"
	if _, err := apps.StatefulSets("default").Update(t.Context(), set, metav1.UpdateOptions{}); !apierrors.IsInvalid(err) ||
		!strings.Contains(err.Error(), `spec.serviceName: Invalid value: "other": field is immutable`) {
		t.Errorf("another serviceName: %v", err)
	}
	job, err := a.clients().BatchV1().Jobs("default").Create(t.Context(), newJob("once"), metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if job.Spec.Selector.MatchLabels[batchv1.ControllerUidLabel] != string(job.UID) || job.Labels != nil {
		t.Errorf("the Job has selector %v and labels %v", job.Spec.Selector.MatchLabels, job.Labels)
	}
	job.Spec.Template.Spec.Containers[0].Image = "busybox:1.35"
	if _, err := a.clients().BatchV1().Jobs("default").Update(t.Context(), job, metav1.UpdateOptions{}); !apierrors.IsInvalid(err) ||
		!strings.Contains(err.Error(), "spec.template: Invalid value") {
		t.Errorf("another template: %v", err)
	}
}

func newJob(name string) *batchv1.Job {
	job := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: batchv1.JobSpec{Template: newTemplate(nil)}}
	job.Spec.Template.Spec.RestartPolicy = corev1.RestartPolicyNever
	return job
}

// TestDaemonSetsCountTheirTemplates: in an annotation that clients cannot change.
func TestDaemonSetsCountTheirTemplates(t *testing.T) {
	sets := serve(t).clients().AppsV1().DaemonSets("default")
	labels := map[string]string{"app": "agent"}
	ds, err := sets.Create(t.Context(), &appsv1.DaemonSet{
		ObjectMeta: metav1.ObjectMeta{Name: "agent"},
		Spec:       appsv1.DaemonSetSpec{Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: newTemplate(labels)},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ds.Annotations[appsv1.DeprecatedTemplateGeneration] = "7"
	ds.Spec.Template.Spec.Containers[0].Image = "busybox:1.35"
	if ds, err = sets.Update(t.Context(), ds, metav1.UpdateOptions{}); err != nil || ds.Annotations[appsv1.DeprecatedTemplateGeneration] != "2" || ds.Generation != 2 {
		t.Errorf("template generation %q, generation %d, %v", ds.Annotations[appsv1.DeprecatedTemplateGeneration], ds.Generation, err)
	}
}

// TestDeploymentsAreApplied: a server-side apply merges containers by their names.
func TestDeploymentsAreApplied(t *testing.T) {
	deployments := serve(t).clients().AppsV1().Deployments("default")
	if _, err := deployments.Create(t.Context(), newDeployment("web"), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	wanted := appsapply.Deployment("web", "default").WithSpec(appsapply.DeploymentSpec().WithReplicas(2))
	d, err := deployments.Apply(t.Context(), wanted, metav1.ApplyOptions{FieldManager: "test", Force: true})
	if err != nil || *d.Spec.Replicas != 2 || len(d.Spec.Template.Spec.Containers) != 1 {
		t.Fatalf("applied %+v, %v", d.Spec, err)
	}
}

// TestAWaitingDeletionNamesWhoHasToAct: a Job that is deleted without a word stays until its pods are orphans, a Deployment goes at once.
func TestAWaitingDeletionNamesWhoHasToAct(t *testing.T) {
	clients := serve(t).clients()
	if _, err := clients.BatchV1().Jobs("default").Create(t.Context(), newJob("once"), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := clients.BatchV1().Jobs("default").Delete(t.Context(), "once", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	job, err := clients.BatchV1().Jobs("default").Get(t.Context(), "once", metav1.GetOptions{})
	if err != nil || len(job.Finalizers) != 1 || job.Finalizers[0] != metav1.FinalizerOrphanDependents || job.DeletionTimestamp == nil {
		t.Errorf("the Job has finalizers %v, %v", job.Finalizers, err)
	}
	if _, err := clients.AppsV1().Deployments("default").Create(t.Context(), newDeployment("web"), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := clients.AppsV1().Deployments("default").Delete(t.Context(), "web", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := clients.AppsV1().Deployments("default").Get(t.Context(), "web", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("the Deployment is there: %v", err)
	}
}
