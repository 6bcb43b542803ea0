package services

import (
	"net/netip"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network/serviceproxy"
)

// Forwards tells where connections to the addresses of Services go, and which addresses these are.
func Forwards(all []*corev1.Service, pods []*corev1.Pod) (forwards []serviceproxy.Forward, addresses []netip.Addr) {
	for _, service := range all {
		own := addressesOfService(service)
		if len(own) == 0 {
			continue
		}
		addresses = append(addresses, own...)
		behind := reachable(endpointsOf(service, pods))
		for _, port := range service.Spec.Ports {
			for _, address := range own {
				forwards = append(forwards, serviceproxy.Forward{
					Service:   service.Namespace + "/" + service.Name + ":" + portName(port),
					Address:   netip.AddrPortFrom(address, uint16(port.Port)),
					Protocol:  serviceproxy.Protocol(protocolOf(port.Protocol)),
					Affinity:  service.Spec.SessionAffinity == corev1.ServiceAffinityClientIP,
					Endpoints: targets(port, behind, address),
				})
			}
		}
	}
	return forwards, addresses
}

// addressesOfService are those at which a Service is reached: its own of the cluster, and external ones.
func addressesOfService(service *corev1.Service) []netip.Addr {
	if service.Spec.Type == corev1.ServiceTypeExternalName || service.Spec.ClusterIP == corev1.ClusterIPNone {
		return nil
	}
	own := service.Spec.ClusterIPs
	if len(own) == 0 {
		own = []string{service.Spec.ClusterIP}
	}
	var addresses []netip.Addr
	for _, ip := range slices.Concat(own, service.Spec.ExternalIPs) {
		if address, err := netip.ParseAddr(ip); err == nil {
			addresses = append(addresses, address)
		}
	}
	return addresses
}

// targets are the addresses of the endpoints that have the port, of the family of the Service's address.
func targets(port corev1.ServicePort, behind []endpoint, of netip.Addr) []netip.AddrPort {
	var targets []netip.AddrPort
	for _, e := range behind {
		number, ok := targetPort(port, e.pod)
		if !ok {
			continue
		}
		for _, address := range e.addresses {
			if address.Is4() == of.Is4() {
				targets = append(targets, netip.AddrPortFrom(address, number))
			}
		}
	}
	slices.SortFunc(targets, netip.AddrPort.Compare)
	return targets
}

// portName is the name of a Service's port, or its number when it has none.
func portName(port corev1.ServicePort) string {
	if port.Name != "" {
		return port.Name
	}
	return strconv.Itoa(int(port.Port))
}
