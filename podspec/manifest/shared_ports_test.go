package manifest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestContainersThatDeclareTheSamePortAreNamed(t *testing.T) { // (S16.15)
	const text = `apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      initContainers:
      - {name: init, image: i, ports: [{containerPort: 80, name: x}]}
      - name: side
        image: i
        restartPolicy: Always
        ports: [{containerPort: 80}]
      containers:
      - name: app
        image: i
        ports:
        - {containerPort: 80, hostPort: 8080}
        - {containerPort: 53, protocol: UDP}
      - name: dns
        image: i
        ports: [{containerPort: 53}]
`
	manifest, err := load(t, map[string]string{"d.yaml": text}, Options{}, "d.yaml")
	if err != nil {
		t.Fatal(err)
	}
	at := `: document 1 (Deployment "d"): spec.template.spec.`
	want := []string{
		`d.yaml:14` + at + `initContainers[1].ports[0]: duplicate port definition with spec.template.spec.initContainers[0].ports[0]`,
		`d.yaml:19` + at + `containers[0].ports[0]: overlapping port definition with spec.template.spec.initContainers[0].ports[0]`,
		`d.yaml:19` + at + `containers[0].ports[0]: overlapping port definition with spec.template.spec.initContainers[1].ports[0]`,
		`d.yaml:19` + at + `containers[0].ports[0]: containers side and app both declare port 80/TCP; the containers of a pod share its network, and only one of them can listen there`,
	}
	if diff := cmp.Diff(want, manifest.Warnings.Lines()); diff != "" {
		t.Error(diff)
	}
}
