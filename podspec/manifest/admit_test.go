package manifest

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/google/go-cmp/cmp"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/spectest"
)

func TestAdmissionOfAPodDependsOnTheFeatures(t *testing.T) {
	const signal = "{containers: [{name: c, image: i, lifecycle: {stopSignal: SIGFOO}}]}"
	const request = "{containers: [{name: c, image: i, livenessProbe: {httpGet: {port: 1}}, lifecycle: {preStop: {httpGet: {port: 1}}}}]}"
	http1 := corev1.HTTPProtocolHTTP1
	cases := []struct {
		name, spec string
		gates      podspec.FeatureGates
		want       []string
		protocol   *corev1.HTTPProtocol // of the request
	}{
		{"what is dropped is not validated", signal, nil, nil, nil},
		{"what stays is", signal, podspec.FeatureGates{podspec.ContainerStopSignals: true}, []string{"C0.lifecycle.stopSignal: Forbidden: may not be set for containers with empty `spec.os.name`"}, nil},
		{"what podsim cannot do", "{containers: [{name: c, image: i}], volumes: [{name: v, emptyDir: {mode: 1}}]}", podspec.FeatureGates{podspec.EmptyDirVolumeMode: true}, []string{"V0.emptyDir.mode: Forbidden: podsim does not support mode yet"}, nil},
		{"no protocol by default", request, nil, nil, nil},
		{"a protocol by default", request, podspec.FeatureGates{podspec.H2CContainerProbe: true}, nil, &http1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			pod := spectest.Pod(t, c.spec)
			refused, unsupported := AdmitPod(pod, c.gates)
			if diff := cmp.Diff(c.want, spectest.Abbreviate(append(refused, unsupported...))); diff != "" {
				t.Error(diff)
			}
			if main := &pod.Spec.Containers[0]; main.LivenessProbe != nil {
				got := []*corev1.HTTPProtocol{main.LivenessProbe.HTTPGet.Protocol, main.Lifecycle.PreStop.HTTPGet.Protocol}
				if diff := cmp.Diff([]*corev1.HTTPProtocol{c.protocol, c.protocol}, got); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}
