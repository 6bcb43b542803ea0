package podspec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// warning is something about a field that is allowed and still not what its author can have meant.
type warning struct {
	path string
	text string
}

// warnings words what is worth saying about an object that is not refused; of a pod as it was written, before defaults.
func warnings(o object, gates FeatureGates) []string {
	pod, ok := o.Object.(*corev1.Pod)
	if !ok {
		return nil
	}
	var lines []string
	for _, w := range podWarnings(pod) {
		lines = append(lines, o.warning(w.path, w.path+": "+w.text))
	}
	if paths := withoutMeaning(&pod.Spec); len(paths) > 0 {
		lines = append(lines, o.warning(paths[0], "without effect on a single machine: "+strings.Join(paths, ", ")))
	}
	disabled := disabledFields(&pod.Spec, gates)
	for _, gate := range slices.Sorted(maps.Keys(disabled)) {
		paths := disabled[gate]
		lines = append(lines, o.warning(paths[0], fmt.Sprintf("without effect while the feature gate %s is off: %s", gate, strings.Join(paths, ", "))))
	}
	return lines
}

// podWarnings are those that an API server sends (S1.3.2).
func podWarnings(pod *corev1.Pod) []warning {
	var found []warning
	if complaints := validation.IsDNS1123Label(pod.Name); len(complaints) > 0 && len(validation.IsDNS1123Subdomain(pod.Name)) == 0 {
		found = append(found, warning{"metadata.name", fmt.Sprintf("this is used in the Pod's hostname, which can result in "+
			"surprising behavior; a DNS label is recommended: %v", complaints)})
	}
	spec := field.NewPath("spec")
	ips := map[string]bool{}
	for i, alias := range pod.Spec.HostAliases {
		if ips[alias.IP] {
			found = append(found, warning{spec.Child("hostAliases").Index(i).Child("ip").String(), fmt.Sprintf("duplicate ip %q", alias.IP)})
		}
		ips[alias.IP] = true
	}
	for i := range pod.Spec.InitContainers {
		found = append(found, containerWarnings(&pod.Spec.InitContainers[i], spec.Child("initContainers").Index(i))...)
	}
	for i := range pod.Spec.Containers {
		found = append(found, containerWarnings(&pod.Spec.Containers[i], spec.Child("containers").Index(i))...)
	}
	return found
}

func containerWarnings(c *corev1.Container, path *field.Path) []warning {
	var found []warning
	for _, list := range []struct {
		field  string
		values corev1.ResourceList
	}{{"limits", c.Resources.Limits}, {"requests", c.Resources.Requests}} {
		if memory, ok := list.values[corev1.ResourceMemory]; ok && memory.MilliValue()%1000 != 0 {
			found = append(found, warning{path.Child("resources", list.field).Key("memory").String(),
				fmt.Sprintf("fractional byte value %q is invalid, must be an integer", memory.String())})
		}
	}
	if c.TerminationMessagePolicy == corev1.TerminationMessageFallbackToLogsOnError ||
		c.TerminationMessagePath != "" && c.TerminationMessagePath != corev1.TerminationMessagePathDefault {
		found = append(found, warning{path.Child("terminationMessagePath").String(),
			"podsim gives the container the file, but does not put its message into the status yet"})
	}
	for i, variable := range c.Env {
		sameName := func(other corev1.EnvVar) bool { return other.Name == variable.Name }
		builds := variable.ValueFrom == nil && strings.Contains(variable.Value, "$("+variable.Name+")") && variable.Value != "$("+variable.Name+")"
		if slices.ContainsFunc(c.Env[:i], sameName) && !builds {
			found = append(found, warning{path.Child("env").Index(i).String(),
				fmt.Sprintf("hides previous definition of %q, which may be dropped when using apply", variable.Name)})
		}
	}
	for i, port := range c.Ports {
		for j, other := range c.Ports[:i] {
			if port.ContainerPort == other.ContainerPort && port.Protocol == other.Protocol && port.HostIP == other.HostIP && port.HostPort == other.HostPort {
				found = append(found, warning{path.Child("ports").Index(i).String(),
					fmt.Sprintf("duplicate port definition with %s", path.Child("ports").Index(j))})
			}
		}
	}
	return found
}
