package network

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/docker/go-connections/nat"
	corev1 "k8s.io/api/core/v1"
)

// publishedPorts are the host ports of the main containers (S12.32). They are bound to 127.0.0.1 unless the port names
// a hostIP: a node's ports are for its cluster, a workstation's must not be for everyone on its network. A pod on the
// host's network publishes nothing; its containers listen there themselves.
func publishedPorts(pod *corev1.Pod) (nat.PortMap, nat.PortSet) {
	if pod.Spec.HostNetwork {
		return nil, nil
	}
	bindings := nat.PortMap{}
	exposed := nat.PortSet{}
	for _, c := range pod.Spec.Containers {
		for _, p := range c.Ports {
			if p.HostPort == 0 {
				continue
			}
			protocol := cmp.Or(p.Protocol, corev1.ProtocolTCP)
			port := nat.Port(fmt.Sprintf("%d/%s", p.ContainerPort, strings.ToLower(string(protocol))))
			binding := nat.PortBinding{HostIP: boundTo(p), HostPort: strconv.Itoa(int(p.HostPort))}
			if !slices.Contains(bindings[port], binding) { // 127.0.0.1 may also be named
				bindings[port] = append(bindings[port], binding)
			}
			exposed[port] = struct{}{}
		}
	}
	if len(bindings) == 0 {
		return nil, nil
	}
	return bindings, exposed
}

// boundTo is the address of the engine's machine on which a port is published.
func boundTo(p corev1.ContainerPort) string { return cmp.Or(p.HostIP, "127.0.0.1") }
