package volumes

import (
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// nestedMountPoints are the paths inside a volume at which containers that mount it mount something else (S11.6). Of
// mount points inside each other only the outermost is named: the inner one lies in another volume.
func nestedMountPoints(pod *corev1.Pod, volume string) []string {
	var nested []string
	for _, containers := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for _, c := range containers {
			var all []string
			for _, m := range c.VolumeMounts {
				all = append(all, absolute(m.MountPath))
			}
			for _, m := range c.VolumeMounts {
				if m.Name == volume {
					nested = append(nested, outermostBelow(absolute(m.MountPath), all)...)
				}
			}
		}
	}
	slices.Sort(nested)
	return slices.Compact(nested)
}

// outermostBelow returns the mount points below dir, relative to it, without those that lie below others of them.
func outermostBelow(dir string, mountPoints []string) []string {
	var found []string
	for _, mountPoint := range slices.Sorted(slices.Values(mountPoints)) {
		inner, below := strings.CutPrefix(mountPoint, strings.TrimSuffix(dir, "/")+"/")
		if !below || inner == "" {
			continue
		}
		isInner := slices.ContainsFunc(found, func(outer string) bool { return inner == outer || strings.HasPrefix(inner, outer+"/") })
		if !isInner {
			found = append(found, inner)
		}
	}
	return found
}

// absolute is a mount path as the engine wants it; a relative one starts at the root (S2.85).
func absolute(mountPath string) string {
	return path.Join("/", mountPath)
}
