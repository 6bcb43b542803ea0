package manifest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// printedPod is a pod as kubectl get -o yaml prints it on a cluster; the words between % signs are left open.
const printedPod = `apiVersion: v1
kind: Pod
metadata:
  creationTimestamp: "2026-01-01T00:00:00Z"
  name: web
  namespace: default
  resourceVersion: "12"
  uid: 5a1e
spec:
  containers:
  - image: busybox:1.36
    name: a
    volumeMounts:
    - {mountPath: /data, name: data}
    - {mountPath: %PATH%, name: %NAME%, readOnly: true}
  initContainers:
  - image: busybox:1.36
    name: i
    volumeMounts:
    - {mountPath: /var/run/secrets/kubernetes.io/serviceaccount, name: %NAME%, readOnly: true}
  nodeName: worker-1
  tolerations:
  - {effect: NoExecute, key: node.kubernetes.io/not-ready, operator: Exists, tolerationSeconds: 300}
  volumes:
  - emptyDir: {}
    name: data
  - name: %NAME%
    projected:
      defaultMode: 420
      sources: %SOURCES%
status:
  phase: Running
`

func TestCredentialsThatAdmissionAddedAreDropped(t *testing.T) { // (S1.3)
	const (
		token  = "{serviceAccountToken: {expirationSeconds: 3607, path: token}}"
		ca     = "{configMap: {items: [{key: ca.crt, path: ca.crt}], name: kube-root-ca.crt}}"
		space  = "{downwardAPI: {items: [{fieldRef: {apiVersion: v1, fieldPath: metadata.namespace}, path: namespace}]}}"
		secret = "{secret: {name: s}}"
		all    = "[" + token + ", " + ca + ", " + space + "]"
		name   = "kube-api-access-x7k2p"
	)
	cases := []struct {
		name, volume, path, sources string
		isOwn                       bool // the manifest's author wanted it
	}{
		{"what a cluster adds", name, serviceAccountPath, all, false},
		{"a token alone", name, serviceAccountPath, "[" + token + "]", false},
		{"a mount at another path", name, "/token", all, true},
		{"a volume of another name", "kube-api-access-x7k2", serviceAccountPath, all, true},
		{"a volume with a secret beside the token", name, serviceAccountPath, "[" + token + ", " + secret + "]", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			manifest, err := loadText(t, strings.NewReplacer("%NAME%", c.volume, "%PATH%", c.path, "%SOURCES%", c.sources).Replace(printedPod))
			if err != nil {
				t.Fatal(err)
			}
			spec := manifest.Pods[0].Spec
			var left []string
			for _, v := range spec.Volumes {
				left = append(left, v.Name)
			}
			for _, list := range mountLists(&spec) {
				for _, m := range *list {
					left = append(left, m.MountPath)
				}
			}
			want := []string{"data", "/data"}
			if c.isOwn {
				want = []string{"data", c.volume, serviceAccountPath, "/data", c.path}
			}
			slices.Sort(want)
			slices.Sort(left)
			if diff := cmp.Diff(want, left); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestUnmountedCredentialsThatAdmissionAddedAreDropped(t *testing.T) { // (S1.3)
	manifest, err := loadText(t, strings.Replace(minimalPod, "{containers",
		"{volumes: [{name: kube-api-access-bcdfg, projected: {sources: [{serviceAccountToken: {path: token}}]}}], containers", 1))
	if err != nil {
		t.Fatal(err)
	}
	if volumes := manifest.Pods[0].Spec.Volumes; len(volumes) != 0 {
		t.Errorf("left: %v", volumes)
	}
}

func TestTheSelectorThatAServerGaveAJobIsDropped(t *testing.T) {
	const printedJob = `apiVersion: batch/v1
kind: Job
metadata: {name: pi, uid: 5f4c}
spec:
  manualSelector: MANUAL
  selector: {matchLabels: {batch.kubernetes.io/controller-uid: UID}}
  template:
    metadata:
      labels: {app: pi, batch.kubernetes.io/controller-uid: UID, batch.kubernetes.io/job-name: pi, controller-uid: UID, job-name: pi}
    spec: {restartPolicy: Never, containers: [{name: c, image: i}]}
`
	for _, c := range []struct{ name, manual, uid, want string }{
		{"as a server made it", "false", "5f4c", ""},
		{"of another Job", "false", "ab12", "`selector` not auto-generated"},
		{"as somebody wrote it", "true", "5f4c", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			contents, err := loadText(t, strings.NewReplacer("MANUAL", c.manual, "UID", c.uid).Replace(printedJob))
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want %s", err, c.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			kept := contents.Pods[0].Labels["controller-uid"] == c.uid
			if kept != (c.manual == "true") || contents.Pods[0].Labels["app"] != "pi" {
				t.Errorf("labels %v", contents.Pods[0].Labels)
			}
		})
	}
}

func TestTheAddressesThatAClusterGaveAServiceAreDropped(t *testing.T) {
	for name, c := range map[string]struct{ metadata, spec, want string }{
		"of a cluster":             {"{name: s, uid: 5a1e}", "clusterIP: 10.43.7.1, clusterIPs: [10.43.7.1]", "[] 0"},
		"without one in a cluster": {"{name: s, uid: 5a1e}", "clusterIP: None, clusterIPs: [None]", "None[None] 0"},
		"as somebody wrote it":     {"{name: s}", "clusterIP: 10.96.7.1", "10.96.7.1[] 30080"},
	} {
		t.Run(name, func(t *testing.T) {
			text := "{apiVersion: v1, kind: Service, metadata: " + c.metadata + ", spec: {" + c.spec + ", type: NodePort, ports: [{port: 80, nodePort: 30080}]}}"
			if strings.Contains(c.spec, "None") {
				text = strings.Replace(text, "type: NodePort, ", "", 1)
			}
			loaded, err := Load(t.Context(), []string{"-"}, Options{Stdin: strings.NewReader(text), WithoutPod: true})
			if err != nil {
				t.Fatal(err)
			}
			spec := loaded.Services[0].Spec
			if got := fmt.Sprint(spec.ClusterIP, spec.ClusterIPs, " ", spec.Ports[0].NodePort); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
