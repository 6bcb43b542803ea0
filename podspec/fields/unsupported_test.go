package fields

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/podsim/podsim/podspec/spectest"
)

func TestWhatPodsimCannotDoIsRefused(t *testing.T) {
	cases := []struct {
		name, spec string
		want       []string
	}{
		{"a plain pod", spectest.Container("startupProbe: {exec: {command: [x]}}"), nil},
		{"a sidecar", "{initContainers: [{name: s, restartPolicy: Always}]}", nil},
		{"empty lists", "{ephemeralContainers: [], containers: [{name: c, volumeDevices: []}]}", nil},
		{"probes of every kind", spectest.Container("startupProbe: {tcpSocket: {port: 1}}, livenessProbe: {httpGet: {port: 1}}, readinessProbe: {grpc: {port: 1}}"), nil},
		{"hooks", "{initContainers: [{name: s, restartPolicy: Always, lifecycle: {preStop: {sleep: {seconds: 1}}, postStart: {tcpSocket: {port: 1}}, stopSignal: SIGINT}}]}", nil},
		{"restart policies of containers", "{initContainers: [{restartPolicy: Never}], containers: [{restartPolicy: Always, restartPolicyRules: [{action: Restart}]}]}", nil},
		{"what no engine gives out", "{resources: {limits: {cpu: 1, hugepages-2Mi: 2Mi}}, containers: [{name: c, resources: {limits: {memory: 1Gi, ephemeral-storage: 1Gi, example.com/gpu: 1, example.com/none: 0}}}]}", []string{
			"C0.resources.limits[example.com/gpu]: Forbidden: podsim has none to give out; in a cluster the pod would wait for a node that has. Take it out to run the pod without",
			"spec.resources.limits[hugepages-2Mi]: Forbidden: podsim has none to give out; in a cluster the pod would wait for a node that has. Take it out to run the pod without"}},
		{"an ephemeral container", "{ephemeralContainers: [{name: e, targetContainerName: c, resources: {claims: [{name: r}]}}]}", []string{
			"spec.ephemeralContainers[0].resources.claims: Forbidden: podsim does not support claims yet"}},
		{"features that Kubernetes has off", "{volumes: [{name: v, emptyDir: {mode: 511}}], containers: [{volumeMounts: [{name: v, bindMountOptions: [noexec]}]}]}", []string{
			"V0.emptyDir.mode: Forbidden: podsim does not support mode yet",
			"C0.volumeMounts[0].bindMountOptions: Forbidden: podsim does not support bindMountOptions yet"}},
		{"volumes", "{volumes: [{name: v, projected: {sources: [{podCertificate: {}}]}}, {name: w, emptyDir: {medium: HugePages}}, {name: x, emptyDir: {medium: Memory}}]}", []string{
			"V0.projected.sources[0].podCertificate: Forbidden: podsim does not support podCertificate yet",
			`spec.volumes[1].emptyDir.medium: Forbidden: podsim does not support the medium "HugePages" yet, only "" and "Memory"`}},
		{"a variable from a file", spectest.Container("env: [{name: A, valueFrom: {fileKeyRef: {volumeName: v, path: p, key: k}}}]"), nil},
		{"users of its own", "{hostUsers: false}", []string{"spec.hostUsers: Forbidden: podsim does not support user namespaces yet"}},
		{"another system", "{os: {name: windows}}", nil}, // the node rejects it
		{"options for another system", "{securityContext: {windowsOptions: {runAsUserName: a}}, containers: [{securityContext: {windowsOptions: {runAsUserName: a}}}]}", nil},
		{"users of the host", "{hostUsers: true, os: {name: linux}}", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, spectest.Abbreviate(Unsupported(spectest.Pod(t, c.spec)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}
