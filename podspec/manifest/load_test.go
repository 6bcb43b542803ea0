package manifest

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/podsim/podsim/podspec"
)

const minimalPod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: a, image: busybox:1.36}]}\n"

// load writes files into an empty directory, goes there, and loads the inputs.
func load(t *testing.T, files map[string]string, opts Options, inputs ...string) (*Contents, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		if dir := filepath.Dir(name); dir != "." {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return Load(context.Background(), inputs, opts)
}

// loadText loads one file called pod.yaml.
func loadText(t *testing.T, text string) (*Contents, error) {
	t.Helper()
	return load(t, map[string]string{"pod.yaml": text}, Options{}, "pod.yaml")
}

func podNames(m *Contents) []string {
	var names []string
	for _, pod := range m.Pods {
		names = append(names, pod.Namespace+"/"+pod.Name)
	}
	return names
}

func namedPod(name string) string { return strings.Replace(minimalPod, "web", name, 1) }

func TestInputsOfAllKindsAreRead(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(namedPod("remote")))
	}))
	defer server.Close()
	files := map[string]string{
		"one.yaml":       namedPod("one"),
		"dir/b.json":     `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"b"},"spec":{"containers":[{"name":"a","image":"i"}]}}`,
		"dir/a.yml":      namedPod("a"),
		"dir/empty.yaml": "# nothing here\n",
		"dir/notes.txt":  "not a manifest",
		"dir/sub/x.yaml": namedPod("hidden"),
	}
	opts := Options{Stdin: strings.NewReader(namedPod("in"))}
	manifest, err := load(t, files, opts, "one.yaml", "dir", "-", server.URL+"/pod.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"default/one", "default/a", "default/b", "default/in", "default/remote"}
	if diff := cmp.Diff(want, podNames(manifest)); diff != "" {
		t.Error(diff)
	}
}

func TestManifestsAreToldByTheirNames(t *testing.T) {
	for name, want := range map[string]bool{
		"pod.yaml": true, "dir/pod.yml": true, "pod.json": true,
		"pod": false, "yaml": false, "pod.yaml.bak": false, "pod.txt": false, "": false,
	} {
		if got := IsManifestFile(name); got != want {
			t.Errorf("%q: got %v", name, got)
		}
	}
}

