package runtime

import (
	"context"
	"fmt"
	"net"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/runtime/state"
	"github.com/podsim/podsim/runtime/status"
)

// dialer connects to the addresses of a pod with that sandbox: directly where this machine routes to them, else through the sandbox
// (D10).
func (n *Node) dialer(sandbox *state.Sandbox) network.Dial {
	switch {
	case n.dial != nil:
		return n.dial
	case n.options.Dial == network.DialTunnel:
		return network.Tunnel(n.engine, sandbox.ID)
	case n.options.Dial == network.DialAutomatic && !network.Routable(n.options.EngineHost, sandbox.HostIPs):
		return network.Tunnel(n.engine, sandbox.ID)
	default:
		return network.Direct()
	}
}

// dialInto has probes and hooks reach the pod by that sandbox from now on.
func (w *worker) dialInto(sandbox *state.Sandbox) {
	dial, inside := w.node.dialer(sandbox), network.Tunnel(w.node.engine, sandbox.ID)
	if w.node.dial != nil {
		inside = w.node.dial
	}
	w.dial.Store(&dial)
	w.inside.Store(&inside)
}

// DialPod connects to a TCP port at the pod's own localhost.
func (n *Node) DialPod(ctx context.Context, namespace, name string, port uint16) (net.Conn, error) {
	_, w, err := n.living(namespace, name)
	if err != nil {
		return nil, err
	}
	dial := *w.inside.Load()
	local := func(ip string) string { return net.JoinHostPort(ip, strconv.Itoa(int(port))) }
	conn, failure4 := dial(ctx, "tcp4", local("127.0.0.1"))
	if failure4 == nil {
		return conn, nil
	}
	conn, failure6 := dial(ctx, "tcp6", local("::1"))
	if failure6 == nil {
		return conn, nil
	}
	return nil, fmt.Errorf("failed to connect to localhost:%d inside the pod, IPv4: %w IPv6 %w", port, failure4, failure6)
}

// DialPodAddress connects to a TCP port at the pod's address, from outside the pod.
func (n *Node) DialPodAddress(ctx context.Context, namespace, name string, port uint16) (net.Conn, error) {
	pod, w, err := n.living(namespace, name)
	if err != nil {
		return nil, err
	}
	return (*w.dial.Load())(ctx, "tcp", net.JoinHostPort(pod.Status.PodIP, strconv.Itoa(int(port))))
}

// living is a pod that has a sandbox to connect to, with its worker.
func (n *Node) living(namespace, name string) (*corev1.Pod, *worker, error) {
	pod, err := n.store.Pods.Get(types.NamespacedName{Namespace: namespace, Name: name})
	if err != nil {
		return nil, nil, err
	}
	w := n.worker(pod.UID)
	if w == nil || w.inside.Load() == nil || status.Terminal(pod.Status.Phase) {
		return nil, nil, fmt.Errorf("failed to find sandbox of pod %s/%s: its phase is %s", namespace, name, pod.Status.Phase)
	}
	return pod, w, nil
}
