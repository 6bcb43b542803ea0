//lint:file-ignore SA1019 clusters serve Endpoints, and clients read them, though EndpointSlices have taken their place

package services

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

const (
	// labelManagedBy is on Endpoints and tells who minds them.
	labelManagedBy     = "endpoints.kubernetes.io/managed-by"
	endpointController = "endpoint-controller"
)

// Endpoints are those of a Service in the older form, as the Endpoints controller makes them; nil for a Service that selects nothing.
func Endpoints(service *corev1.Service, pods []*corev1.Pod) *corev1.Endpoints {
	if !minded(service) {
		return nil
	}
	made := &corev1.Endpoints{ObjectMeta: ownedBy(service)}
	made.Name, made.OwnerReferences = service.Name, nil
	made.Labels[labelManagedBy] = endpointController
	subsets := map[string]*corev1.EndpointSubset{}
	for _, e := range endpointsOf(service, pods) {
		if e.pod.DeletionTimestamp != nil && !e.ready {
			continue
		}
		ports := portsFor(service, e.pod)
		if len(ports) == 0 && len(service.Spec.Ports) > 0 {
			continue
		}
		key := fmt.Sprint(ports)
		if subsets[key] == nil {
			subsets[key] = &corev1.EndpointSubset{Ports: endpointPorts(ports)}
		}
		address := corev1.EndpointAddress{
			IP: e.addresses[0].String(), Hostname: hostnameIn(service, e.pod), NodeName: &e.pod.Spec.NodeName, TargetRef: referenceTo(e.pod),
		}
		if e.ready {
			subsets[key].Addresses = append(subsets[key].Addresses, address)
		} else {
			subsets[key].NotReadyAddresses = append(subsets[key].NotReadyAddresses, address)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(subsets)) {
		byIP := func(a, b corev1.EndpointAddress) int { return cmp.Compare(a.IP, b.IP) }
		slices.SortFunc(subsets[key].Addresses, byIP)
		slices.SortFunc(subsets[key].NotReadyAddresses, byIP)
		made.Subsets = append(made.Subsets, *subsets[key])
	}
	return made
}

func endpointPorts(ports []podPort) []corev1.EndpointPort {
	var list []corev1.EndpointPort
	for _, port := range ports {
		list = append(list, corev1.EndpointPort{Name: port.Name, Port: port.number, Protocol: protocolOf(port.Protocol), AppProtocol: port.AppProtocol})
	}
	return list
}
