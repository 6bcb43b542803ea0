package podspec

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubectl/pkg/util/fieldpath"
	"k8s.io/kubectl/pkg/util/resource"
)

// DownwardFile returns what a file of a downwardAPI volume holds (S9B): a field of the pod's metadata, all labels or annotations a line
// each, or a resource of the main or init container it names. Other than in the environment, a limit that is not set is always what
// the node has, whatever the pod's own limits are (S9.21).
func DownwardFile(pod *corev1.Pod, file *corev1.DownwardAPIVolumeFile, allocatable corev1.ResourceList) (string, error) {
	switch {
	case file.FieldRef != nil:
		return fieldpath.ExtractFieldPathAsString(pod, file.FieldRef.FieldPath)
	case file.ResourceFieldRef != nil:
		c, _, err := mainOrInit(pod, file.ResourceFieldRef.ContainerName)
		if err != nil {
			return "", err
		}
		return resource.ExtractContainerResourceValue(file.ResourceFieldRef, withLimits(c, allocatable))
	}
	return "", nil // no server lets a file without a source through
}
