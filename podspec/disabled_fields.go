package podspec

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// fieldGates are the fields that exist only while a feature is on, by their paths without indices as in fieldSupport. A test
// holds the names to be those of fields.
var fieldGates = map[string]string{
	"containers.env.valueFrom.fileKeyRef":             EnvFiles,
	"containers.lifecycle.postStart.httpGet.protocol": H2CContainerProbe,
	"containers.lifecycle.preStop.httpGet.protocol":   H2CContainerProbe,
	"containers.lifecycle.stopSignal":                 ContainerStopSignals,
	"containers.livenessProbe.grpc.mode":              GRPCContainerProbeTLS,
	"containers.livenessProbe.httpGet.protocol":       H2CContainerProbe,
	"containers.readinessProbe.grpc.mode":             GRPCContainerProbeTLS,
	"containers.readinessProbe.httpGet.protocol":      H2CContainerProbe,
	"containers.restartPolicy":                        ContainerRestartRules, // but see gateOf
	"containers.restartPolicyRules":                   ContainerRestartRules,
	"containers.startupProbe.grpc.mode":               GRPCContainerProbeTLS,
	"containers.startupProbe.httpGet.protocol":        H2CContainerProbe,
	"containers.volumeMounts.bindMountOptions":        VolumeBindMountOptions,
	"resources":                                          PodLevelResources,
	"volumes.configMap.defaultUser":                      AtomicWriteVolumeUserFields,
	"volumes.configMap.items.user":                       AtomicWriteVolumeUserFields,
	"volumes.downwardAPI.defaultUser":                    AtomicWriteVolumeUserFields,
	"volumes.downwardAPI.items.user":                     AtomicWriteVolumeUserFields,
	"volumes.emptyDir.mode":                              EmptyDirVolumeMode,
	"volumes.projected.defaultUser":                      AtomicWriteVolumeUserFields,
	"volumes.projected.sources.clusterTrustBundle.user":  AtomicWriteVolumeUserFields,
	"volumes.projected.sources.configMap.items.user":     AtomicWriteVolumeUserFields,
	"volumes.projected.sources.downwardAPI.items.user":   AtomicWriteVolumeUserFields,
	"volumes.projected.sources.podCertificate.user":      AtomicWriteVolumeUserFields,
	"volumes.projected.sources.secret.items.user":        AtomicWriteVolumeUserFields,
	"volumes.projected.sources.serviceAccountToken.user": AtomicWriteVolumeUserFields,
	"volumes.secret.defaultUser":                         AtomicWriteVolumeUserFields,
	"volumes.secret.items.user":                          AtomicWriteVolumeUserFields,
}

// DropDisabledFields takes the fields off a pod whose features are off, as the API server does at a creation, before it
// validates (S0.9). A lifecycle that held nothing but a stop signal goes with it. Rules with the action RestartAllContainers
// stay: with their feature off they are refused.
func DropDisabledFields(pod *corev1.Pod, gates FeatureGates) {
	if !gates.Enabled(ContainerStopSignals) {
		for c := range allContainers(pod) {
			dropStopSignal(c)
		}
	}
	walkSpec(&pod.Spec, func(f specField) bool {
		disabled := isDisabled(f, gates)
		if disabled {
			f.value.SetZero()
		}
		return !disabled
	})
}

func dropStopSignal(c *corev1.Container) {
	if c.Lifecycle == nil || c.Lifecycle.StopSignal == nil {
		return
	}
	c.Lifecycle.StopSignal = nil
	if *c.Lifecycle == (corev1.Lifecycle{}) {
		c.Lifecycle = nil
	}
}

// disabledFields returns the paths of the fields that are set and whose features are off, by the feature.
func disabledFields(spec *corev1.PodSpec, gates FeatureGates) map[string][]string {
	paths := map[string][]string{}
	walkSpec(spec, func(f specField) bool {
		disabled := isDisabled(f, gates)
		if disabled {
			paths[gateOf(f)] = append(paths[gateOf(f)], f.path.String())
		}
		return !disabled
	})
	return paths
}

func isDisabled(f specField, gates FeatureGates) bool {
	gate := gateOf(f)
	return gate != "" && !gates.Enabled(gate)
}

// gateOf returns the feature gate that a field needs, "" if it needs none. The restart policy that makes an init container a
// sidecar needs none.
func gateOf(f specField) string {
	if f.pattern == "containers.restartPolicy" && strings.HasPrefix(f.path.String(), "spec.initContainers[") &&
		f.value.Elem().String() == string(corev1.ContainerRestartPolicyAlways) {
		return ""
	}
	return fieldGates[f.pattern]
}
