//go:build linux

package main

import (
	"fmt"
	"net/netip"
	"os"
	"slices"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/podsim/podsim/network/serviceproxy"
)

// routeProtocol marks the routes that are the proxy's: one of the numbers that the kernel leaves to others.
const routeProtocol = 198

// applyRoutes makes the routes of this network namespace that are the proxy's exactly these.
func applyRoutes(routes []serviceproxy.Route) error {
	kernel, err := netlink.Dial(unix.NETLINK_ROUTE, nil)
	if err != nil {
		return err
	}
	defer kernel.Close()
	old, err := ownRoutes(kernel)
	if err != nil {
		return fmt.Errorf("reading the routes: %w", err)
	}
	for _, route := range routes {
		if !slices.Contains(old, route) {
			if err := changeRoute(kernel, unix.RTM_NEWROUTE, netlink.Create|netlink.Replace, route); err != nil {
				return fmt.Errorf("adding a route to %s by way of %s: %w", route.To, route.Via, err)
			}
		}
	}
	for _, route := range old {
		if slices.ContainsFunc(routes, func(r serviceproxy.Route) bool { return r.To == route.To }) {
			continue // it was replaced, or stays
		}
		if err := changeRoute(kernel, unix.RTM_DELROUTE, 0, route); err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("removing the route to %s: %w", route.To, err)
		}
	}
	return nil
}

// changeRoute adds or removes one route.
func changeRoute(kernel *netlink.Conn, kind netlink.HeaderType, flags netlink.HeaderFlags, route serviceproxy.Route) error {
	attributes := netlink.NewAttributeEncoder()
	attributes.Bytes(unix.RTA_DST, route.To.Addr().AsSlice())
	attributes.Bytes(unix.RTA_GATEWAY, route.Via.AsSlice())
	encoded, err := attributes.Encode()
	if err != nil {
		return err
	}
	message := []byte{byte(familyOf(route.To)), byte(route.To.Bits()), 0, 0, unix.RT_TABLE_MAIN, routeProtocol,
		unix.RT_SCOPE_UNIVERSE, unix.RTN_UNICAST, 0, 0, 0, 0}
	_, err = kernel.Execute(netlink.Message{
		Header: netlink.Header{Type: kind, Flags: netlink.Request | netlink.Acknowledge | flags},
		Data:   append(message, encoded...),
	})
	return err
}

func familyOf(prefix netip.Prefix) int {
	if prefix.Addr().Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

// ownRoutes are the routes that a proxy made here, this one or one before it.
func ownRoutes(kernel *netlink.Conn) ([]serviceproxy.Route, error) {
	answers, err := kernel.Execute(netlink.Message{
		Header: netlink.Header{Type: unix.RTM_GETROUTE, Flags: netlink.Request | netlink.Dump},
		Data:   make([]byte, unix.SizeofRtMsg),
	})
	if err != nil {
		return nil, err
	}
	var routes []serviceproxy.Route
	for _, answer := range answers {
		if route, ok := parseRoute(answer.Data); ok {
			routes = append(routes, route)
		}
	}
	return routes, nil
}

// parseRoute reads a route that is the proxy's.
func parseRoute(data []byte) (serviceproxy.Route, bool) {
	const bits, protocol = 1, 5 // places in the message
	if len(data) < unix.SizeofRtMsg || data[protocol] != routeProtocol {
		return serviceproxy.Route{}, false
	}
	attributes, err := netlink.NewAttributeDecoder(data[unix.SizeofRtMsg:])
	if err != nil {
		return serviceproxy.Route{}, false
	}
	var route serviceproxy.Route
	for attributes.Next() {
		address, ok := netip.AddrFromSlice(attributes.Bytes())
		switch {
		case ok && attributes.Type() == unix.RTA_DST:
			route.To = netip.PrefixFrom(address, int(data[bits]))
		case ok && attributes.Type() == unix.RTA_GATEWAY:
			route.Via = address
		}
	}
	return route, route.To.IsValid() && route.Via.IsValid()
}
