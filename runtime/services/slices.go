package services

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

const (
	sliceController = "endpointslice-controller.k8s.io"
	// maxPerSlice is how many endpoints the controller puts into one slice.
	maxPerSlice = 100
)

// Slices are the EndpointSlices of a Service, as the EndpointSlice controller makes them; without identity and times. A Service that
// selects nothing has none of the controller's. There is one at least of each family of addresses, and one for each set of ports that
// the names of target ports come to among the pods.
func Slices(service *corev1.Service, pods []*corev1.Pod) []*discoveryv1.EndpointSlice {
	if !minded(service) {
		return nil
	}
	behind := endpointsOf(service, pods)
	var all []*discoveryv1.EndpointSlice
	for _, family := range families(service) {
		byPorts := map[string]*discoveryv1.EndpointSlice{}
		for _, e := range behind {
			ports := portsFor(service, e.pod)
			for _, address := range e.addresses {
				if address.Is4() != (family == corev1.IPv4Protocol) {
					continue
				}
				key := fmt.Sprint(ports)
				if byPorts[key] == nil {
					byPorts[key] = newSlice(service, family, slicePorts(ports))
				}
				byPorts[key].Endpoints = append(byPorts[key].Endpoints, sliceEndpoint(service, e, address.String()))
			}
		}
		if len(byPorts) == 0 {
			byPorts[""] = newSlice(service, family, []discoveryv1.EndpointPort{})
		}
		for _, key := range slices.Sorted(maps.Keys(byPorts)) {
			all = append(all, divided(byPorts[key], key)...)
		}
	}
	return all
}

// minded reports whether the controllers look after the endpoints of a Service.
func minded(service *corev1.Service) bool {
	return len(service.Spec.Selector) > 0 && service.Spec.Type != corev1.ServiceTypeExternalName
}

// families are those of a Service's addresses; IPv4 when it says nothing.
func families(service *corev1.Service) []corev1.IPFamily {
	if len(service.Spec.IPFamilies) == 0 {
		return []corev1.IPFamily{corev1.IPv4Protocol}
	}
	return service.Spec.IPFamilies
}

// podPort is a Service's port as one pod has it.
type podPort struct {
	corev1.ServicePort
	number int32
}

// String tells one set of ports from another.
func (p podPort) String() string {
	return fmt.Sprintf("%s/%d/%s/%s", p.Name, p.number, protocolOf(p.Protocol), ptr.Deref(p.AppProtocol, ""))
}

// portsFor are the ports of a Service that a pod has.
func portsFor(service *corev1.Service, pod *corev1.Pod) []podPort {
	var ports []podPort
	for _, port := range service.Spec.Ports {
		if number, ok := targetPort(port, pod); ok {
			ports = append(ports, podPort{port, int32(number)})
		}
	}
	return ports
}

func slicePorts(ports []podPort) []discoveryv1.EndpointPort {
	list := []discoveryv1.EndpointPort{}
	for _, port := range ports {
		list = append(list, discoveryv1.EndpointPort{
			Name: &port.Name, Port: &port.number, Protocol: ptr.To(protocolOf(port.Protocol)), AppProtocol: port.AppProtocol,
		})
	}
	return list
}

func newSlice(service *corev1.Service, family corev1.IPFamily, ports []discoveryv1.EndpointPort) *discoveryv1.EndpointSlice {
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta: ownedBy(service), AddressType: discoveryv1.AddressType(family), Endpoints: []discoveryv1.Endpoint{}, Ports: ports,
	}
	slice.Labels[discoveryv1.LabelServiceName], slice.Labels[discoveryv1.LabelManagedBy] = service.Name, sliceController
	return slice
}

// ownedBy is the metadata of what belongs to a Service.
func ownedBy(service *corev1.Service) metav1.ObjectMeta {
	labels := map[string]string{}
	maps.Copy(labels, service.Labels)
	if service.Spec.ClusterIP == corev1.ClusterIPNone {
		labels[corev1.IsHeadlessService] = ""
	}
	return metav1.ObjectMeta{
		Namespace: service.Namespace, Labels: labels,
		OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(service, corev1.SchemeGroupVersion.WithKind("Service"))},
	}
}

func sliceEndpoint(service *corev1.Service, e endpoint, address string) discoveryv1.Endpoint {
	serving, terminating := isReady(e.pod), e.pod.DeletionTimestamp != nil
	ready := service.Spec.PublishNotReadyAddresses || serving && !terminating
	made := discoveryv1.Endpoint{
		Addresses:  []string{address},
		Conditions: discoveryv1.EndpointConditions{Ready: &ready, Serving: &serving, Terminating: &terminating},
		TargetRef:  referenceTo(e.pod), NodeName: &e.pod.Spec.NodeName,
	}
	if name := hostnameIn(service, e.pod); name != "" {
		made.Hostname = &name
	}
	return made
}

func referenceTo(pod *corev1.Pod) *corev1.ObjectReference {
	return &corev1.ObjectReference{Kind: "Pod", Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID}
}

// hostnameIn is the name of its own that a pod has among those of a Service; "" is none.
func hostnameIn(service *corev1.Service, pod *corev1.Pod) string {
	if pod.Spec.Subdomain != service.Name {
		return ""
	}
	return pod.Spec.Hostname
}

// divided are slices with no more endpoints than one may have, each with a name that stays the same while the Service and its ports do.
func divided(whole *discoveryv1.EndpointSlice, ports string) []*discoveryv1.EndpointSlice {
	slices.SortFunc(whole.Endpoints, func(a, b discoveryv1.Endpoint) int { return cmp.Compare(a.Addresses[0], b.Addresses[0]) })
	var parts []*discoveryv1.EndpointSlice
	for first := 0; first == 0 || first < len(whole.Endpoints); first += maxPerSlice {
		part := whole.DeepCopy()
		part.Endpoints = part.Endpoints[first:min(first+maxPerSlice, len(part.Endpoints))]
		owner := part.OwnerReferences[0]
		identity := sha256.Sum256(fmt.Appendf(nil, "%s/%s/%s/%d", owner.UID, part.AddressType, ports, first))
		part.Name = owner.Name + "-" + hex.EncodeToString(identity[:])[:5]
		part.GenerateName = owner.Name + "-"
		parts = append(parts, part)
	}
	return parts
}
