package fields

import (
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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

// MetadataWithoutMeaning does the same with the metadata of a pod.
func MetadataWithoutMeaning(meta *metav1.ObjectMeta) []string {
	var paths []string
	walkMetadata(meta, func(f setField) bool {
		support := supportOf(f.pattern)
		if support == NoMeaning && !isOfJobsOnly(f) {
			paths = append(paths, f.path.String())
		}
		return support.goesOn()
	})
	return paths
}

// isOfJobsOnly is true for finalizers that every pod of a Job has in a cluster: nobody wrote them.
func isOfJobsOnly(f setField) bool {
	finalizers, ok := f.value.Interface().([]string)
	return ok && !slices.ContainsFunc(finalizers, func(name string) bool { return name != batchv1.JobTrackingFinalizer })
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
