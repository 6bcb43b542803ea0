package validation

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// ValidateService returns what the API server finds wrong with the parts of a defaulted Service that mean something to a pod: its
// name, type, ports and selector. How a cluster gives it addresses, balances it and opens it to the outside is not looked at.
func ValidateService(service *corev1.Service) field.ErrorList {
	errs := validateMetadataNamed(&service.ObjectMeta, apivalidation.NameIsDNSLabel)
	spec, path := &service.Spec, field.NewPath("spec")
	headless := spec.ClusterIP == corev1.ClusterIPNone
	if len(spec.Ports) == 0 && !headless && spec.Type != corev1.ServiceTypeExternalName {
		errs = append(errs, field.Required(path.Child("ports"), ""))
	}
	switch {
	case spec.Type == corev1.ServiceTypeExternalName:
		errs = append(errs, validateExternalName(spec.ExternalName, path.Child("externalName"))...)
	case headless && spec.Type != corev1.ServiceTypeClusterIP:
		errs = append(errs, field.Invalid(path.Child("clusterIPs").Index(0), spec.ClusterIP, "may not be set to 'None' for "+string(spec.Type)+" services"))
	}
	errs = append(errs, validateClusterIP(spec, path.Child("clusterIPs"))...)
	errs = append(errs, validateServicePorts(spec.Ports, path.Child("ports"))...)
	errs = append(errs, inStableOrder(metavalidation.ValidateLabels(spec.Selector, path.Child("selector")))...)
	errs = append(errs, validateOneOf(path.Child("type"), spec.Type,
		corev1.ServiceTypeClusterIP, corev1.ServiceTypeExternalName, corev1.ServiceTypeLoadBalancer, corev1.ServiceTypeNodePort)...)
	return append(errs, validateServicePortsDiffer(spec, path.Child("ports"))...)
}

// validateClusterIP requires an address, if there is one. Which one it may be is for who gives them out.
func validateClusterIP(spec *corev1.ServiceSpec, path *field.Path) field.ErrorList {
	if spec.Type == corev1.ServiceTypeExternalName {
		return nil
	}
	addresses := spec.ClusterIPs
	if len(addresses) == 0 && spec.ClusterIP != "" { // a server copies the one to the other
		addresses = []string{spec.ClusterIP}
	}
	var errs field.ErrorList
	switch {
	case len(addresses) > 0 && spec.ClusterIP == "":
		errs = append(errs, field.Invalid(path, spec.ClusterIPs, "must be empty when `clusterIP` is not specified"))
	case len(addresses) > 0 && addresses[0] != spec.ClusterIP:
		errs = append(errs, field.Invalid(path, spec.ClusterIPs, "first value must match `clusterIP`"))
	}
	for i, address := range addresses {
		switch {
		case i > 0 || address != corev1.ClusterIPNone:
			errs = append(errs, validation.IsValidIPForLegacyField(path.Index(i), address, false, nil)...)
		case len(addresses) > 1:
			errs = append(errs, field.Invalid(path, spec.ClusterIPs, "'None' must be the first and only value"))
		}
	}
	return errs
}

// validateExternalName requires a DNS name, which may end in a dot.
func validateExternalName(name string, path *field.Path) field.ErrorList {
	name = strings.TrimSuffix(name, ".")
	if name == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	return invalid(path, name, validation.IsDNS1123Subdomain(name))
}

func validateServicePorts(ports []corev1.ServicePort, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	names := map[string]bool{}
	for i, port := range ports {
		at := path.Index(i)
		if port.Name != "" || len(ports) > 1 {
			errs = append(errs, validateDNSLabel(at.Child("name"), port.Name)...)
		}
		if port.Name != "" && names[port.Name] {
			errs = append(errs, field.Duplicate(at.Child("name"), port.Name))
		}
		names[port.Name] = true
		errs = append(errs, invalid(at.Child("port"), port.Port, validation.IsValidPortNum(int(port.Port)))...)
		errs = append(errs, validateOneOf(at.Child("protocol"), port.Protocol, corev1.ProtocolSCTP, corev1.ProtocolTCP, corev1.ProtocolUDP)...)
		errs = append(errs, validateTargetPort(port.TargetPort, at.Child("targetPort"))...)
		if port.AppProtocol != nil {
			errs = append(errs, invalid(at.Child("appProtocol"), *port.AppProtocol, validation.IsQualifiedName(*port.AppProtocol))...)
		}
	}
	return errs
}

func validateTargetPort(port intstr.IntOrString, path *field.Path) field.ErrorList {
	if port.Type == intstr.String {
		return invalid(path, port.StrVal, validation.IsValidPortName(port.StrVal))
	}
	return invalid(path, port.IntValue(), validation.IsValidPortNum(port.IntValue()))
}

// validateServicePortsDiffer refuses ports that stand twice, inside or on the nodes.
func validateServicePortsDiffer(spec *corev1.ServiceSpec, path *field.Path) field.ErrorList {
	type key struct {
		protocol corev1.Protocol
		number   int32
	}
	var errs field.ErrorList
	if spec.Type == corev1.ServiceTypeClusterIP {
		for i, port := range spec.Ports {
			if port.NodePort != 0 {
				errs = append(errs, field.Forbidden(path.Index(i).Child("nodePort"), "may not be used when `type` is 'ClusterIP'"))
			}
		}
	}
	taken := map[key]bool{}
	for i, port := range spec.Ports {
		if port.NodePort != 0 && taken[key{port.Protocol, port.NodePort}] {
			errs = append(errs, field.Duplicate(path.Index(i).Child("nodePort"), port.NodePort))
		}
		taken[key{port.Protocol, port.NodePort}] = true
	}
	taken = map[key]bool{}
	for i, port := range spec.Ports {
		if taken[key{port.Protocol, port.Port}] {
			errs = append(errs, field.Duplicate(path.Index(i), serverPort{Port: port.Port, Protocol: port.Protocol}))
		}
		taken[key{port.Protocol, port.Port}] = true
	}
	return errs
}

// serverPort is a Service's port as the API server prints it in a message: by its internal type, whose fields have no JSON names.
type serverPort struct {
	Name        string
	Protocol    corev1.Protocol
	AppProtocol *string
	Port        int32
	TargetPort  int32
	NodePort    int32
}
