package runtime

import (
	"bytes"
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
	resolver, err := w.resolver(ctx, pod, sandbox)
	if err != nil {
		return err
	}
	if meta.Hosts, err = w.podHosts(ctx, pod, sandbox); err != nil {
		return err
	}
	if meta.Hostname, err = w.hostnameFile(ctx, pod); err != nil {
		return err
	}
	var warnings []network.DNSWarning
	meta.ResolvConf, warnings = network.ResolvConf(pod, resolver)
	for _, warning := range warnings {
		w.node.recorder.Pod(pod, corev1.EventTypeWarning, warning.Reason, "%s", warning.Message)
	}
	return nil
}

// resolver is what the pod's resolver file is made from. A pod whose file has nothing of the machine's is not made to wait for that.
func (w *worker) resolver(ctx context.Context, pod *corev1.Pod, sandbox *state.Sandbox) (network.Resolver, error) {
	const file = "/etc/resolv.conf"
	resolver := network.Resolver{ClusterDNS: []string{network.EmbeddedDNS}}
	switch {
	case pod.Spec.DNSPolicy == corev1.DNSNone:
		return resolver, nil
	case pod.Spec.HostNetwork:
		resolver.ClusterDNS = nil
	default: // the engine's file has the search paths and the options of the machine's
		seen, err := w.node.engine.ContainerStatPath(ctx, sandbox.ID, file)
		if err == nil && seen.Size == int64(len(network.BareResolvConf)) {
			resolver.NodeFile = []byte(network.BareResolvConf) // no other file with the engine's own server is as short
			return resolver, nil
		}
	}
	var err error
	if resolver.NodeFile, err = getFile(ctx, w.node.engine, sandbox.ID, file); err != nil {
		return resolver, fmt.Errorf("reading the resolver file of the engine's machine: %w", err)
	}
	if !bytes.Contains(resolver.NodeFile, []byte("nameserver "+network.EmbeddedDNS)) { // the engine's default network has no server
		resolver.ClusterDNS = nil
	}
	return resolver, nil
}

// hostnameFile is the pod's /etc/hostname (S10.13).
func (w *worker) hostnameFile(ctx context.Context, pod *corev1.Pod) ([]byte, error) {
	nameOf := podspec.KernelHostname
	if pod.Spec.HostNetwork {
		nameOf = func(*corev1.Pod) (string, error) { return w.node.machineName(ctx) }
	}
	name, err := nameOf(pod)
	if err != nil {
		return nil, err
	}
	return network.HostnameFile(name), nil
}

// addresses are the pod's and its machine's addresses, as the sandbox shows them (S3.41).
func (n *Node) addresses(ctx context.Context, pod *corev1.Pod, sandbox dockercontainer.InspectResponse) (podIPs, hostIPs []string) {
	if pod.Spec.HostNetwork {
		ips := n.machineIPs(ctx)
		return ips, ips
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
	if len(podIPs) > 0 && len(hostIPs) == 0 { // a network that leads nowhere else may have no gateway
		hostIPs = n.machineIPs(ctx)
	}
	return podIPs, hostIPs
}

// machineIPs are addresses of the engine's machine that containers can reach: the gateways of the engine's default network.
func (n *Node) machineIPs(ctx context.Context) []string {
	var gateways []string
	bridge, err := n.engine.NetworkInspect(ctx, "bridge", dockernetwork.InspectOptions{})
	if err == nil {
		for _, pool := range bridge.IPAM.Config {
			gateways = append(gateways, network.GatewayOf(pool)...)
		}
	}
	if len(gateways) == 0 {
		return []string{"127.0.0.1"}
	}
	return gateways
}

// machineName is the hostname of the engine's machine.
func (n *Node) machineName(ctx context.Context) (string, error) {
	info, err := n.engine.Info(ctx)
	if err != nil {
		return "", fmt.Errorf("asking for the name of the engine's machine: %w", err)
	}
	return info.Name, nil
}
