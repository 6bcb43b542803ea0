//go:build linux

package main

import (
	"math/rand/v2"
	"net/netip"
	"slices"

	"github.com/podsim/podsim/network/serviceproxy"
)

// affinities are the endpoints at which a pod stays, by the Service's port and address. The pod is the only client of its proxy.
type affinities map[affinityKey]netip.AddrPort

type affinityKey struct {
	address  netip.AddrPort
	protocol serviceproxy.Protocol
}

// settle leaves of each port with affinity the one endpoint that the pod stays at: the one it had, as long as that is there. It changes
// the forwards, and returns what was chosen.
func (a affinities) settle(forwards []serviceproxy.Forward) affinities {
	chosen := affinities{}
	for i := range forwards {
		f := &forwards[i]
		if !f.Affinity || len(f.Endpoints) == 0 {
			continue
		}
		key := affinityKey{f.Address, f.Protocol}
		endpoint, had := a[key]
		if !had || !slices.Contains(f.Endpoints, endpoint) {
			endpoint = f.Endpoints[rand.IntN(len(f.Endpoints))]
		}
		chosen[key] = endpoint
		f.Endpoints = []netip.AddrPort{endpoint}
	}
	return chosen
}
