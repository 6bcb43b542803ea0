package manifest

import (
	"cmp"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/validation"
)

// sharedPorts warns of containers that run at the same time and declare the same port: they share the pod's network, so that the second
// one to listen there fails (S16.15).
func sharedPorts(pod *corev1.Pod, template *field.Path) []validation.Warning {
	type key struct {
		port     int32
		protocol corev1.Protocol
	}
	var found []validation.Warning
	owners := map[key]string{}
	for c, path := range podspec.ContainersWithPaths(&pod.Spec, field.NewPath("spec")) {
		if _, kind := podspec.FindContainer(pod, c.Name); kind == podspec.Init && !podspec.IsSidecar(c) {
			continue // it has ended when the others run
		}
		for i, p := range c.Ports {
			k := key{p.ContainerPort, cmp.Or(p.Protocol, corev1.ProtocolTCP)}
			owner, taken := owners[k]
			if !taken {
				owners[k] = c.Name
			} else if owner != c.Name {
				at := inTemplate(template, path.Child("ports").Index(i).String())
				found = append(found, validation.Warning{Path: at, Text: fmt.Sprintf("%s: containers %s and %s both declare port %d/%s; "+
					"the containers of a pod share its network, and only one of them can listen there", at, owner, c.Name, k.port, k.protocol)})
			}
		}
	}
	return found
}
