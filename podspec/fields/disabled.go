package fields

import (
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
)

// fieldGates are the fields that exist only while a feature is on, by their paths as in the table. A test holds the names to be those
// of fields.
var fieldGates = map[string]string{
	"containers.env.valueFrom.fileKeyRef":      podspec.EnvFiles,
	"containers.lifecycle.stopSignal":          podspec.ContainerStopSignals,
	"containers.restartPolicy":                 podspec.ContainerRestartRules, // but see gateOf
	"containers.restartPolicyRules":            podspec.ContainerRestartRules,
	"containers.volumeMounts.bindMountOptions": podspec.VolumeBindMountOptions,
	"files.defaultUser":                        podspec.AtomicWriteVolumeUserFields,
	"files.items.user":                         podspec.AtomicWriteVolumeUserFields,
	"files.user":                               podspec.AtomicWriteVolumeUserFields,
	"httpGet.protocol":                         podspec.H2CContainerProbe,
	"probe.grpc.mode":                          podspec.GRPCContainerProbeTLS,
	"evictionResponders":                       podspec.EvictionRequestAPI,
	"resources":                                podspec.PodLevelResources,
	"volumes.emptyDir.mode":                    podspec.EmptyDirVolumeMode,
	"schedulingGroup":                          podspec.GenericWorkload,
}

// DropDisabled takes the fields off a pod whose features are off, as the API server does at a creation, before it
// validates (S0.9). A lifecycle that held nothing but a stop signal goes with it. Rules with the action RestartAllContainers
// stay: with their feature off they are refused.
func DropDisabled(pod *corev1.Pod, gates podspec.FeatureGates) {
	if !gates.Enabled(podspec.ContainerStopSignals) {
		for c := range podspec.AllContainers(pod) {
			dropStopSignal(c)
		}
	}
	walkSpec(&pod.Spec, func(f setField) bool {
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

// Disabled returns the paths of the fields that are set and whose features are off, by the feature.
func Disabled(spec *corev1.PodSpec, gates podspec.FeatureGates) map[string][]string {
	paths := map[string][]string{}
	walkSpec(spec, func(f setField) bool {
		disabled := isDisabled(f, gates)
		if disabled {
			paths[gateOf(f)] = append(paths[gateOf(f)], f.path.String())
		}
		return !disabled
	})
	return paths
}

func isDisabled(f setField, gates podspec.FeatureGates) bool {
	gate := gateOf(f)
	return gate != "" && !gates.Enabled(gate)
}

// gateOf returns the feature gate that a field needs, "" if it needs none. The restart policy that makes an init container a
// sidecar needs none.
func gateOf(f setField) string {
	if f.pattern == "containers.restartPolicy" && strings.HasPrefix(f.path.String(), "spec.initContainers[") &&
		f.value.Elem().String() == string(corev1.ContainerRestartPolicyAlways) {
		return ""
	}
	return gateOfPattern(f.pattern)
}

func gateOfPattern(pattern string) string {
	for name := range namesOf(pattern) {
		if gate := fieldGates[name]; gate != "" {
			return gate
		}
	}
	return ""
}
