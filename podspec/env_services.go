package podspec

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// serviceVariables are the variables that tell a container of the Services: those of the pod's namespace, unless enableServiceLinks is
// false, and always the API server's. Services without an address of their own have none (S9.10).
func serviceVariables(pod *corev1.Pod, services []*corev1.Service) []EnvVar {
	var vars []EnvVar
	for _, s := range services {
		isAPI := s.Namespace == corev1.NamespaceDefault && s.Name == "kubernetes"
		isLinked := s.Namespace == pod.Namespace && ptr.Deref(pod.Spec.EnableServiceLinks, true)
		hasAddress := s.Spec.ClusterIP != "" && s.Spec.ClusterIP != corev1.ClusterIPNone
		if hasAddress && len(s.Spec.Ports) > 0 && (isAPI || isLinked) {
			vars = append(vars, variablesOf(s)...)
		}
	}
	return vars
}

// variablesOf are those of one Service, in the form of Kubernetes and then in that of Docker's old links.
func variablesOf(s *corev1.Service) []EnvVar {
	prefix := variableName(s.Name)
	vars := []EnvVar{
		{prefix + "_SERVICE_HOST", s.Spec.ClusterIP},
		{prefix + "_SERVICE_PORT", strconv.Itoa(int(s.Spec.Ports[0].Port))},
	}
	for _, port := range s.Spec.Ports {
		if port.Name != "" {
			vars = append(vars, EnvVar{prefix + "_SERVICE_PORT_" + variableName(port.Name), strconv.Itoa(int(port.Port))})
		}
	}
	for i, port := range s.Spec.Ports {
		number, protocol := strconv.Itoa(int(port.Port)), strings.ToLower(string(port.Protocol))
		address := protocol + "://" + net.JoinHostPort(s.Spec.ClusterIP, number)
		if i == 0 {
			vars = append(vars, EnvVar{prefix + "_PORT", address})
		}
		link := fmt.Sprintf("%s_PORT_%s_%s", prefix, number, strings.ToUpper(protocol))
		vars = append(vars, EnvVar{link, address}, EnvVar{link + "_PROTO", protocol}, EnvVar{link + "_PORT", number}, EnvVar{link + "_ADDR", s.Spec.ClusterIP})
	}
	return vars
}

// variableName is a Service's or a port's name as part of a variable's.
func variableName(name string) string { return strings.ToUpper(strings.ReplaceAll(name, "-", "_")) }
