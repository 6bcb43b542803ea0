package podspec

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

const (
	// apiService is the Service of the API server itself, in the namespace default, which every pod is told of.
	apiService = "kubernetes"
	// APIServiceAddress is the address of that, the first of those that Services have.
	APIServiceAddress = "10.96.0.1"
	// DNSServiceAddress is that of the cluster's DNS.
	DNSServiceAddress = "10.96.0.10"
	serviceRangeBits  = 16
)

// ServiceRange are the addresses that Services have: those of a cluster that was set up with the usual choices.
func ServiceRange() netip.Prefix {
	return netip.PrefixFrom(netip.MustParseAddr(APIServiceAddress), serviceRangeBits).Masked()
}

// APIService is the Service of the API server, which every node has (S9.10).
func APIService() *corev1.Service {
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{
			Name: apiService, Namespace: metav1.NamespaceDefault,
			Labels: map[string]string{"component": "apiserver", "provider": "kubernetes"},
		},
		Spec: corev1.ServiceSpec{
			Type: corev1.ServiceTypeClusterIP, ClusterIP: APIServiceAddress, ClusterIPs: []string{APIServiceAddress},
			Ports: []corev1.ServicePort{{Name: "https", Port: 443, Protocol: corev1.ProtocolTCP, TargetPort: intstr.FromInt32(6443)}},
		},
	}
}

// serviceVariables are the variables that tell a pod's containers of Services (S9.10), ordered by the Services' names.
func serviceVariables(pod *corev1.Pod, services []*corev1.Service) []EnvVar {
	visible := visibleServices(pod, services)
	var variables []EnvVar
	for _, name := range slices.Sorted(maps.Keys(visible)) {
		variables = append(variables, variablesOf(visible[name])...)
	}
	return variables
}

// visibleServices are the Services that a pod is told of, by name: those of its own namespace unless it does not want them, and the
// API server's. One in the pod's namespace that has the name of that comes before it.
func visibleServices(pod *corev1.Pod, services []*corev1.Service) map[string]*corev1.Service {
	links := ptr.Deref(pod.Spec.EnableServiceLinks, corev1.DefaultEnableServiceLinks)
	visible := map[string]*corev1.Service{}
	for _, service := range services {
		if !hasClusterIP(service) {
			continue
		}
		_, taken := visible[service.Name]
		switch {
		case service.Namespace == metav1.NamespaceDefault && service.Name == apiService:
			if !taken {
				visible[service.Name] = service
			}
		case service.Namespace == pod.Namespace && links:
			visible[service.Name] = service
		}
	}
	return visible
}

// hasClusterIP reports whether the Service has an address of its own, and ports, without which no server lets one have an address.
func hasClusterIP(service *corev1.Service) bool {
	ip := service.Spec.ClusterIP
	return ip != "" && ip != corev1.ClusterIPNone && len(service.Spec.Ports) > 0
}

// variablesOf are the variables of one Service: its address, its first port and those with names, and then all of its ports as
// Docker's container links had them.
func variablesOf(service *corev1.Service) []EnvVar {
	prefix, ip, ports := variableName(service.Name), service.Spec.ClusterIP, service.Spec.Ports
	variables := []EnvVar{
		{prefix + "_SERVICE_HOST", ip},
		{prefix + "_SERVICE_PORT", portNumber(ports[0])},
	}
	for _, port := range ports {
		if port.Name != "" {
			variables = append(variables, EnvVar{prefix + "_SERVICE_PORT_" + variableName(port.Name), portNumber(port)})
		}
	}
	variables = append(variables, EnvVar{prefix + "_PORT", portURL(ip, ports[0])})
	for _, port := range ports {
		name := fmt.Sprintf("%s_PORT_%d_%s", prefix, port.Port, strings.ToUpper(protocol(port)))
		variables = append(variables,
			EnvVar{name, portURL(ip, port)},
			EnvVar{name + "_PROTO", protocol(port)},
			EnvVar{name + "_PORT", portNumber(port)},
			EnvVar{name + "_ADDR", ip},
		)
	}
	return variables
}

// variableName is the name of a Service or port as a part of a variable's name.
func variableName(name string) string {
	return strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

func portNumber(port corev1.ServicePort) string { return strconv.Itoa(int(port.Port)) }

// portURL is such as tcp://10.0.0.1:80.
func portURL(ip string, port corev1.ServicePort) string {
	return protocol(port) + "://" + net.JoinHostPort(ip, portNumber(port))
}

// protocol is the port's in lower case; TCP is the default.
func protocol(port corev1.ServicePort) string {
	if port.Protocol == "" {
		port.Protocol = corev1.ProtocolTCP
	}
	return strings.ToLower(string(port.Protocol))
}
