package admission

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec/spectest"
)

// TestAPortOfTheMachineBelongsToOnePod: (S3.14).
func TestAPortOfTheMachineBelongsToOnePod(t *testing.T) {
	const taken = "{containers: [{name: c, image: i, ports: [{containerPort: 80, hostPort: 8080}]}]}"
	onLoopback := "{containers: [{name: c, image: i, ports: [{containerPort: 80, hostPort: 8080, hostIP: 127.0.0.1}]}]}"
	for _, row := range []struct {
		name, other, pod string
		want             []string
	}{
		{"the same port", taken, spectest.Container("ports: [{containerPort: 1, hostPort: 8080}]"),
			[]string{"spec.containers[0].ports[0].hostPort: port 8080/TCP is taken by pod default/p"}},
		{"another port", taken, spectest.Container("ports: [{containerPort: 80, hostPort: 8081}, {containerPort: 8080}]"), nil},
		{"another protocol", taken, spectest.Container("ports: [{containerPort: 80, hostPort: 8080, protocol: UDP}]"), nil},
		{"an address of every one that is taken", taken, onLoopback, []string{"spec.containers[0].ports[0].hostPort: port 8080/TCP is taken by pod default/p"}},
		{"every address, of which one is taken", onLoopback, taken, []string{"spec.containers[0].ports[0].hostPort: port 8080/TCP is taken by pod default/p"}},
		{"another address", onLoopback, "{containers: [{name: c, image: i, ports: [{containerPort: 80, hostPort: 8080, hostIP: 127.0.0.2}]}]}", nil},
		{"a sidecar's", taken, "{containers: [{name: c, image: i}], initContainers: [{name: s, image: i, restartPolicy: Always, ports: [{containerPort: 80, hostPort: 8080}]}]}",
			[]string{"spec.initContainers[0].ports[0].hostPort: port 8080/TCP is taken by pod default/p"}},
		{"a regular init's", taken, "{containers: [{name: c, image: i}], initContainers: [{name: s, image: i, ports: [{containerPort: 80, hostPort: 8080}]}]}", nil},
		{"of the machine's network", taken, "{hostNetwork: true, containers: [{name: c, image: i, ports: [{containerPort: 8080}]}]}",
			[]string{"spec.containers[0].ports[0].hostPort: port 8080/TCP is taken by pod default/p"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			pod, others := spectest.Pod(t, row.pod), []*corev1.Pod{spectest.Pod(t, row.other)}
			if diff := cmp.Diff(row.want, slices.Collect(TakenPorts(pod, others))); diff != "" {
				t.Error(diff)
			}
			if refused := CheckPorts(pod, others); (refused != nil) != (row.want != nil) {
				t.Errorf("refused: %+v", refused)
			}
		})
	}
}
