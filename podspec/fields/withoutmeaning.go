package fields

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// WithoutMeaning returns the paths of the fields that are set and have no effect on one machine. With clusterAPI the node's pods reach its
// API.
func WithoutMeaning(spec *corev1.PodSpec, clusterAPI bool) []string {
	var paths []string
	walkSpec(spec, func(f setField) bool {
		support := supportOf(f.pattern)
		if support == NoMeaning {
			paths = append(paths, f.path.String())
		}
		if support.goesOn() {
			paths = append(paths, valuesWithoutMeaning(f, clusterAPI)...)
		}
		return support.goesOn()
	})
	return paths
}

// valuesWithoutMeaning returns the paths of values without effect in a field that has an effect with others: requests of disk space,
// which only a scheduler heeds, and credentials for an API that no pod reaches.
func valuesWithoutMeaning(f setField, clusterAPI bool) []string {
	var paths []string
	switch value := f.value.Interface().(type) {
	case corev1.ResourceList:
		if _, ok := value[corev1.ResourceEphemeralStorage]; ok && strings.HasSuffix(f.pattern, "requests") {
			paths = append(paths, f.path.Key(string(corev1.ResourceEphemeralStorage)).String())
		}
	case *bool:
		if f.pattern == "automountServiceAccountToken" && ptr.Deref(value, false) && !clusterAPI {
			paths = append(paths, f.path.String())
		}
	}
	return paths
}
