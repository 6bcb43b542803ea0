package network

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network/serviceproxy"
	"github.com/podsim/podsim/podspec"
)

// ProxyEngine is the piece of the engine that StartProxy needs.
type ProxyEngine interface {
	HelperEngine
	ExecEngine
}

// StartProxy starts the proxy of a pod: a container in the network namespace of the pod's sandbox that may change the rules of that and
// nothing else, so that neither the sandbox nor the pod's containers have to. It goes on without the node. The caller removes it. image is
// what EnsureAgentImage returned.
func StartProxy(ctx context.Context, engine ProxyEngine, image, nodeID string, pod *corev1.Pod, sandboxID string) (id string, err error) {
	h := newHelper(image, nodeID, string(pod.UID), []string{"proxy"}, func(host *container.HostConfig) {
		host.NetworkMode = container.NetworkMode("container:" + sandboxID)
		host.ReadonlyRootfs = false // it has a socket there
		host.CapAdd = []string{"NET_ADMIN"}
		host.LogConfig = container.LogConfig{Type: "none"}
	})
	h.config.Labels[LabelPodName], h.config.Labels[LabelPodNamespace] = pod.Name, pod.Namespace
	h.config.Labels[LabelType], h.config.Labels[LabelSandbox] = TypeProxy, sandboxID
	name := proxyName(pod, sandboxID)
	created, err := engine.ContainerCreate(ctx, h.config, h.host, nil, nil, name)
	if errdefs.IsConflict(err) { // left by an attempt that was interrupted
		_ = engine.ContainerRemove(ctx, name, container.RemoveOptions{Force: true})
		created, err = engine.ContainerCreate(ctx, h.config, h.host, nil, nil, name)
	}
	if err != nil {
		return "", fmt.Errorf("creating the proxy for Services: %w", err)
	}
	if err := engine.ContainerStart(ctx, created.ID, container.StartOptions{}); err != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removalTime)
		defer cancel()
		_ = engine.ContainerRemove(ctx, created.ID, container.RemoveOptions{Force: true}) // else it goes with the pod
		return "", fmt.Errorf("starting the proxy for Services: %w", err)
	}
	return created.ID, nil
}

// proxyName is the engine's name for the proxy of a sandbox.
func proxyName(pod *corev1.Pod, sandboxID string) string {
	return "podsim_services_" + pod.Name + "_" + pod.Namespace + "_" + sandboxID[:min(len(sandboxID), 12)]
}

// TellProxy brings a table into effect. It returns when that is done.
func TellProxy(ctx context.Context, engine ExecEngine, proxyID string, table serviceproxy.Table) error {
	content, err := json.Marshal(table)
	if err != nil {
		return err
	}
	if _, err := CallAgent(ctx, engine, proxyID, content, "proxy-table"); err != nil {
		return fmt.Errorf("telling the proxy for Services: %w", err)
	}
	return nil
}

// ProxyDNS are the addresses at which the proxy of a pod answers for names, and the server that it asks for those that it does not know.
// The pod's resolver file names the engine's own server as the cluster DNS: that is asked by way of the proxy, unless the pod wants
// another DNS than the cluster's.
func ProxyDNS(pod *corev1.Pod) (addresses []netip.Addr, upstream netip.AddrPort) {
	embedded := netip.MustParseAddr(EmbeddedDNS)
	addresses = []netip.Addr{netip.MustParseAddr(podspec.DNSServiceAddress)}
	if effectiveDNSPolicy(pod) == corev1.DNSClusterFirst {
		addresses = append(addresses, embedded)
	}
	return addresses, netip.AddrPortFrom(embedded, 53)
}
