//go:build linux

package main

import (
	"errors"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/nftables"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/podsim/podsim/network/serviceproxy"
)

// inNamespace runs a test in a network namespace of its own, in which everything is routed to the loopback device. Sockets belong to it
// that the test's own goroutine makes.
func inNamespace(t *testing.T) {
	t.Helper()
	runtime.LockOSThread() // for good: the thread ends with the test, and the namespace with it
	if err := unix.Unshare(unix.CLONE_NEWNET); errors.Is(err, unix.EPERM) {
		t.Skip("a network namespace takes the right to make one")
	} else if err != nil {
		t.Fatal(err)
	}
	kernel, err := netlink.Dial(unix.NETLINK_ROUTE, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer kernel.Close()
	const loopback = 1
	up := make([]byte, unix.SizeofIfInfomsg)
	up[4], up[8], up[12] = loopback, unix.IFF_UP, unix.IFF_UP
	device := netlink.NewAttributeEncoder()
	device.Uint32(unix.RTA_OIF, loopback)
	encoded, err := device.Encode()
	if err != nil {
		t.Fatal(err)
	}
	own := netlink.NewAttributeEncoder()
	own.Bytes(unix.IFA_LOCAL, []byte{10, 0, 0, 1})
	address, err := own.Encode()
	if err != nil {
		t.Fatal(err)
	}
	everything := []byte{unix.AF_INET, 0, 0, 0, unix.RT_TABLE_MAIN, unix.RTPROT_STATIC, unix.RT_SCOPE_LINK, unix.RTN_UNICAST, 0, 0, 0, 0}
	for _, m := range []netlink.Message{
		{Header: netlink.Header{Type: unix.RTM_NEWLINK, Flags: netlink.Request | netlink.Acknowledge}, Data: up},
		{Header: netlink.Header{Type: unix.RTM_NEWADDR, Flags: netlink.Request | netlink.Acknowledge | netlink.Create},
			Data: append([]byte{unix.AF_INET, 32, 0, unix.RT_SCOPE_UNIVERSE, loopback, 0, 0, 0}, address...)},
		{Header: netlink.Header{Type: unix.RTM_NEWROUTE, Flags: netlink.Request | netlink.Acknowledge | netlink.Create}, Data: append(everything, encoded...)},
	} {
		if _, err := kernel.Execute(m); err != nil {
			t.Fatal(err)
		}
	}
}

// serveTCP and serveUDP answer everybody with the name, and return where.
func serveTCP(t *testing.T, name string) netip.AddrPort {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			c.Write([]byte(name))
			c.Close()
		}
	}()
	return listener.Addr().(*net.TCPAddr).AddrPort()
}

func serveUDP(t *testing.T, name string) netip.AddrPort {
	t.Helper()
	packets, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { packets.Close() })
	go func() {
		buffer := make([]byte, 100)
		for {
			_, client, err := packets.ReadFromUDPAddrPort(buffer)
			if err != nil {
				return
			}
			packets.WriteToUDPAddrPort([]byte(name), client)
		}
	}()
	return packets.LocalAddr().(*net.UDPAddr).AddrPort()
}

// answerAt is what an address answers, or "refused".
func answerAt(t *testing.T, protocol, address string) string {
	t.Helper()
	to := netip.MustParseAddrPort(address)
	var c net.Conn
	var err error
	if protocol == "tcp" { // a Dialer would make its socket on another thread if it had a time limit
		c, err = net.DialTCP("tcp4", nil, net.TCPAddrFromAddrPort(to))
	} else {
		c, err = net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(to))
	}
	answer := make([]byte, 100)
	n := 0
	if err == nil {
		defer c.Close()
		c.SetDeadline(time.Now().Add(5 * time.Second))
		if protocol == "udp" {
			_, err = c.Write([]byte("?"))
		}
		if err == nil {
			n, err = c.Read(answer)
		}
	}
	if errors.Is(err, unix.ECONNREFUSED) || errors.Is(err, unix.EPERM) { // what the kernel says depends on when it notices
		return "refused"
	}
	if err != nil {
		t.Fatalf("%s %s: %v", protocol, address, err)
	}
	return string(answer[:n])
}

