package services

import (
	"net/netip"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network/serviceproxy"
	"github.com/podsim/podsim/podspec"
)

// Zone is what the cluster's DNS knows, by Kubernetes' DNS specification.
func Zone(all []*corev1.Service, pods []*corev1.Pod) serviceproxy.Zone {
	z := zone{}
	for _, service := range all {
		name := service.Name + "." + service.Namespace + ".svc." + podspec.ClusterDomain + "."
		if service.Spec.Type == corev1.ServiceTypeExternalName {
			z.change(name, func(n *serviceproxy.Name) { n.Alias = strings.TrimSuffix(service.Spec.ExternalName, ".") + "." })
			continue
		}
		headless := service.Spec.ClusterIP == corev1.ClusterIPNone
		if !headless {
			z.addService(service, name)
		}
		for _, e := range published(endpointsOf(service, pods)) {
			z.addEndpoint(service, name, e, headless)
		}
	}
	return serviceproxy.Zone{Domain: podspec.ClusterDomain, Names: z}
}

// zone is the names of a zone as they come together.
type zone map[string]serviceproxy.Name

func (z zone) change(name string, change func(*serviceproxy.Name)) {
	name = strings.ToLower(name)
	known := z[name]
	change(&known)
	z[name] = known
}

// addService adds the name of a Service that has an address, and the ones of its ports.
func (z zone) addService(service *corev1.Service, name string) {
	for _, ip := range clusterIPs(service) {
		z.change(name, func(n *serviceproxy.Name) { n.Addresses = append(n.Addresses, ip) })
		z.change(reverse(ip), func(n *serviceproxy.Name) { n.Pointers = append(n.Pointers, name) })
	}
	for _, port := range service.Spec.Ports {
		z.addTarget(name, port, serviceproxy.Target{Name: name, Port: uint16(port.Port)})
	}
}

// addEndpoint adds the name of one pod behind a Service. Of a headless Service it is one of those that the Service's own name stands for.
func (z zone) addEndpoint(service *corev1.Service, name string, e endpoint, headless bool) {
	for _, ip := range e.addresses {
		own := endpointLabel(service, e.pod, ip) + "." + name
		z.change(own, func(n *serviceproxy.Name) { n.Addresses = append(n.Addresses, ip) })
		if !headless {
			continue
		}
		z.change(name, func(n *serviceproxy.Name) { n.Addresses = append(n.Addresses, ip) })
		z.change(reverse(ip), func(n *serviceproxy.Name) { n.Pointers = append(n.Pointers, own) })
		for _, port := range service.Spec.Ports {
			if number, ok := targetPort(port, e.pod); ok {
				z.addTarget(name, port, serviceproxy.Target{Name: own, Port: number})
			}
		}
	}
}

// addTarget adds a record of a service to the name of the Service and, if the port has a name, to _port._protocol of that.
func (z zone) addTarget(name string, port corev1.ServicePort, target serviceproxy.Target) {
	add := func(n *serviceproxy.Name) { n.Services = append(n.Services, target) }
	z.change(name, add)
	if port.Name != "" {
		z.change("_"+port.Name+"._"+string(protocolOf(port.Protocol))+"."+name, add)
	}
}

// endpointLabel is what a pod is called below a Service: by its hostname when its subdomain is the Service, else by its address.
func endpointLabel(service *corev1.Service, pod *corev1.Pod, ip netip.Addr) string {
	if name := hostnameIn(service, pod); name != "" {
		return name
	}
	return strings.NewReplacer(".", "-", ":", "-").Replace(ip.String())
}

func clusterIPs(service *corev1.Service) []netip.Addr {
	within := *service
	within.Spec.ExternalIPs = nil
	return addressesOfService(&within)
}

// reverse is the name that stands for an address in the reverse direction.
func reverse(ip netip.Addr) string {
	bytes := ip.AsSlice()
	var name strings.Builder
	for i := len(bytes) - 1; i >= 0; i-- {
		if ip.Is4() {
			name.WriteString(strconv.Itoa(int(bytes[i])) + ".")
			continue
		}
		name.WriteString(strconv.FormatUint(uint64(bytes[i]&15), 16) + "." + strconv.FormatUint(uint64(bytes[i]>>4), 16) + ".")
	}
	if ip.Is4() {
		return name.String() + "in-addr.arpa."
	}
	return name.String() + "ip6.arpa."
}
