package network

import (
	"maps"
	"slices"

	"github.com/podsim/podsim/network/serviceproxy"
)

// RoutesFrom are the ways from one of the networks that a router links to all the others.
func RoutesFrom(networkID string, links map[string]Link) []serviceproxy.Route {
	var routes []serviceproxy.Route
	for _, id := range slices.Sorted(maps.Keys(links)) {
		if id == networkID {
			continue
		}
		for _, subnet := range links[id].Subnets {
			for _, via := range links[networkID].Addresses {
				if via.Is4() == subnet.Addr().Is4() {
					routes = append(routes, serviceproxy.Route{To: subnet, Via: via})
				}
			}
		}
	}
	return routes
}
