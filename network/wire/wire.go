// Package wire is what a node asks the agent to do to a pod's network on purpose: to cut it, or to make it slow, lossy or narrow.
//
// A State is the whole of what is to be so; the zero value is a network as it was. That makes a change the same as a beginning, and an end
// the same as either, so that nobody has to remember what was done before.
//
// The package is pure, and it imports nothing of Kubernetes, because it is part of the agent.
package wire

import (
	"net/netip"
	"time"
)

// State is what is done to a pod's network, the loopback device left out.
type State struct {
	// Cut: nothing that the pod sends arrives anywhere, and nothing arrives that is sent to it; nobody is told.
	Cut bool `json:"cut,omitempty"`
	// Elsewhere are the addresses of IPv4 that a cut cuts off although something within the pod's network namespace answers for them: they
	// are those of the cluster's Services, DNS and API.
	Elsewhere []netip.Prefix `json:"elsewhere,omitempty"`
	// Latency is how much later than sent what the pod sends leaves it, and Jitter by how much that varies.
	Latency time.Duration `json:"latency,omitempty"`
	Jitter  time.Duration `json:"jitter,omitempty"`
	// Loss is the share of what is sent to the pod that gets lost, in percent.
	Loss float64 `json:"loss,omitempty"`
	// Rate is how much the pod can send, in bits a second; 0 sets no limit.
	Rate int64 `json:"rate,omitempty"`
}
