package workload

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"github.com/podsim/podsim/podspec/defaults"
)

// read decodes a manifest of testdata and fills in what its server would.
func read[T metav1.Object](t *testing.T, name string, object T, setDefaults func(T)) T {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, string(text), object, setDefaults)
}

func parse[T metav1.Object](t *testing.T, text string, object T, setDefaults func(T)) T {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(text), object); err != nil {
		t.Fatal(err)
	}
	if object.GetNamespace() == "" {
		object.SetNamespace("default")
	}
	object.SetUID("u")
	setDefaults(object)
	return object
}

func podNames(made Made) []string {
	var names []string
	for _, pod := range made.Pods {
		names = append(names, pod.Name)
	}
	return names
}

func isOwnedBy(pod *corev1.Pod, apiVersion, kind, name string, uid types.UID) bool {
	yes := true
	want := metav1.OwnerReference{APIVersion: apiVersion, Kind: kind, Name: name, UID: uid, Controller: &yes, BlockOwnerDeletion: &yes}
	return cmp.Equal([]metav1.OwnerReference{want}, pod.OwnerReferences)
}

// The hashes of this file are those that the code of a controller manager v1.37.2 computes.

func TestADeploymentsPodIsThatOfItsReplicaSet(t *testing.T) {
	d := read(t, "web.yaml", &appsv1.Deployment{}, defaults.Deployment)
	made := Make(d, 0)
	if len(made.Pods) != 1 || made.NoPods != "" {
		t.Fatalf("%d pods, %q", len(made.Pods), made.NoPods)
	}
	pod := made.Pods[0]
	if !strings.HasPrefix(pod.Name, "web-99b4695dd-") || len(pod.Name) != len("web-99b4695dd-12345") || pod.GenerateName != "web-99b4695dd-" {
		t.Errorf("name %s, generateName %s", pod.Name, pod.GenerateName)
	}
	if diff := cmp.Diff(map[string]string{"app": "web", "pod-template-hash": "99b4695dd"}, pod.Labels); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"note": "hello"}, pod.Annotations); diff != "" {
		t.Error(diff)
	}
	if !isOwnedBy(pod, "apps/v1", "ReplicaSet", "web-99b4695dd", made.Owner) {
		t.Errorf("owners %v", pod.OwnerReferences)
	}
	if diff := cmp.Diff(d.Spec.Template.Spec, pod.Spec); diff != "" {
		t.Error(diff)
	}
}

func TestTheOwnerOfADeploymentsPodsOutlivesAChangeOfTheTemplate(t *testing.T) {
	d := read(t, "web.yaml", &appsv1.Deployment{}, defaults.Deployment)
	before := Make(d, 0)
	d.Spec.Template.Spec.Containers[0].Image = "nginx:1.28"
	after := Make(d, 0)
	if before.Owner != after.Owner || before.Owner == "" {
		t.Errorf("owner %q, then %q", before.Owner, after.Owner)
	}
	if before.Pods[0].Name == after.Pods[0].Name {
		t.Errorf("both pods are %s", before.Pods[0].Name)
	}
}

func TestNumberOfPods(t *testing.T) {
	const job = "{spec: {completions: 2, parallelism: 5, template: {}}}"
	cases := []struct {
		name   string
		object metav1.Object
		asked  int
		want   int
		noPods string
	}{
		{"one, however many there would be", &appsv1.Deployment{Spec: appsv1.DeploymentSpec{Replicas: ptr.To(int32(3))}}, 0, 1, ""},
		{"as many as asked for", &appsv1.ReplicaSet{Spec: appsv1.ReplicaSetSpec{Replicas: ptr.To(int32(3))}}, 2, 2, ""},
		{"none of what is scaled to 0", &appsv1.Deployment{Spec: appsv1.DeploymentSpec{Replicas: ptr.To(int32(0))}}, 0, 0, "spec.replicas is 0"},
		{"some of what is scaled to 0, when asked for", &appsv1.Deployment{Spec: appsv1.DeploymentSpec{Replicas: ptr.To(int32(0))}}, 1, 1, ""},
		{"one of a DaemonSet, as there is one node", &appsv1.DaemonSet{}, 3, 1, ""},
		{"of a Job, no more than its completions", parse(t, job, &batchv1.Job{}, defaults.Job), 3, 2, ""},
		{"of a Job without completions, as many as asked for", parse(t, "{spec: {parallelism: 2, template: {}}}", &batchv1.Job{}, defaults.Job), 3, 3, ""},
		{"none of a suspended Job", parse(t, "{spec: {suspend: true, template: {}}}", &batchv1.Job{}, defaults.Job), 0, 0, "spec.suspend is true"},
		{"one of a suspended Job, when asked for", parse(t, "{spec: {suspend: true, template: {}}}", &batchv1.Job{}, defaults.Job), 1, 1, ""},
		{"none of a Job that has nothing to do", parse(t, "{spec: {completions: 0, template: {}}}", &batchv1.Job{}, defaults.Job), 1, 0, "spec.completions is 0"},
		{"none of a Job that may not work", parse(t, "{spec: {parallelism: 0, template: {}}}", &batchv1.Job{}, defaults.Job), 0, 0, "spec.parallelism is 0"},
		{"one of a suspended CronJob, as when it is run by hand", parse(t, "{metadata: {name: c}, spec: {suspend: true, jobTemplate: {}}}", &batchv1.CronJob{}, defaults.CronJob), 0, 1, ""},
		{"none of a Pod", &corev1.Pod{}, 1, 0, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			made := Make(c.object, c.asked)
			if len(made.Pods) != c.want || made.NoPods != c.noPods {
				t.Errorf("%d pods, %q; want %d, %q", len(made.Pods), made.NoPods, c.want, c.noPods)
			}
		})
	}
}

