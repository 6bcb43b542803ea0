package fields

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/spectest"
)

func TestFieldsOfFeaturesThatAreOffAreDropped(t *testing.T) { // (S0.9)
	cases := []struct {
		name, gates, before, after string
	}{
		{"a stop signal", "", "{containers: [{lifecycle: {stopSignal: SIGINT, preStop: {sleep: {seconds: 1}}}}]}", "{containers: [{lifecycle: {preStop: {sleep: {seconds: 1}}}}]}"},
		{"a lifecycle of nothing but a stop signal", "", "{initContainers: [{lifecycle: {stopSignal: SIGINT}}]}", "{initContainers: [{}]}"},
		{"an empty lifecycle stays", "", "{initContainers: [{lifecycle: {}}]}", "{initContainers: [{lifecycle: {}}]}"},
		{"a stop signal with the feature on", "ContainerStopSignals=true", "{containers: [{lifecycle: {stopSignal: SIGINT}}]}", "{containers: [{lifecycle: {stopSignal: SIGINT}}]}"},
		{"the protocol of requests", "", "{containers: [{livenessProbe: {httpGet: {port: 1, protocol: HTTP2}}, readinessProbe: {httpGet: {port: 1, protocol: HTTP2}}, " +
			"startupProbe: {httpGet: {port: 1, protocol: HTTP2}}, lifecycle: {preStop: {httpGet: {port: 1, protocol: HTTP1}}}}]}",
			"{containers: [{livenessProbe: {httpGet: {port: 1}}, readinessProbe: {httpGet: {port: 1}}, startupProbe: {httpGet: {port: 1}}, lifecycle: {preStop: {httpGet: {port: 1}}}}]}"},
		{"TLS of gRPC", "H2CContainerProbe=true", "{ephemeralContainers: [{startupProbe: {grpc: {port: 1, mode: TLS}}}], containers: [{livenessProbe: {httpGet: {port: 1, protocol: HTTP2}}}]}",
			"{ephemeralContainers: [{startupProbe: {grpc: {port: 1}}}], containers: [{livenessProbe: {httpGet: {port: 1, protocol: HTTP2}}}]}"},
		{"restart policies are there", "", "{containers: [{restartPolicy: Never, restartPolicyRules: [{action: Restart}]}]}", "{containers: [{restartPolicy: Never, restartPolicyRules: [{action: Restart}]}]}"},
		{"restart policies", "ContainerRestartRules=false", "{containers: [{restartPolicy: Always, restartPolicyRules: [{action: Restart}]}], ephemeralContainers: [{restartPolicy: Always}], " +
			"initContainers: [{restartPolicy: Never}, {restartPolicy: Always, restartPolicyRules: [{action: Restart}]}]}",
			"{containers: [{}], ephemeralContainers: [{}], initContainers: [{}, {restartPolicy: Always}]}"},
		{"the rules that restart everything stay, to be refused", "RestartAllContainersOnContainerExits=false", "{containers: [{restartPolicyRules: [{action: RestartAllContainers}]}]}",
			"{containers: [{restartPolicyRules: [{action: RestartAllContainers}]}]}"},
		{"fields of volumes", "", "{containers: [{volumeMounts: [{name: v, bindMountOptions: [noexec]}]}], volumes: [{name: v, emptyDir: {mode: 1}}, {name: s, secret: {defaultUser: 1, items: [{key: k, user: 1}]}}, " +
			"{name: p, projected: {defaultUser: 1, sources: [{configMap: {items: [{key: k, user: 1}]}}, {serviceAccountToken: {user: 1}}]}}]}",
			"{containers: [{volumeMounts: [{name: v}]}], volumes: [{name: v, emptyDir: {}}, {name: s, secret: {items: [{key: k}]}}, " +
				"{name: p, projected: {sources: [{configMap: {items: [{key: k}]}}, {serviceAccountToken: {}}]}}]}"},
		{"resources of the pod", "PodLevelResources=false", "{resources: {limits: {cpu: 1}}}", "{}"},
		{"a variable from a file", "EnvFiles=false", "{containers: [{env: [{name: A, valueFrom: {fileKeyRef: {key: k}}}]}]}", "{containers: [{env: [{name: A, valueFrom: {}}]}]}"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			gates, err := podspec.ParseFeatureGates(c.gates)
			if err != nil {
				t.Fatal(err)
			}
			pod := &corev1.Pod{Spec: spectest.Spec(t, c.before)}
			DropDisabled(pod, gates)
			if diff := cmp.Diff(spectest.Spec(t, c.after), pod.Spec); diff != "" {
				t.Error(diff)
			}
		})
	}
}
