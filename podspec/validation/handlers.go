package validation

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// handler is what probes and hooks do: one of its fields.
type handler struct {
	exec  *corev1.ExecAction
	http  *corev1.HTTPGetAction
	tcp   *corev1.TCPSocketAction
	grpc  *corev1.GRPCAction
	sleep *corev1.SleepAction
}

func probeHandler(h *corev1.ProbeHandler) handler {
	return handler{exec: h.Exec, http: h.HTTPGet, tcp: h.TCPSocket, grpc: h.GRPC}
}

func hookHandler(h *corev1.LifecycleHandler) handler {
	return handler{exec: h.Exec, http: h.HTTPGet, tcp: h.TCPSocket, sleep: h.Sleep}
}

// validateHandler requires exactly one way, and that it can be gone; of a second one only its being there is said (S2.50, S2.54).
// The grace period is the pod's, in seconds.
func validateHandler(h handler, gracePeriod *int64, path *field.Path) field.ErrorList {
	ways := []struct {
		field    string
		set      bool
		validate func(path *field.Path) field.ErrorList
	}{
		{"exec", h.exec != nil, func(at *field.Path) field.ErrorList { return validateExec(h.exec, at) }},
		{"httpGet", h.http != nil, func(at *field.Path) field.ErrorList { return validateHTTPGet(h.http, at) }},
		{"tcpSocket", h.tcp != nil, func(at *field.Path) field.ErrorList { return validatePort(h.tcp.Port, at.Child("port")) }},
		{"grpc", h.grpc != nil, func(at *field.Path) field.ErrorList { return validateGRPC(h.grpc, at) }},
		{"sleep", h.sleep != nil, func(at *field.Path) field.ErrorList { return validateSleep(h.sleep, gracePeriod, at) }},
	}
	var errs field.ErrorList
	found := false
	for _, way := range ways {
		switch at := path.Child(way.field); {
		case !way.set:
		case found:
			errs = append(errs, field.Forbidden(at, "may not specify more than 1 handler type"))
		default:
			found = true
			errs = append(errs, way.validate(at)...)
		}
	}
	if !found {
		errs = append(errs, field.Required(path, "must specify a handler type"))
	}
	return errs
}

func validateExec(exec *corev1.ExecAction, path *field.Path) field.ErrorList {
	if len(exec.Command) == 0 {
		return field.ErrorList{field.Required(path.Child("command"), "")}
	}
	return nil
}

// validateHTTPGet forgets the index of a header, as the API server does (S2.54).
func validateHTTPGet(get *corev1.HTTPGetAction, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if get.Path == "" {
		errs = append(errs, field.Required(path.Child("path"), ""))
	}
	errs = append(errs, validatePort(get.Port, path.Child("port"))...)
	errs = append(errs, validateMember(path.Child("scheme"), get.Scheme, corev1.URISchemeHTTP, corev1.URISchemeHTTPS)...)
	for _, header := range get.HTTPHeaders {
		errs = append(errs, invalid(path.Child("httpHeaders"), header.Name, validation.IsHTTPHeaderName(header.Name))...)
	}
	if get.Protocol != nil {
		errs = append(errs, validateHTTPProtocol(*get.Protocol, get, path.Child("protocol"))...)
	}
	return errs
}

// validateHTTPProtocol keeps HTTP/2 to plain connections to the pod's own address. How the API server words the second of
// these rules has not been seen.
func validateHTTPProtocol(protocol corev1.HTTPProtocol, get *corev1.HTTPGetAction, path *field.Path) field.ErrorList {
	errs := validateMember(path, protocol, corev1.HTTPProtocolHTTP1, corev1.HTTPProtocolHTTP2)
	switch {
	case protocol != corev1.HTTPProtocolHTTP2:
	case get.Scheme == corev1.URISchemeHTTPS:
		errs = append(errs, field.Invalid(path, protocol, "HTTP2 cannot be combined with scheme HTTPS"))
	case get.Host != "":
		errs = append(errs, field.Invalid(path, protocol, "HTTP2 cannot be combined with host"))
	}
	return errs
}

func validateGRPC(grpc *corev1.GRPCAction, path *field.Path) field.ErrorList {
	errs := validatePort(intstr.FromInt32(grpc.Port), path.Child("port"))
	if grpc.Mode != nil {
		errs = append(errs, validateMember(path.Child("mode"), *grpc.Mode, corev1.GRPCProbeModePlaintext, corev1.GRPCProbeModeTLS)...)
	}
	return errs
}

// validateSleep lets a hook sleep for as long as the grace period, and not at all (S2.55).
func validateSleep(sleep *corev1.SleepAction, gracePeriod *int64, path *field.Path) field.ErrorList {
	if gracePeriod == nil || sleep.Seconds >= 0 && sleep.Seconds <= *gracePeriod {
		return nil
	}
	return field.ErrorList{field.Invalid(path, sleep.Seconds,
		fmt.Sprintf("must be non-negative and less than terminationGracePeriodSeconds (%d)", *gracePeriod))}
}

// validatePort checks the number or the form of the name of a port. Whether the container has one of that name shows when it
// is used (S2.85).
func validatePort(port intstr.IntOrString, path *field.Path) field.ErrorList {
	if port.Type == intstr.String {
		return invalid(path, port.StrVal, validation.IsValidPortName(port.StrVal))
	}
	return invalid(path, port.IntValue(), validation.IsValidPortNum(port.IntValue()))
}

// validateMember checks a value that is one of a few words, among which an empty one is not told from a wrong one. The message
// lists them in their order.
func validateMember[T ~string](path *field.Path, value T, supported ...T) field.ErrorList {
	if slices.Contains(supported, value) {
		return nil
	}
	return field.ErrorList{field.NotSupported(path, value, slices.Sorted(slices.Values(supported)))}
}