func TestDocumentsAreTakenFromAnyStream(t *testing.T) {
	item := "  metadata: {name: %}\n  spec: {containers: [{name: a, image: i}]}\n"
	named := func(text, name string) string { return strings.ReplaceAll(text, "%", name) }
	cases := []struct {
		name, text string
		want       []string
	}{
		{"several documents, some of them only comments", "---\n# a\n---\n" + namedPod("a") + "---\n\n--- # note\n" + namedPod("b") + "...\n", []string{"default/a", "default/b"}},
		{"a byte order mark and carriage returns", "\xef\xbb\xbf" + strings.ReplaceAll(namedPod("a"), "\n", "\r\n"), []string{"default/a"}},
		{"a directive", "%YAML 1.1\n---\n" + namedPod("a"), []string{"default/a"}},
		{"content on the line of the marker", "--- {apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: c, image: i}]}}\n", []string{"default/a"}},
		{"JSON values one after another, with tabs", "{\t\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\"},\"spec\":{\"containers\":[{\"name\":\"a\",\"image\":\"i\"}]}}\n" +
			`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"b"},"spec":{"containers":[{"name":"a","image":"i"}]}}`, []string{"default/a", "default/b"}},
		{"JSON values between markers and comments", "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\"},\"spec\":{\"containers\":[{\"name\":\"a\",\"image\":\"i\"}]}}\n# note\n---\n" + namedPod("b"),
			[]string{"default/a", "default/b"}},
		{"YAML that starts like JSON", "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: c, image: i}]}}", []string{"default/a"}},
		{"a List", "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n" + named(item, "a") + "- apiVersion: v1\n  kind: Pod\n" + named(item, "b"), []string{"default/a", "default/b"}},
		{"a PodList whose items do not say their kind", "apiVersion: v1\nkind: PodList\nitems:\n-" + named(item, "a")[1:], []string{"default/a"}},
		{"anchors and merged mappings", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - &base {name: a, image: i}\n  - {<<: *base, name: b}\n", []string{"default/a"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			manifest, err := loadText(t, c.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, podNames(manifest)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestProblemsNameTheirPlace(t *testing.T) {
	const label = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an " +
		"alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
	spec := "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n  - name: a\n    image: i\n"
	cases := []struct {
		name, text string
		want       []string
	}{
		{"an empty file", "", []string{`pod.yaml: no Kubernetes object: it is empty`}},
		{"only comments", "# a\n---\n# b\n", []string{`pod.yaml: no Kubernetes object: nothing but comments in it`}},
		{"YAML that does not parse", "# c\n---\na: b\n  c: d\n", []string{`pod.yaml:4: document 1: yaml: mapping values are not allowed in this context`}},
		{"a second flow mapping in a document", "{apiVersion: v1, kind: Pod}\n\n# note\n{apiVersion: v1\n", []string{
			`pod.yaml:4: document 1: text after the end of the object: between two documents a line --- is needed`}},
		{"text on the line of a flow mapping", "---\n{apiVersion: v1, kind: Pod} }\n", []string{
			`pod.yaml:2: document 1: text after the end of the object: between two documents a line --- is needed`}},
		{"a block that is indented less than the first", "  apiVersion: v1\nkind: Pod\n", []string{
			`pod.yaml:2: document 1: text after the end of the object: between two documents a line --- is needed`}},
		{"a second JSON value that does not parse", "{\"apiVersion\":\"v1\",\"kind\":\"List\"}\n{\"kind\": \"Pod\",\n \"spec\" {}}\n", []string{
			`pod.yaml:3: document 2: not JSON: invalid character '{' after object key`}},
		{"a second JSON value that is cut off", "{\"apiVersion\":\"v1\",\"kind\":\"List\"}\n\n{\"kind\":\n", []string{
			`pod.yaml:3: document 2: not JSON: unexpected EOF`}},
		{"text", "hello\n", []string{`pod.yaml:1: document 1: not a Kubernetes object: a mapping with apiVersion and kind is needed`}},
		{"no kind", "apiVersion: v1\n", []string{`pod.yaml:1: document 1: Object 'Kind' is missing`}},
		{"no apiVersion", "---\nkind: Pod\n", []string{`pod.yaml:2: document 1 (Pod): Object 'apiVersion' is missing`}},
		{"a number as apiVersion", "apiVersion: 1\nkind: Pod\n", []string{`pod.yaml:1: document 1: apiVersion: a string is needed`}},
		{"an unknown kind", "apiVersion: v1\nkind: Pood\nmetadata: {name: p}\n", []string{`pod.yaml:2: document 1 (Pood "p"): no matches for kind "Pood" in version "v1", did you mean Pod of version "v1"?`}},
		{"a kind of another group", "apiVersion: apps/v1\nkind: Pod\n", []string{`pod.yaml:2: document 1 (Pod): no matches for kind "Pod" in version "apps/v1", did you mean Pod of version "v1"?`}},
		{"a kind that is like none", "apiVersion: apps/v1\nkind: Zebra\n", []string{`pod.yaml:2: document 1 (Zebra): no matches for kind "Zebra" in version "apps/v1"`}},
		{"nothing to run", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n", []string{`pod.yaml: nothing to run: there is no Pod, and nothing of which one is made`}},
		{"unknown fields", spec + "    imagepullpolicy: Never\n    comand: [ls]\n    zzz: 1\n", []string{
			`pod.yaml:10: document 1 (Pod "web"): strict decoding error: unknown field "spec.containers[0].comand", did you mean "command"?`,
			`pod.yaml:9: document 1 (Pod "web"): strict decoding error: unknown field "spec.containers[0].imagepullpolicy", did you mean "imagePullPolicy"?`,
			`pod.yaml:11: document 1 (Pod "web"): strict decoding error: unknown field "spec.containers[0].zzz"`}},
		{"a missing field", strings.Replace(spec, "    image: i\n", "", 1), []string{`pod.yaml:7: document 1 (Pod "web"): spec.containers[0].image: Required value`}},
		{"errors in several documents", spec + "  restartPolicy: Maybe\n---\n" + strings.Replace(spec, "name: a", "name: A", 1), []string{
			`pod.yaml:9: document 1 (Pod "web"): spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always", "OnFailure", "Never"`,
			`pod.yaml:17: document 2 (Pod "web"): spec.containers[0].name: Invalid value: "A": ` + label,
			`pod.yaml:14: document 2 (Pod "web"): metadata.name: given twice, first at pod.yaml:4: document 1 (Pod "web")`}},
		{"an item of a List", "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: c\n    namespace: NS\n- null\n", []string{
			`pod.yaml:8: document 1, item 1 (ConfigMap "c"): metadata.namespace: Invalid value: "NS": ` + label,
			`pod.yaml:9: document 1, item 2: not a Kubernetes object: a mapping with apiVersion and kind is needed`}},
		{"a key with dots", spec + "    resources:\n      limits:\n        example.com/gpu: 500m\n", []string{
			`pod.yaml:11: document 1 (Pod "web"): spec.containers[0].resources.limits[example.com/gpu]: Invalid value: "500m": must be an integer`,
			`pod.yaml:9: document 1 (Pod "web"): spec.containers[0].resources.requests[example.com/gpu]: Invalid value: "500m": must be an integer`,
			`pod.yaml:11: document 1 (Pod "web"): spec.containers[0].resources.limits[example.com/gpu]: Forbidden: podsim has none to give out; ` +
				`in a cluster the pod would wait for a node that has. Take it out to run the pod without`}},
		{"what podsim cannot do", spec + "    volumeDevices:\n    - {name: v, devicePath: /d}\n  volumes:\n  - {name: v, persistentVolumeClaim: {claimName: c}}\n", []string{
			`pod.yaml:9: document 1 (Pod "web"): spec.containers[0].volumeDevices: Forbidden: podsim does not support volumeDevices yet`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := loadText(t, c.text)
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(c.want, strings.Split(err.Error(), "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestUnreadableSourcesAreToldApartFromInvalidOnes(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	cases := []struct {
		name, input, want   string
		unreadable, invalid bool
	}{
		{"a missing file", "nope.yaml", "nope.yaml: no such file or directory", true, false},
		{"an input without a name", "", `"": an empty name is no input`, true, false},
		{"a directory without manifests", "dir", "dir: no manifest in this directory: its files end in .yaml, .yml or .json, and subdirectories are not read", true, false},
		{"an address that answers with an error", server.URL, server.URL + ": fetching it: the server answered 404 Not Found", true, false},
		{"standard input that is not there", "-", "stdin: nothing is connected to it", true, false},
		{"a manifest that is no YAML", "broken.yaml", "broken.yaml:1: document 1: yaml: did not find expected node content", true, false},
		{"a manifest that is wrong", "bad.yaml", "bad.yaml:1: document 1: Object 'Kind' is missing", false, true},
		{"a manifest that podsim cannot run", "later.yaml", `later.yaml:1: document 1 (Pod "p"): spec.volumes[0].nfs: Forbidden: podsim does not support nfs volumes yet`, false, false},
	}
	files := map[string]string{
		"bad.yaml": "apiVersion: v1\n", "broken.yaml": "{", "dir/notes.txt": "x",
		"later.yaml": "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: a, image: i}], volumes: [{name: v, nfs: {server: s, path: /p}}]}}",
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := load(t, files, Options{}, c.input)
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
			var problems Problems
			if !errors.As(err, &problems) {
				t.Fatal("no Problems in the error")
			}
			if problems.Has(Unreadable) != c.unreadable || problems.Has(Invalid) != c.invalid {
				t.Errorf("unreadable %v, invalid %v", problems.Has(Unreadable), problems.Has(Invalid))
			}
			var problem *Problem
			if !errors.As(err, &problem) {
				t.Error("no *Problem in the error")
			}
		})
	}
	_, err := load(t, nil, Options{}, "nope.yaml")
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is not fs.ErrNotExist", err)
	}
}

func TestALargeDocumentIsRefused(t *testing.T) {
	_, err := loadText(t, minimalPod+"---\n# "+strings.Repeat("x", maxDocumentBytes)+"\n"+minimalPod)
	if err == nil || !strings.Contains(err.Error(), "larger than 10 MiB") {
		t.Errorf("got %v", err)
	}
}

func TestObjectsGetTheNamespaceOfTheLoad(t *testing.T) {
	inB := strings.Replace(minimalPod, "name: web", "name: web, namespace: b", 1)
	cases := []struct{ name, text, namespace, want, wantErr string }{
		{"none given at all", minimalPod, "", "default/web", ""},
		{"the load's", minimalPod, "a", "a/web", ""},
		{"the manifest's", inB, "", "b/web", ""},
		{"the same twice", inB, "b", "b/web", ""},
		{"two that differ", inB, "a", "", `pod.yaml:3: document 1 (Pod "web"): the namespace from the provided object "b" does not match the namespace "a". You must pass '--namespace=b' to perform this operation.`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			manifest, err := load(t, map[string]string{"pod.yaml": c.text}, Options{Namespace: c.namespace}, "pod.yaml")
			if c.wantErr != "" {
				if err == nil || err.Error() != c.wantErr {
					t.Errorf("got %v, want %s", err, c.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := podNames(manifest)[0]; got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestWhatAServerSetIsDropped(t *testing.T) {
	manifest, err := loadText(t, `
apiVersion: v1
kind: Pod
metadata:
  name: web
  uid: 5a1e
  resourceVersion: "12"
  generation: 3
  creationTimestamp: "2026-01-01T00:00:00Z"
  managedFields: [{manager: kubectl, operation: Update}]
spec:
  containers: [{name: a, image: i}]
status: {phase: Running, podIP: 10.0.0.1}
`)
	if err != nil {
		t.Fatal(err)
	}
	pod := manifest.Pods[0]
	if pod.UID != "" || pod.ResourceVersion != "" || pod.Generation != 0 || !pod.CreationTimestamp.IsZero() || pod.ManagedFields != nil || pod.Status.Phase != "" {
		t.Errorf("left: %+v %+v", pod.ObjectMeta, pod.Status)
	}
}

func TestObjectsBesideThePodAreDefaultedToo(t *testing.T) {
	manifest, err := load(t, map[string]string{"all.yaml": `
apiVersion: v1
kind: Secret
metadata: {name: s}
data: {a: YQ==, b: Yg==}
stringData: {b: plain}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: p}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
data: {k: v}
`}, Options{WithoutPod: true}, "all.yaml")
	if err != nil {
		t.Fatal(err)
	}
	secret, claim := manifest.Secrets[0], manifest.Claims[0]
	if secret.Type != "Opaque" || secret.StringData != nil || string(secret.Data["a"]) != "a" || string(secret.Data["b"]) != "plain" {
		t.Errorf("secret %+v", secret)
	}
	if *claim.Spec.VolumeMode != "Filesystem" || claim.Status.Phase != "Pending" {
		t.Errorf("claim %+v", claim)
	}
	if manifest.ConfigMaps[0].Data["k"] != "v" || manifest.ConfigMaps[0].Kind != "ConfigMap" {
		t.Errorf("config map %+v", manifest.ConfigMaps[0])
	}
}

func TestWarningsSayWhatHasNoEffect(t *testing.T) {
	manifest, err := loadText(t, `apiVersion: v1
kind: Pod
metadata:
  name: a.b
spec:
  nodeSelector: {disk: ssd}
  containers:
  - name: a
    image: i
    image: busybox
    env:
    - {name: A, value: "1"}
    - {name: A, value: "2"}
    - {name: A, value: "$(A)3"}
    ports:
    - containerPort: 80
    - containerPort: 80
  tolerations:
  - operator: Exists
  hostAliases:
  - {ip: 1.1.1.1, hostnames: [a]}
  - {ip: 1.1.1.1, hostnames: [b]}
`)
	if err != nil {
		t.Fatal(err)
	}
	at := `: document 1 (Pod "a.b"): `
	want := []string{
		`pod.yaml:10: document 1: spec.containers[0].image: given more than once, the last one counts`,
		`pod.yaml:4` + at + `metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]`,
		`pod.yaml:22` + at + `spec.hostAliases[1].ip: duplicate ip "1.1.1.1"`,
		`pod.yaml:13` + at + `spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply`,
		`pod.yaml:17` + at + `spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]`,
		`pod.yaml:6` + at + `without effect on a single machine: spec.nodeSelector, spec.tolerations`,
	}
	if diff := cmp.Diff(want, manifest.Warnings.Lines()); diff != "" {
		t.Error(diff)
	}
}

func TestFieldsOfFeaturesThatAreOffAreNamedAndDropped(t *testing.T) { // (S0.9)
	const text = `apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  os: {name: linux}
  containers:
  - name: a
    image: i
    lifecycle: {stopSignal: SIGINT}
    livenessProbe: {httpGet: {port: 1, protocol: HTTP2}}
    readinessProbe: {httpGet: {port: 1, protocol: HTTP2}}
`
	manifest, err := load(t, map[string]string{"pod.yaml": text}, Options{FeatureGates: podspec.FeatureGates{podspec.ContainerStopSignals: true}}, "pod.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c := manifest.Pods[0].Spec.Containers[0]
	if c.Lifecycle == nil || *c.Lifecycle.StopSignal != "SIGINT" || c.LivenessProbe.HTTPGet.Protocol != nil {
		t.Errorf("got %+v and %+v", c.Lifecycle, c.LivenessProbe.HTTPGet)
	}
	want := []string{`pod.yaml:10: document 1 (Pod "p"): without effect while the feature gate H2CContainerProbe is off: ` +
		`spec.containers[0].livenessProbe.httpGet.protocol, spec.containers[0].readinessProbe.httpGet.protocol`}
	if diff := cmp.Diff(want, manifest.Warnings.Lines()); diff != "" {
		t.Error(diff)
	}
}

func TestACancelledLoadEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Load(ctx, []string{"pod.yaml"}, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