func TestTheKernelTranslatesAndRefuses(t *testing.T) {
	inNamespace(t)
	one, two, packets := serveTCP(t, "one"), serveTCP(t, "two"), serveUDP(t, "packets")
	names := serveUDP(t, "names")
	service := netip.MustParseAddr("10.96.0.2")
	at := func(port uint16) netip.AddrPort { return netip.AddrPortFrom(service, port) }
	table := serviceproxy.Table{
		Forwards: []serviceproxy.Forward{
			{Address: at(80), Protocol: "TCP", Endpoints: []netip.AddrPort{one}},
			{Address: at(81), Protocol: "TCP", Endpoints: []netip.AddrPort{one, two}},
			{Address: at(82), Protocol: "TCP"},
			{Address: at(80), Protocol: "UDP", Endpoints: []netip.AddrPort{packets}},
		},
		Refused: []netip.Addr{service},
		DNS:     []netip.Addr{netip.MustParseAddr("10.96.0.10")},
	}
	if err := applyRules(table, names); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ protocol, address, want string }{
		{"tcp", "10.96.0.2:80", "one"},
		{"udp", "10.96.0.2:80", "packets"},
		{"tcp", "10.96.0.2:82", "refused"},
		{"tcp", "10.96.0.2:1", "refused"},
		{"udp", "10.96.0.2:1", "refused"},
		{"udp", "10.96.0.10:53", "names"},
	} {
		began := time.Now()
		if got := answerAt(t, test.protocol, test.address); got != test.want {
			t.Errorf("%s %s: %s, want %s", test.protocol, test.address, got, test.want)
		}
		if took := time.Since(began); took > 500*time.Millisecond {
			t.Errorf("%s %s took %v", test.protocol, test.address, took)
		}
	}
	seen := map[string]int{}
	for range 100 {
		seen[answerAt(t, "tcp", "10.96.0.2:81")]++
	}
	if seen["one"] < 20 || seen["two"] < 20 {
		t.Errorf("of 100 connections the endpoints got %v", seen)
	}

	table.Forwards[0].Endpoints = []netip.AddrPort{two}
	if err := applyRules(table, names); err != nil {
		t.Fatal(err)
	}
	if got := answerAt(t, "tcp", "10.96.0.2:80"); got != "two" {
		t.Errorf("after a change %s answers", got)
	}
	if err := applyRules(serviceproxy.Table{}, names); err != nil {
		t.Fatal(err)
	}
	kernel, err := nftables.New()
	if err != nil {
		t.Fatal(err)
	}
	if left, err := kernel.ListTables(); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// A client that goes on sending from one socket is not left to an endpoint that has gone.
func TestAnExchangeByUDPFollowsTheEndpoints(t *testing.T) {
	inNamespace(t)
	one, two := serveUDP(t, "one"), serveUDP(t, "two")
	service := netip.MustParseAddrPort("10.96.0.2:80")
	client, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(service))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, step := range []struct {
		endpoints []netip.AddrPort
		want      string
	}{{[]netip.AddrPort{one}, "one"}, {[]netip.AddrPort{one, two}, "one"}, {[]netip.AddrPort{two}, "two"}} {
		table := serviceproxy.Table{Forwards: []serviceproxy.Forward{{Address: service, Protocol: "UDP", Endpoints: step.endpoints}}}
		if err := applyRules(table, two); err != nil {
			t.Fatal(err)
		}
		forgetStale(table.Forwards)
		client.SetDeadline(time.Now().Add(5 * time.Second))
		answer := make([]byte, 10)
		_, err := client.Write([]byte("?"))
		if err != nil {
			t.Fatal(err)
		}
		n, err := client.Read(answer)
		if got := string(answer[:n]); err != nil || got != step.want {
			t.Errorf("with %v: %q, %v; want %s", step.endpoints, got, err, step.want)
		}
	}
}

func TestRoutesAreExactlyTheProxys(t *testing.T) {
	inNamespace(t)
	kernel, err := netlink.Dial(unix.NETLINK_ROUTE, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer kernel.Close()
	route := func(to, via string) serviceproxy.Route {
		return serviceproxy.Route{To: netip.MustParsePrefix(to), Via: netip.MustParseAddr(via)}
	}
	for _, want := range [][]serviceproxy.Route{
		{route("172.20.0.0/16", "10.0.0.3"), route("172.21.0.0/16", "10.0.0.3")},
		{route("172.20.0.0/16", "10.0.0.2"), route("172.22.0.0/16", "10.0.0.3")},
		nil,
	} {
		if err := applyRoutes(want); err != nil {
			t.Fatal(err)
		}
		got, err := ownRoutes(kernel)
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(got, func(a, b serviceproxy.Route) int { return a.To.Compare(b.To) })
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b serviceproxy.Route) bool { return a == b })); diff != "" {
			t.Error(diff)
		}
	}
}
