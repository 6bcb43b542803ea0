package httpget

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// ResolvePort is the number of a port that a probe or a hook names: a number, or the name of a port of the same container (S6.30).
func ResolvePort(port intstr.IntOrString, c *corev1.Container) (int, error) {
	number := port.IntValue()
	if port.Type == intstr.String {
		named, err := namedPort(port.StrVal, c)
		if err != nil {
			return 0, err
		}
		number = named
	}
	if number < 1 || number > 65535 {
		return 0, fmt.Errorf("invalid port number: %v", number)
	}
	return number, nil
}

func namedPort(name string, c *corev1.Container) (int, error) {
	for _, port := range c.Ports {
		if port.Name == name {
			return int(port.ContainerPort), nil
		}
	}
	return 0, fmt.Errorf("port %q not found", name)
}
