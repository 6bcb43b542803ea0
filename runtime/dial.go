package runtime

import (
	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/runtime/state"
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
	dial := w.node.dialer(sandbox)
	w.dial.Store(&dial)
}
