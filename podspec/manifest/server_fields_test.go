package manifest

import (
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
	const refused = "podsim does not support projected volumes yet"
	cases := []struct{ name, volume, path, sources, wantErr string }{
		{"what a cluster adds", name, serviceAccountPath, all, ""},
		{"a token alone", name, serviceAccountPath, "[" + token + "]", ""},
		{"a mount at another path", name, "/token", all, refused},
		{"a volume of another name", "kube-api-access-x7k2", serviceAccountPath, all, refused},
		{"a volume with a secret beside the token", name, serviceAccountPath, "[" + token + ", " + secret + "]", refused},
		{"a volume without a token", name, serviceAccountPath, "[" + ca + "]", refused},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			manifest, err := loadText(t, strings.NewReplacer("%NAME%", c.volume, "%PATH%", c.path, "%SOURCES%", c.sources).Replace(printedPod))
			if c.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), c.wantErr) {
					t.Errorf("got %v, want %s", err, c.wantErr)
				}
				return
			}
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
			if diff := cmp.Diff([]string{"data", "/data"}, left); diff != "" {
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
