package runtime

import (
	"context"
	"fmt"

	dockercontainer "github.com/docker/docker/api/types/container"
	dockernetwork "github.com/docker/docker/api/types/network"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/state"
	"github.com/podsim/podsim/volumes"
)

// managedFiles fills in /etc/hosts, /etc/resolv.conf and /etc/hostname (S10).
func (w *worker) managedFiles(ctx context.Context, pod *corev1.Pod, sandbox *state.Sandbox, meta *volumes.Meta) error {
	resolver := network.Resolver{ClusterDNS: []string{network.EmbeddedDNS}}
	if pod.Spec.HostNetwork || pod.Spec.DNSPolicy == corev1.DNSDefault {
		files, err := getFile(ctx, w.node.engine, sandbox.ID, "/etc/resolv.conf")
		if err != nil {
			return fmt.Errorf("reading the resolver file of the engine's machine: %w", err)
		}
		resolver.NodeFile = files
	}
	if pod.Spec.HostNetwork {
		nodeHosts, err := getFile(ctx, w.node.engine, sandbox.ID, "/etc/hosts")
		if err != nil {
			return fmt.Errorf("reading the hosts file of the engine's machine: %w", err)
		}
		resolver.ClusterDNS = nil
		meta.Hosts = network.HostNetworkHosts(nodeHosts, pod.Spec.HostAliases)
		name, err := w.node.machineName(ctx)
		if err != nil {
			return err
		}
		meta.Hostname = network.HostnameFile(name)
	} else {
		meta.Hosts = podHosts(pod, sandbox)
		kernelName, err := podspec.KernelHostname(pod)
		if err != nil {
			return err
		}
		meta.Hostname = network.HostnameFile(kernelName)
	}
	var warnings []network.DNSWarning
	meta.ResolvConf, warnings = network.ResolvConf(pod, resolver)
	for _, warning := range warnings {
		w.node.recorder.Pod(pod, corev1.EventTypeWarning, warning.Reason, "%s", warning.Message)
	}
	return nil
}

// addresses are the pod's and its machine's addresses, as the sandbox shows them (S3.41).
func (n *Node) addresses(ctx context.Context, pod *corev1.Pod, sandbox dockercontainer.InspectResponse) (podIPs, hostIPs []string) {
	if pod.Spec.HostNetwork {
		ip := n.machineIP(ctx)
		return []string{ip}, []string{ip}
	}
	for _, endpoint := range sandbox.NetworkSettings.Networks {
		for _, ip := range []string{endpoint.IPAddress, endpoint.GlobalIPv6Address} {
			if ip != "" {
				podIPs = append(podIPs, ip)
			}
		}
		for _, ip := range []string{endpoint.Gateway, endpoint.IPv6Gateway} {
			if ip != "" {
				hostIPs = append(hostIPs, ip)
			}
		}
	}
	return podIPs, hostIPs
}

// machineIP is an address of the engine's machine that containers can reach: the gateway of the engine's default network.
func (n *Node) machineIP(ctx context.Context) string {
	const fallback = "127.0.0.1"
	bridge, err := n.engine.NetworkInspect(ctx, "bridge", dockernetwork.InspectOptions{})
	if err != nil || len(bridge.IPAM.Config) == 0 || bridge.IPAM.Config[0].Gateway == "" {
		return fallback
	}
	return bridge.IPAM.Config[0].Gateway
}

// machineName is the hostname of the engine's machine.
func (n *Node) machineName(ctx context.Context) (string, error) {
	info, err := n.engine.Info(ctx)
	if err != nil {
		return "", fmt.Errorf("asking for the name of the engine's machine: %w", err)
	}
	return info.Name, nil
}

// podHosts is the managed /etc/hosts of a pod on podsim's network (S10.2).
func podHosts(pod *corev1.Pod, sandbox *state.Sandbox) []byte {
	hostname, domain := podspec.Hostname(pod)
	return network.Hosts(sandbox.IPs, hostname, domain, pod.Spec.HostAliases)
}

// renewHosts undoes what containers did to /etc/hosts, as it is done whenever one of them is started again (S10.1).
func (w *worker) renewHosts(ctx context.Context, pod *corev1.Pod) error {
	if pod.Spec.HostNetwork {
		return nil // the machine's own file is not at hand any more
	}
	ctx, cancel := context.WithTimeout(ctx, engineTimeout) // it must not hold the pod for ever
	defer cancel()
	return network.WriteHosts(ctx, w.node.engine, w.state.Sandbox.ID, podHosts(pod, w.state.Sandbox))
}
