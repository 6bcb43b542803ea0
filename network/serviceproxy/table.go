// Package serviceproxy is what a node tells the proxy of a pod about Services, and how that answers for their names.
//
// A pod's proxy is to the pod what kube-proxy and the cluster's DNS are on a node: it has the kernel translate connections to the addresses
// of Services into ones to pods, in the pod's own network namespace, so that the other side sees the pod's address, and it answers for
// names below the cluster's domain. The node decides both: a Table holds the outcome, and the proxy, which is the agent's, knows nothing
// of Services, selectors or readiness.
//
// The package is pure, and it imports nothing of Kubernetes, because it is part of the agent.
package serviceproxy

import "net/netip"

// Table is all that a proxy needs to know. The zero value has it do nothing.
type Table struct {
	// Forwards are the ports of Services, in the order of their rules.
	Forwards []Forward `json:"forwards,omitempty"`
	// Refused are the addresses of Services. What is not forwarded from them is refused.
	Refused []netip.Addr `json:"refused,omitempty"`
	// Zone are the names of the cluster.
	Zone Zone `json:"zone"`
	// Routes lead to the pods of other networks.
	Routes []Route `json:"routes,omitempty"`
	// DNS are the addresses at which the proxy answers for names, on port 53.
	DNS []netip.Addr `json:"dns,omitempty"`
	// Upstream is the server that knows all other names.
	Upstream netip.AddrPort `json:"upstream"`
}

// Route is the way to a network.
type Route struct {
	To  netip.Prefix `json:"to"`
	Via netip.Addr   `json:"via"`
}

// Forward is one port of a Service.
type Forward struct {
	// Service names the port, such as ns/svc:http.
	Service  string         `json:"service"`
	Address  netip.AddrPort `json:"address"`
	Protocol Protocol       `json:"protocol"`
	// Affinity keeps a client at the endpoint that it got first.
	Affinity bool `json:"affinity,omitempty"`
	// Endpoints are where a connection may go to. Without any it is refused.
	Endpoints []netip.AddrPort `json:"endpoints,omitempty"`
}

// Protocol is TCP, UDP or SCTP, as a Service names it.
type Protocol string

// Zone is what the cluster's DNS answers from.
type Zone struct {
	// Domain is the cluster's, such as cluster.local.
	Domain string `json:"domain"`
	// Names are in lower case and end with a dot.
	Names map[string]Name `json:"names,omitempty"`
	// Shuffle changes the order of so many addresses, as rand.Shuffle does, so that clients that take the first one do not all take the
	// same. Nil leaves them as they are.
	Shuffle func(n int, swap func(i, j int)) `json:"-"`
}

// Name is what there is to know of one name.
type Name struct {
	Addresses []netip.Addr `json:"addresses,omitempty"`
	Services  []Target     `json:"services,omitempty"` // SRV records
	Alias     string       `json:"alias,omitempty"`    // the CNAME record
	Pointers  []string     `json:"pointers,omitempty"` // PTR records
}

// Target is where an SRV record points.
type Target struct {
	Name string `json:"name"`
	Port uint16 `json:"port"`
}
