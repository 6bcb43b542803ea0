package podspec

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
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
			gates, err := ParseFeatureGates(c.gates)
			if err != nil {
				t.Fatal(err)
			}
			pod := &corev1.Pod{Spec: specOf(t, c.before)}
			DropDisabledFields(pod, gates)
			if diff := cmp.Diff(specOf(t, c.after), pod.Spec); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAdmissionOfAPodDependsOnTheFeatures(t *testing.T) {
	const signal = "{containers: [{name: c, image: i, lifecycle: {stopSignal: SIGFOO}}]}"
	const request = "{containers: [{name: c, image: i, livenessProbe: {httpGet: {port: 1}}, lifecycle: {preStop: {httpGet: {port: 1}}}}]}"
	http1 := corev1.HTTPProtocolHTTP1
	cases := []struct {
		name, spec string
		gates      FeatureGates
		want       []string
		protocol   *corev1.HTTPProtocol // of the request
	}{
		{"what is dropped is not validated", signal, nil, nil, nil},
		{"what stays is", signal, FeatureGates{ContainerStopSignals: true}, []string{"C0.lifecycle.stopSignal: Forbidden: may not be set for containers with empty `spec.os.name`"}, nil},
		{"what podsim cannot do", "{containers: [{name: c, image: i}], volumes: [{name: v, emptyDir: {mode: 1}}]}", FeatureGates{EmptyDirVolumeMode: true}, []string{"V0.emptyDir.mode: Forbidden: podsim does not support mode yet"}, nil},
		{"no protocol by default", request, nil, nil, nil},
		{"a protocol by default", request, FeatureGates{H2CContainerProbe: true}, nil, &http1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			pod := podOf(t, c.spec)
			refused, unsupported := AdmitPod(pod, c.gates)
			if diff := cmp.Diff(c.want, abbreviate(append(refused, unsupported...))); diff != "" {
				t.Error(diff)
			}
			for _, get := range httpGets(&pod.Spec.Containers[0]) {
				if diff := cmp.Diff(c.protocol, get.Protocol); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}
