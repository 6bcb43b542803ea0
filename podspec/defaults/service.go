package defaults

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Service sets the type, and the protocol and target of ports; nothing else of a Service means something to a pod.
func Service(service *corev1.Service) {
	setDefault(&service.Spec.Type, corev1.ServiceTypeClusterIP)
	for i := range service.Spec.Ports {
		port := &service.Spec.Ports[i]
		setDefault(&port.Protocol, corev1.ProtocolTCP)
		if port.TargetPort == intstr.FromInt32(0) || port.TargetPort == intstr.FromString("") {
			port.TargetPort = intstr.FromInt32(port.Port)
		}
	}
}
