package manifest

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// loadStream loads a stream of testdata.
func loadStream(t *testing.T, name string, opts Options) *Contents {
	t.Helper()
	contents, err := Load(context.Background(), []string{filepath.Join("testdata", "streams", name)}, opts)
	if err != nil {
		t.Fatal(err)
	}
	return contents
}

// contentsOf names everything that was loaded; names with random ends are cut to what was not random.
func contentsOf(c *Contents) []string {
	var names []string
	for _, o := range c.Pods {
		name := o.Name
		if base, ok := strings.CutPrefix(name, o.GenerateName); ok && len(base) == 5 {
			name = o.GenerateName
		}
		names = append(names, "pod/"+minutes.ReplaceAllString(name, "-00000000-"))
	}
	for _, o := range c.ConfigMaps {
		names = append(names, "configmap/"+o.Name)
	}
	for _, o := range c.Secrets {
		names = append(names, "secret/"+o.Name)
	}
	for _, o := range c.Claims {
		names = append(names, "claim/"+o.Name)
	}
	for _, o := range c.Services {
		names = append(names, "service/"+o.Name)
	}
	for _, o := range c.Policy.Roles {
		names = append(names, "role/"+o.Name)
	}
	for _, o := range c.Policy.RoleBindings {
		names = append(names, "rolebinding/"+o.Name)
	}
	for _, o := range c.Policy.ClusterRoles {
		names = append(names, "clusterrole/"+o.Name)
	}
	for _, o := range c.Policy.ClusterRoleBindings {
		names = append(names, "clusterrolebinding/"+o.Name)
	}
	for _, w := range c.Workloads {
		names = append(names, strings.ToLower(w.Kind)+"/"+w.GetName())
	}
	return names
}

// minutes is the end of the name of a CronJob's Job.
var minutes = regexp.MustCompile(`-\d{8}-`)

// warnedOf are the objects of the warnings, without their places.
func warnedOf(warnings []string) []string {
	objects := map[string]bool{}
	for _, line := range warnings {
		_, object, _ := strings.Cut(line, " (")
		object, what, _ := strings.Cut(object, "): ")
		switch {
		case strings.HasPrefix(what, "accepted, but podsim has no use for"):
			objects["no use: "+object] = true
		case strings.HasPrefix(what, "skipped: "):
			objects["skipped: "+object] = true
		case strings.HasPrefix(what, "a hook of Helm"):
			objects["hook: "+object] = true
		}
	}
	return slices.Sorted(maps.Keys(objects))
}

