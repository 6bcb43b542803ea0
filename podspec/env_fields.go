package podspec

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubectl/pkg/util/fieldpath"
)

// fieldValue returns what a fieldRef of a variable names (S9B).
func fieldValue(pod *corev1.Pod, ref *corev1.ObjectFieldSelector, node NodeFacts) (string, error) {
	switch path := CurrentFieldPath(ref.FieldPath); path {
	case "spec.nodeName":
		return node.Name, nil
	case "spec.serviceAccountName":
		return pod.Spec.ServiceAccountName, nil
	case "status.hostIP":
		return first(node.HostIPs), nil
	case "status.hostIPs":
		return strings.Join(node.HostIPs, ","), nil
	case "status.podIP":
		return first(node.PodIPs), nil
	case "status.podIPs":
		return strings.Join(node.PodIPs, ","), nil
	default:
		return fieldpath.ExtractFieldPathAsString(pod, path)
	}
}

// CurrentFieldPath maps the one old name that is still understood.
func CurrentFieldPath(path string) string {
	if path == "spec.host" {
		return "spec.nodeName"
	}
	return path
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}
