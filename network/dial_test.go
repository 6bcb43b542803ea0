package network

import (
	"net"
	"testing"
)

func TestPodsAreRoutableOnlyWhereTheirGatewayIs(t *testing.T) {
	var interfaces []net.Addr
	for _, cidr := range []string{"127.0.0.1/8", "192.0.2.7/24", "172.18.0.1/16", "fd00:18::1/64"} {
		ip, network, err := net.ParseCIDR(cidr)
		if err != nil {
			t.Fatal(err)
		}
		interfaces = append(interfaces, &net.IPNet{IP: ip, Mask: network.Mask})
	}
	tests := []struct {
		name, host string
		gateways   []string
		want       bool
	}{
		{"a local engine", "unix:///var/run/docker.sock", []string{"172.18.0.1"}, true},
		{"a local engine, IPv6", "unix:///var/run/docker.sock", []string{"fd00:18::1"}, true},
		{"one gateway of two is enough", "unix:///var/run/docker.sock", []string{"fd00:99::1", "172.18.0.1"}, true},
		{"a named pipe", "npipe:////./pipe/docker_engine", []string{"172.18.0.1"}, true},
		{"networks in a virtual machine or a rootless engine's namespace", "unix:///run/user/1000/docker.sock", []string{"172.19.0.1"}, false},
		{"an address of the network that is not this machine's", "unix:///var/run/docker.sock", []string{"172.18.0.2"}, false},
		{"a remote engine with the same gateway", "tcp://192.0.2.9:2376", []string{"172.18.0.1"}, false},
		{"an engine by TCP on this machine", "tcp://127.0.0.1:2375", []string{"172.18.0.1"}, false},
		{"no gateway", "unix:///var/run/docker.sock", nil, false},
		{"no address", "unix:///var/run/docker.sock", []string{"", "gateway"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := routable(tt.host, tt.gateways, interfaces); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestDialModesHaveNames(t *testing.T) {
	for text, want := range map[string]DialMode{"": DialAutomatic, "tunnel": DialTunnel, "direct": DialDirect} {
		if got, err := ParseDialMode(text); got != want || err != nil {
			t.Errorf("%q: got %q, error %v", text, got, err)
		}
	}
	_, err := ParseDialMode("Tunnel")
	if want := `PODSIM_DIAL="Tunnel": must be "tunnel" or "direct", or empty for whichever the engine allows`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
