package validate

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/podsim/podsim/cmd/podsim/exit"
)

const (
	plainPod     = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers: [{name: c, image: i}]\n"
	badPod       = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers: []\n"
	gitPod       = plainPod + "  volumes: [{name: v, gitRepo: {repository: r}}]\n"
	scheduledPod = plainPod + "  nodeSelector: {disk: fast}\n"
	doubtfulPod  = plainPod + "  hostAliases: [{ip: 10.0.0.1}, {ip: 10.0.0.1}]\n"
	budget       = "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web}\n"
	deployment   = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {a: b}}\n" +
		"  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i, securityContext: {privileged: true}}]}}\n"
	careful = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}\n" +
		"  containers: [{name: c, image: i, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]\n"
)

// run validates a text as the file pod.yaml.
func run(t *testing.T, text string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile(filepath.Join(".", "pod.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	streams, _, out, errOut := genericiooptions.NewTestIOStreams()
	namespace := ""
	cmd := NewCommand(&namespace, streams)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args)
	code, words := 0, ""
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		code, words = exit.Report(err)
	}
	return code, out.String(), errOut.String() + words
}

func TestExitCodes(t *testing.T) {
	cases := []struct {
		name, text, args string
		code             int
		stdout, stderr   string // what is in them; "" means nothing
	}{
		{"valid", plainPod, "pod.yaml", 0, "pod/web is valid (pod security: baseline)\n", ""},
		{"a server would refuse it", badPod, "pod.yaml", 1, "", `pod.yaml:5: document 1 (Pod "web"): spec.containers: Required value`},
		{"no file", plainPod, "nope.yaml", 2, "", "nope.yaml: no such file or directory"},
		{"no YAML", "{", "pod.yaml", 2, "", "pod.yaml:1: document 1: yaml: did not find expected node content"},
		{"one bad, one not there", badPod, "pod.yaml nope.yaml", 2, "", "nope.yaml: no such file or directory"},
		{"what podsim cannot run is valid", gitPod, "pod.yaml", 0, "pod/web is valid", "Warning: pod.yaml:6: document 1 (Pod \"web\"): spec.volumes[0].gitRepo: Forbidden: podsim does not support gitRepo volumes yet"},
		{"what podsim cannot run, strictly", gitPod, "--strict pod.yaml", 1, "", "podsim does not support gitRepo volumes yet"},
		{"a field without effect is valid", scheduledPod, "pod.yaml", 0, "pod/web is valid", "Warning: pod.yaml:6: document 1 (Pod \"web\"): without effect on a single machine: spec.nodeSelector"},
		{"a field without effect, strictly", scheduledPod, "--strict pod.yaml", 1, "", "without effect on a single machine: spec.nodeSelector"},
		{"what a server only warns of, strictly", doubtfulPod, "--strict pod.yaml", 0, "pod/web is valid", "Warning: "},
		{"a kind without use, strictly", plainPod + budget, "--strict pod.yaml", 0, "pod/web is valid", "Warning: "},
		{"a workload", deployment, "pod.yaml", 0, "deployment.apps/web is valid (pod security: privileged)\n", ""},
		{"a standard that is met", careful, "--pod-security=restricted pod.yaml", 0, "pod/web is valid (pod security: restricted)\n", ""},
		{"a standard that is not met", deployment, "--pod-security=baseline pod.yaml", 1, "", `pod.yaml:1: document 1 (Deployment "web"): violates PodSecurity "baseline:v1.37": ` +
			`privileged (container "c" must not set securityContext.privileged=true)`},
		{"a standard that there is not", plainPod, "--pod-security=none pod.yaml", 1, "", "--pod-security must be privileged, baseline or restricted"},
		{"no input", plainPod, "", 1, "", "name a file, a directory or a URL"},
		{"a form that there is not", plainPod, "-o yaml pod.yaml", 1, "", "--output must be 'json'"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := run(t, c.text, strings.Fields(c.args)...)
			if code != c.code {
				t.Errorf("exit %d, want %d", code, c.code)
			}
			for _, stream := range []struct{ got, want string }{{stdout, c.stdout}, {stderr, c.stderr}} {
				if !strings.Contains(stream.got, stream.want) || stream.want == "" && stream.got != "" {
					t.Errorf("got %q, want %q", stream.got, stream.want)
				}
			}
		})
	}
}

func TestTheReportHasThePathsOfWarningsToo(t *testing.T) {
	_, stdout, _ := run(t, scheduledPod, "-o", "json", "pod.yaml")
	if !strings.Contains(stdout, `"path": "spec.nodeSelector"`) {
		t.Error(stdout)
	}
}

func TestReportOfWhatIsWrong(t *testing.T) {
	code, stdout, stderr := run(t, plainPod+"---\n"+badPod, "-o", "json", "pod.yaml")
	if code != 1 || stderr != "" {
		t.Errorf("exit %d, %q", code, stderr)
	}
	const want = `{
  "valid": false,
  "problems": [
    {
      "source": "pod.yaml",
      "document": 2,
      "line": 11,
      "kind": "Pod",
      "name": "web",
      "path": "spec.containers",
      "reason": "Invalid",
      "message": "Required value"
    },
    {
      "source": "pod.yaml",
      "document": 2,
      "line": 9,
      "kind": "Pod",
      "name": "web",
      "path": "metadata.name",
      "reason": "Invalid",
      "message": "metadata.name: given twice, first at pod.yaml:3: document 1 (Pod \"web\")"
    }
  ],
  "warnings": [],
  "objects": []
}
`
	if diff := cmp.Diff(want, stdout); diff != "" {
		t.Error(diff)
	}
}

func TestReportOfWhatIsValid(t *testing.T) {
	code, stdout, _ := run(t, deployment+"  replicas: 0\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: other}\n", "-o", "json", "pod.yaml")
	if code != 0 {
		t.Errorf("exit %d", code)
	}
	const want = `{
  "valid": true,
  "problems": [],
  "warnings": [
    {
      "source": "pod.yaml",
      "document": 1,
      "line": 1,
      "kind": "Deployment",
      "name": "web",
      "reason": "Unused",
      "message": "spec.replicas is 0: no pod is made of it unless --replicas says how many"
    }
  ],
  "objects": [
    {
      "apiVersion": "apps/v1",
      "kind": "Deployment",
      "namespace": "default",
      "name": "web",
      "podSecurity": {
        "level": "privileged",
        "violations": [
`
	if !strings.HasPrefix(stdout, want) {
		t.Error(cmp.Diff(want, stdout))
	}
	for _, part := range []string{
		`"level": "baseline",
            "reason": "privileged",
            "detail": "container \"c\" must not set securityContext.privileged=true"`,
		`"level": "restricted",
            "reason": "runAsNonRoot != true",`,
		`    {
      "apiVersion": "v1",
      "kind": "ConfigMap",
      "namespace": "other",
      "name": "settings"
    }
  ]
}
`} {
		if !strings.Contains(stdout, part) {
			t.Errorf("no %s in\n%s", part, stdout)
		}
	}
}
