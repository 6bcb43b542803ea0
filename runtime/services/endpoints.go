package services

import (
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
)

// endpoint is a pod behind a Service.
type endpoint struct {
	pod       *corev1.Pod
	addresses []netip.Addr
	// ready: connections may go there. Of a Service that publishes addresses before they are ready all are.
	ready bool
	// serving: the pod is ready, though it may be ending.
	serving bool
}

// endpointsOf are the pods behind a Service, as the EndpointSlice controller finds them: those that are selected, have an address and
// have not ended.
func endpointsOf(service *corev1.Service, pods []*corev1.Pod) []endpoint {
	var found []endpoint
	for _, pod := range pods {
		if !podspec.Selects(service, pod) || pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
			continue
		}
		addresses := addressesOf(service, pod)
		if len(addresses) == 0 {
			continue
		}
		e := endpoint{pod: pod, addresses: addresses}
		e.serving = service.Spec.PublishNotReadyAddresses || isReady(pod)
		e.ready = service.Spec.PublishNotReadyAddresses || e.serving && pod.DeletionTimestamp == nil
		found = append(found, e)
	}
	return found
}

// published are the endpoints that the DNS tells of.
func published(all []endpoint) []endpoint {
	return slices.DeleteFunc(slices.Clone(all), func(e endpoint) bool { return !e.ready })
}

// reachable are the endpoints that connections go to: the ready ones or, if there are none, those that still serve while they end.
func reachable(all []endpoint) []endpoint {
	if ready := published(all); len(ready) > 0 {
		return ready
	}
	return slices.DeleteFunc(slices.Clone(all), func(e endpoint) bool { return !e.serving })
}

// addressesOf are the pod's addresses of the Service's families.
func addressesOf(service *corev1.Service, pod *corev1.Pod) []netip.Addr {
	wanted := families(service)
	var addresses []netip.Addr
	for _, ip := range pod.Status.PodIPs {
		address, err := netip.ParseAddr(ip.IP)
		if err != nil {
			continue
		}
		family := corev1.IPv4Protocol
		if address.Is6() {
			family = corev1.IPv6Protocol
		}
		if slices.Contains(wanted, family) {
			addresses = append(addresses, address)
		}
	}
	return addresses
}

func isReady(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

// targetPort is the port of the pod that a port of a Service stands for. False when the pod has no port of that name and protocol.
func targetPort(port corev1.ServicePort, pod *corev1.Pod) (uint16, bool) {
	if name := port.TargetPort.StrVal; name != "" {
		for _, c := range slices.Concat(pod.Spec.Containers, sidecarsOf(pod)) {
			for _, declared := range c.Ports {
				if declared.Name == name && protocolOf(declared.Protocol) == protocolOf(port.Protocol) {
					return uint16(declared.ContainerPort), true
				}
			}
		}
		return 0, false
	}
	if number := port.TargetPort.IntVal; number != 0 {
		return uint16(number), true
	}
	return uint16(port.Port), true
}

// sidecarsOf are the init containers whose ports a Service can name: those that run on.
func sidecarsOf(pod *corev1.Pod) []corev1.Container {
	var sidecars []corev1.Container
	for _, c := range pod.Spec.InitContainers {
		if podspec.IsSidecar(&c) {
			sidecars = append(sidecars, c)
		}
	}
	return sidecars
}

func protocolOf(protocol corev1.Protocol) corev1.Protocol {
	if protocol == "" {
		return corev1.ProtocolTCP
	}
	return protocol
}
