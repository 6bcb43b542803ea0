package admission

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/podspec/spectest"
	"github.com/podsim/podsim/runtime/engine"
)

func TestNetworksAndPortsThatAreElsewhere(t *testing.T) {
	const published = "{containers: [{name: c, image: i, ports: [{containerPort: 80, hostPort: 8080}]}]}"
	at := func(host string) engine.Facts { f := plain; f.Host = host; return f }
	desktop, rootless := plain, plain
	desktop.Desktop, rootless.Rootless = true, true
	for _, row := range []struct {
		name, spec, joins string
		facts             engine.Facts
		want              []string
	}{
		{"a port here", published, "", at("unix:///var/run/docker.sock"), nil},
		{"of an engine on the loopback", published, "", at("tcp://127.0.0.1:2375"), nil},
		{"of an engine elsewhere", published, "", at("tcp://build.example:2376"), []string{
			"spec.containers[0].ports[0].hostPort: published on the engine's machine, tcp://build.example:2376, not on this one"}},
		{"of an engine over ssh", published, "", at("ssh://build.example"), []string{
			"spec.containers[0].ports[0].hostPort: published on the engine's machine, ssh://build.example, not on this one"}},
		{"of a sidecar (S12.32)", "{containers: [{name: c, image: i}], initContainers: [{name: s, image: i, restartPolicy: Always, ports: [{containerPort: 80, hostPort: 8080}]}]}", "", plain, []string{
			"spec.initContainers[0].ports[0].hostPort: without effect, as on a node: only ports of main containers are published"}},
		{"the network of the machine", "{hostNetwork: true, containers: [{name: c, image: i, ports: [{containerPort: 80}]}]}", "", plain, nil},
		{"of Docker Desktop's", "{hostNetwork: true, containers: [{name: c, image: i}]}", "", desktop, []string{
			"spec.hostNetwork: the pod is on the network of Docker Desktop's virtual machine; this machine reaches it only if host networking is enabled in the settings of Docker Desktop"}},
		{"of a rootless engine's", "{hostNetwork: true, containers: [{name: c, image: i}]}", "", rootless, []string{
			"spec.hostNetwork: the engine is rootless: the pod is in the network namespace of the engine, into which no port of the machine leads"}},
		{"of another machine", "{hostNetwork: true, containers: [{name: c, image: i}]}", "", at("tcp://build.example:2376"), []string{
			"spec.hostNetwork: the pod is on the network of the engine's machine, tcp://build.example:2376, not of this one"}},
		{"and one to join", "{hostNetwork: true, containers: [{name: c, image: i}]}", "theirs", plain, []string{
			"metadata.annotations[podsim.io/network]: without effect: with hostNetwork the pod joins no other network"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			pod := spectest.Pod(t, row.spec)
			pod.Annotations = map[string]string{network.AnnotationNetwork: row.joins}
			if diff := cmp.Diff(row.want, Warnings(pod, row.facts)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
