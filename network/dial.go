package network

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// Dial connects to an address of a pod, as net.Dialer's DialContext does and with its errors' texts.
type Dial = func(ctx context.Context, network, address string) (net.Conn, error)

// Direct dials from this machine.
func Direct() Dial { return new(net.Dialer).DialContext }

// DialVariable is the environment variable that sets the DialMode.
const DialVariable = "PODSIM_DIAL"

// DialMode is how a node reaches its pods.
type DialMode string

// The values of DialVariable.
const (
	DialAutomatic DialMode = ""       // directly where the pod is Routable, else through its sandbox
	DialTunnel    DialMode = "tunnel" // always through the sandbox
	DialDirect    DialMode = "direct" // always from this machine
)

// ParseDialMode reads the value of DialVariable.
func ParseDialMode(text string) (DialMode, error) {
	switch mode := DialMode(text); mode {
	case DialAutomatic, DialTunnel, DialDirect:
		return mode, nil
	}
	return "", fmt.Errorf("%s=%q: must be %q or %q, or empty for whichever the engine allows", DialVariable, text, DialTunnel, DialDirect)
}

// Routable reports whether this machine routes to the addresses of pods: the engine at daemonHost (as DOCKER_HOST says it)
// is reached over a local socket, and one of the gateways of the pods' network is an address of this machine. Behind the
// sockets of Docker Desktop and of rootless engines, whose networks are elsewhere, it is not, unless another engine here
// happens to have a network with the same gateway.
func Routable(daemonHost string, gateways []string) bool {
	interfaces, err := net.InterfaceAddrs()
	return err == nil && routable(daemonHost, gateways, interfaces)
}

func routable(daemonHost string, gateways []string, interfaces []net.Addr) bool {
	if !strings.HasPrefix(daemonHost, "unix://") && !strings.HasPrefix(daemonHost, "npipe://") {
		return false
	}
	local := map[netip.Addr]bool{}
	for _, i := range interfaces {
		if prefix, err := netip.ParsePrefix(i.String()); err == nil {
			local[prefix.Addr().Unmap()] = true
		}
	}
	for _, g := range gateways {
		if address, err := netip.ParseAddr(g); err == nil && local[address.Unmap()] {
			return true
		}
	}
	return false
}
