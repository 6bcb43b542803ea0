package podspec

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubectl/pkg/util/fieldpath"
	"k8s.io/kubectl/pkg/util/resource"
)

// TellsOfDisk reports whether a container of the pod is told how much disk space it may take, in its environment or in a file: where it
// has no limit, that is all that the node has (S9.21).
func TellsOfDisk(pod *corev1.Pod) bool {
	const asked = "limits.ephemeral-storage"
	for c := range AllContainers(pod) {
		for _, v := range c.Env {
			if v.ValueFrom != nil && v.ValueFrom.ResourceFieldRef != nil && v.ValueFrom.ResourceFieldRef.Resource == asked {
				return true
			}
		}
	}
	for _, v := range pod.Spec.Volumes {
		for _, file := range downwardFiles(v) {
			if file.ResourceFieldRef != nil && file.ResourceFieldRef.Resource == asked {
				return true
			}
		}
	}
	return false
}

// downwardFiles are the files of a volume that tell of the pod.
func downwardFiles(v corev1.Volume) []corev1.DownwardAPIVolumeFile {
	var files []corev1.DownwardAPIVolumeFile
	if v.DownwardAPI != nil {
		files = v.DownwardAPI.Items
	}
	if v.Projected != nil {
		for _, source := range v.Projected.Sources {
			if source.DownwardAPI != nil {
				files = append(files, source.DownwardAPI.Items...)
			}
		}
	}
	return files
}

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