func TestStreamsAsTheyCome(t *testing.T) {
	cases := []struct {
		file         string
		want, warned []string
	}{
		{"helm-web.yaml",
			[]string{"pod/release-web-7ff75fcdf6-", "pod/release-web-test-connection", "configmap/release-web-config", "secret/release-web", "service/release-web",
				"role/release-web", "rolebinding/release-web", "deployment/release-web"},
			[]string{`hook: Pod "release-web-test-connection"`, `no use: Ingress "release-web"`, `no use: NetworkPolicy "release-web"`,
				`no use: PodDisruptionBudget "release-web"`}},
		{"helm-operator.yaml",
			[]string{"pod/operator-0", "pod/agent-", "pod/migrate-", "pod/cleanup-00000000-", "claim/data-operator-0",
				"clusterrole/operator", "statefulset/operator", "daemonset/agent", "job/migrate", "cronjob/cleanup"},
			[]string{`hook: Job "migrate"`, `no use: Namespace "operators"`, `skipped: Backup "nightly"`,
				`skipped: CustomResourceDefinition "backups.example.com"`, `skipped: ServiceMonitor "operator"`}},
		{"kubectl-get.yaml", []string{"pod/web-7d4b8c9f6-"}, nil},
		{"kustomize.yaml", []string{"pod/index-0-", "configmap/settings-f4m2k7t9g6", "job/index"}, nil},
	}
	for _, c := range cases {
		t.Run(c.file, func(t *testing.T) {
			contents := loadStream(t, c.file, Options{})
			if diff := cmp.Diff(c.want, contentsOf(contents)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.warned, warnedOf(contents.Warnings.Lines())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCarriageReturnsAndAByteOrderMarkChangeNothing(t *testing.T) {
	for _, name := range []string{"helm-web.yaml", "helm-operator.yaml", "kubectl-get.yaml", "kustomize.yaml"} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("testdata", "streams", name))
			if err != nil {
				t.Fatal(err)
			}
			want := loadStream(t, name, Options{})
			got, err := load(t, map[string]string{"a.yaml": "\xef\xbb\xbf" + strings.ReplaceAll(string(text), "\n", "\r\n")}, Options{}, "a.yaml")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want.Pods, got.Pods); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatAClusterAddedToAPodIsNotWarnedOf(t *testing.T) {
	contents := loadStream(t, "kubectl-get.yaml", Options{})
	if len(contents.Warnings) > 0 {
		t.Errorf("warnings %q", contents.Warnings)
	}
	spec := contents.Pods[0].Spec
	if spec.NodeName != "" || len(spec.Tolerations) > 0 || len(spec.Volumes) > 0 || len(spec.Containers[0].VolumeMounts) > 0 {
		t.Errorf("node %q, tolerations %v, volumes %v", spec.NodeName, spec.Tolerations, spec.Volumes)
	}
}

func TestMorePodsOfAWorkloadOnRequest(t *testing.T) {
	contents := loadStream(t, "helm-operator.yaml", Options{Replicas: 2})
	want := []string{"pod/operator-0", "pod/operator-1", "pod/agent-", "pod/migrate-", "pod/cleanup-00000000-",
		"claim/data-operator-0", "claim/data-operator-1", "clusterrole/operator", "statefulset/operator", "daemonset/agent", "job/migrate", "cronjob/cleanup"}
	if diff := cmp.Diff(want, contentsOf(contents)); diff != "" {
		t.Error(diff)
	}
	for _, w := range contents.Workloads {
		if !slices.ContainsFunc(contents.Pods, w.Owns) {
			t.Errorf("%s owns none of the pods", w)
		}
	}
}

func TestAWorkloadsPodIsAdmittedLikeAnyOther(t *testing.T) { // (S1.2)
	pod := loadStream(t, "helm-web.yaml", Options{}).Pods[0]
	if pod.Spec.EnableServiceLinks == nil || pod.Spec.Containers[0].ReadinessProbe != nil || pod.Spec.Containers[0].LivenessProbe.SuccessThreshold != 1 {
		t.Errorf("not defaulted: %v", pod.Spec)
	}
	const name63 = "a123456789b123456789c123456789d123456789e123456789f123456789g12"
	_, err := loadText(t, "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: "+name63+"}\nspec:\n  selector: {matchLabels: {a: b}}\n"+
		"  template:\n    metadata: {labels: {a: b}}\n    spec: {containers: [{name: c, image: i}]}\n")
	if err == nil || !strings.Contains(err.Error(), `pod.yaml:8: document 1 (StatefulSet "`+name63+`"): the pod "`+name63+`-0" that it makes: spec.hostname: Invalid value`) {
		t.Errorf("got %v", err)
	}
}

func TestProblemsOfWorkloads(t *testing.T) {
	deployment := func(more string) string {
		return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {a: b}}\n" + more
	}
	const good = "  template:\n    metadata: {labels: {a: b}}\n    spec:\n      containers:\n      - name: c\n        image: i\n"
	cases := []struct{ name, text, want string }{
		{"a mistake in a template", deployment(strings.Replace(good, "image: i", "image: ''", 1)),
			`pod.yaml:11: document 1 (Deployment "web"): spec.template.spec.containers[0].image: Required value`},
		{"a field that there is not", deployment(good + "        imagepullpolicy: Never\n"),
			`pod.yaml:12: document 1 (Deployment "web"): strict decoding error: unknown field "spec.template.spec.containers[0].imagepullpolicy", did you mean "imagePullPolicy"?`},
		{"what podsim cannot do", deployment(good + "      volumes:\n      - {name: v, gitRepo: {repository: r}}\n"),
			`pod.yaml:13: document 1 (Deployment "web"): spec.template.spec.volumes[0].gitRepo: Forbidden: podsim does not support gitRepo volumes yet`},
		{"an old version of a kind", strings.Replace(deployment(good), "apps/v1", "extensions/v1beta1", 1),
			`pod.yaml:2: document 1 (Deployment "web"): no matches for kind "Deployment" in version "extensions/v1beta1", did you mean Deployment of version "apps/v1"?`},
		{"an old version of a kind that is not run", "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: web}\n",
			`pod.yaml:2: document 1 (Ingress "web"): no matches for kind "Ingress" in version "extensions/v1beta1", did you mean Ingress of version "networking.k8s.io/v1"?`},
		{"an old version of a kind that is no more", "apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: web}\n",
			`pod.yaml:2: document 1 (PodSecurityPolicy "web"): no matches for kind "PodSecurityPolicy" in version "policy/v1beta1"`},
		{"a kind of the wrong group", strings.Replace(deployment(good), "apps/v1", "v1", 1),
			`pod.yaml:2: document 1 (Deployment "web"): no matches for kind "Deployment" in version "v1", did you mean Deployment of version "apps/v1"?`},
		{"nothing but what is not run", "apiVersion: v1\nkind: Namespace\nmetadata: {name: ns}\n---\napiVersion: example.com/v1\nkind: Backup\nmetadata: {name: b}\n",
			`pod.yaml: nothing to run: there is no Pod, and nothing of which one is made (the Namespace "ns" is not run, the Backup "b" is not run)`},
		{"nothing but what is scaled to 0", deployment(good + "  replicas: 0\n"),
			`pod.yaml: nothing to run: there is no Pod, and nothing of which one is made (of the Deployment "web" none is made: spec.replicas is 0)`},
		{"a mistake in what podsim has no use for", "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: s}\nautomount: false\n",
			`pod.yaml:4: document 1 (ServiceAccount "s"): strict decoding error: unknown field "automount"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := loadText(t, c.text)
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestWarningsOfATemplateNameItsPath(t *testing.T) {
	contents, err := loadText(t, "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec:\n  schedule: '@daily'\n  jobTemplate:\n    spec:\n"+
		"      template:\n        spec:\n          restartPolicy: Never\n          nodeSelector: {disk: fast}\n"+
		"          containers: [{name: c, image: i, env: [{name: A}, {name: A}]}]\n")
	if err != nil {
		t.Fatal(err)
	}
	const at = "spec.jobTemplate.spec.template.spec."
	want := []string{
		`pod.yaml:12: document 1 (CronJob "c"): ` + at + `containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply`,
		`pod.yaml:11: document 1 (CronJob "c"): without effect on a single machine: ` + at + `nodeSelector`,
	}
	if diff := cmp.Diff(want, contents.Warnings.Lines()); diff != "" {
		t.Error(diff)
	}
}

func TestAGenerateNameIsMadeANameThatStays(t *testing.T) {
	text := strings.Replace(minimalPod, "name: web", "generateName: web-", 1)
	first, err := loadText(t, text+"---\n"+text)
	if err != nil {
		t.Fatal(err)
	}
	again, err := loadText(t, text+"---\n"+text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(podNames(first), podNames(again)); diff != "" {
		t.Error(diff)
	}
	if first.Pods[0].Name == first.Pods[1].Name || len(first.Pods[0].Name) != len("web-12345") {
		t.Errorf("names %q", podNames(first))
	}
}