func TestPodsOfOneControllerHaveDifferentNamesThatStay(t *testing.T) {
	d := read(t, "web.yaml", &appsv1.Deployment{}, defaults.Deployment)
	first := podNames(Make(d, 50))
	seen := map[string]bool{}
	for _, name := range first {
		seen[name] = true
	}
	if len(seen) != 50 {
		t.Errorf("%d names of 50", len(seen))
	}
	if diff := cmp.Diff(first, podNames(Make(d, 50))); diff != "" {
		t.Error(diff)
	}
}

func TestAStatefulSetsPodsHaveAnIdentityEach(t *testing.T) {
	set := read(t, "db.yaml", &appsv1.StatefulSet{}, defaults.StatefulSet)
	made := Make(set, 2)
	if diff := cmp.Diff([]string{"db-2", "db-3"}, podNames(made)); diff != "" {
		t.Fatal(diff)
	}
	pod := made.Pods[1]
	if pod.Spec.Hostname != "db-3" || pod.Spec.Subdomain != "db-headless" || !isOwnedBy(pod, "apps/v1", "StatefulSet", "db", "u") {
		t.Errorf("host name %s, subdomain %s, owners %v", pod.Spec.Hostname, pod.Spec.Subdomain, pod.OwnerReferences)
	}
	labels := map[string]string{
		"app": "db", "statefulset.kubernetes.io/pod-name": "db-3", "apps.kubernetes.io/pod-index": "3", "controller-revision-hash": "db-fc97595dd",
	}
	if diff := cmp.Diff(labels, pod.Labels); diff != "" {
		t.Error(diff)
	}
	var volumes []string
	for _, v := range pod.Spec.Volumes {
		volumes = append(volumes, v.Name)
	}
	if diff := cmp.Diff([]string{"data", "conf"}, volumes); diff != "" {
		t.Error(diff)
	}
	if claim := pod.Spec.Volumes[0].PersistentVolumeClaim; claim == nil || claim.ClaimName != "data-db-3" {
		t.Errorf("the volume data is %v", pod.Spec.Volumes[0].VolumeSource)
	}
	if len(made.Claims) != 2 || made.Claims[1].Name != "data-db-3" || made.Claims[1].Namespace != "default" {
		t.Fatalf("claims %v", made.Claims)
	}
	if diff := cmp.Diff(map[string]string{"tier": "disk", "app": "db"}, made.Claims[1].Labels); diff != "" {
		t.Error(diff)
	}
}

func TestADaemonSetsPodToleratesTroubleOfItsNode(t *testing.T) {
	made := Make(read(t, "shipper.yaml", &appsv1.DaemonSet{}, defaults.DaemonSet), 0)
	pod := made.Pods[0]
	labels := map[string]string{"app": "shipper", "controller-revision-hash": "68989ddd79", "pod-template-generation": "1"}
	if diff := cmp.Diff(labels, pod.Labels); diff != "" {
		t.Error(diff)
	}
	if !strings.HasPrefix(pod.Name, "shipper-") || pod.Namespace != "logging" || !isOwnedBy(pod, "apps/v1", "DaemonSet", "shipper", "u") {
		t.Errorf("%s/%s, owners %v", pod.Namespace, pod.Name, pod.OwnerReferences)
	}
	var tolerated []string
	for _, toleration := range pod.Spec.Tolerations {
		if toleration.TolerationSeconds != nil {
			t.Errorf("%s is tolerated for a time only", toleration.Key)
		}
		tolerated = append(tolerated, toleration.Key)
	}
	want := []string{
		"node.kubernetes.io/not-ready", "dedicated", "node.kubernetes.io/unreachable", "node.kubernetes.io/disk-pressure",
		"node.kubernetes.io/memory-pressure", "node.kubernetes.io/pid-pressure", "node.kubernetes.io/unschedulable",
	}
	if diff := cmp.Diff(want, tolerated); diff != "" {
		t.Error(diff)
	}
}

func TestAnIndexedJobsPodsKnowTheirIndexes(t *testing.T) {
	job := parse(t, `
metadata: {name: crawl}
spec:
  completions: 3
  completionMode: Indexed
  backoffLimitPerIndex: 1
  template:
    spec:
      restartPolicy: Never
      initContainers: [{name: i, image: i}]
      containers: [{name: a, image: i}, {name: b, image: i, env: [{name: JOB_COMPLETION_INDEX, value: mine}]}]
`, &batchv1.Job{}, defaults.Job)
	made := Make(job, 2)
	pod := made.Pods[1]
	if pod.GenerateName != "crawl-1-" || !strings.HasPrefix(pod.Name, "crawl-1-") || pod.Spec.Hostname != "crawl-1" || !isOwnedBy(pod, "batch/v1", "Job", "crawl", "u") {
		t.Errorf("name %s, generateName %s, host name %s, owners %v", pod.Name, pod.GenerateName, pod.Spec.Hostname, pod.OwnerReferences)
	}
	labels := map[string]string{
		"batch.kubernetes.io/job-completion-index": "1",
		"batch.kubernetes.io/job-name":             "crawl", "job-name": "crawl",
		"batch.kubernetes.io/controller-uid": "u", "controller-uid": "u",
	}
	if diff := cmp.Diff(labels, pod.Labels); diff != "" {
		t.Error(diff)
	}
	annotations := map[string]string{"batch.kubernetes.io/job-completion-index": "1", "batch.kubernetes.io/job-index-failure-count": "0"}
	if diff := cmp.Diff(annotations, pod.Annotations); diff != "" {
		t.Error(diff)
	}
	index := []corev1.EnvVar{{Name: "JOB_COMPLETION_INDEX", ValueFrom: &corev1.EnvVarSource{
		FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.labels['batch.kubernetes.io/job-completion-index']"}}}}
	for _, c := range []corev1.Container{pod.Spec.InitContainers[0], pod.Spec.Containers[0]} {
		if diff := cmp.Diff(index, c.Env); diff != "" {
			t.Errorf("%s: %s", c.Name, diff)
		}
	}
	if env := pod.Spec.Containers[1].Env; len(env) != 1 || env[0].Value != "mine" {
		t.Errorf("the variable of b is %v", env)
	}
}

func TestACronJobsPodIsThatOfOneRun(t *testing.T) {
	cron := parse(t, `
metadata: {name: nightly}
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    metadata: {labels: {of: job}}
    spec:
      template:
        metadata: {labels: {of: pod}}
        spec: {restartPolicy: OnFailure, containers: [{name: a, image: i}]}
`, &batchv1.CronJob{}, defaults.CronJob)
	made := Make(cron, 0)
	pod := made.Pods[0]
	job := pod.Labels["job-name"]
	if digits, ok := strings.CutPrefix(job, "nightly-"); !ok || len(digits) != 8 || strings.Trim(digits, "0123456789") != "" {
		t.Errorf("the job is %q", job)
	}
	if pod.Labels["of"] != "pod" || !strings.HasPrefix(pod.Name, job+"-") || !isOwnedBy(pod, "batch/v1", "Job", job, made.Owner) {
		t.Errorf("name %s, labels %v, owners %v", pod.Name, pod.Labels, pod.OwnerReferences)
	}
}

func TestLongNamesAreCutAsAClusterCutsThem(t *testing.T) {
	long := strings.Repeat("x", 253)
	pod := Make(&appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: long}}, 0).Pods[0]
	if len(pod.Name) != 63 || pod.GenerateName != long {
		t.Errorf("name %s, generateName %s", pod.Name, pod.GenerateName)
	}
	job := parse(t, "{metadata: {name: "+long[:100]+"}, spec: {completionMode: Indexed, completions: 1, template: {}}}", &batchv1.Job{}, defaults.Job)
	if pod := Make(job, 0).Pods[0]; !strings.HasPrefix(pod.Name, long[:55]+"-0-") || len(pod.Name) != 63 {
		t.Errorf("name %s", pod.Name)
	}
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: long}}
	if owner := Make(d, 0).Pods[0].OwnerReferences[0].Name; len(owner) != 253 {
		t.Errorf("the ReplicaSet's name has %d characters", len(owner))
	}
}
