//go:build linux

package main

import (
	"encoding/hex"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/nftables"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/podsim/podsim/network/serviceproxy"
	"github.com/podsim/podsim/network/wire"
)

// The bytes are those with which tc(8) of iproute2 6.1 asked the kernel for `tc qdisc replace dev lo root netem delay 200ms 50ms rate 1mbit`.
func TestADelayIsAskedForAsOthersDo(t *testing.T) {
	const options = "08af2f00e80300000000000000000000" + "00000000c2eb0b00" + "1400060048e80100000000000000000000000000"
	const recorded = "00000000" + "01000000" + "00000000" + "ffffffff" + "00000000" +
		"0a000100" + "6e6574656d00" + "0000" + "30000200" + options
	q := queueOf(wire.State{Latency: 200 * time.Millisecond, Jitter: 50 * time.Millisecond, Rate: 1_000_000}, 1500)
	m := queueMessage(unix.RTM_NEWQDISC, netlink.Create|netlink.Replace, net.Interface{Index: 1}, q)
	if got := hex.EncodeToString(m.Data); got != recorded {
		t.Errorf("asked for\n%s, want\n%s", got, recorded)
	}
	if want := netlink.Request | netlink.Acknowledge | netlink.Create | netlink.Replace; m.Header.Flags != want {
		t.Errorf("flags %v, want %v", m.Header.Flags, want)
	}
}

func TestWhichQueueAStateTakes(t *testing.T) {
	for _, test := range []struct {
		about string
		state wire.State
		want  string
	}{
		{"none", wire.State{}, ""},
		{"loss alone: it shows where things arrive", wire.State{Loss: 5}, ""},
		{"a rate alone, which takes no netem", wire.State{Rate: 1e6}, "tbf"},
		{"a delay", wire.State{Latency: time.Second}, "netem"},
		{"both", wire.State{Latency: time.Second, Rate: 1e6}, "netem"},
		{"a cut hides all else", wire.State{Cut: true, Latency: time.Second, Rate: 1e6}, "pfifo"},
	} {
		if got := queueOf(test.state, 1500).kind; got != test.want {
			t.Errorf("%s: %q, want %q", test.about, got, test.want)
		}
	}
}

// withCable runs a test in a network namespace of its own that has a device eth0 beside the loopback one.
func withCable(t *testing.T) *netlink.Conn {
	t.Helper()
	inNamespace(t)
	kernel, err := netlink.Dial(unix.NETLINK_ROUTE, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kernel.Close() })
	header := make([]byte, unix.SizeofIfInfomsg)
	copy(header[8:], native(uint32(unix.IFF_UP), uint32(unix.IFF_UP)))
	info := attribute(unix.IFLA_LINKINFO, attribute(unix.IFLA_INFO_KIND, []byte("veth")))
	name := attribute(unix.IFLA_IFNAME, append([]byte("eth0"), 0))
	_, err = kernel.Execute(netlink.Message{
		Header: netlink.Header{Type: unix.RTM_NEWLINK, Flags: netlink.Request | netlink.Acknowledge | netlink.Create | netlink.Excl},
		Data:   append(append(header, name...), info...),
	})
	if errors.Is(err, unix.EOPNOTSUPP) {
		t.Skip("the kernel has no pairs of devices")
	}
	if err != nil {
		t.Fatal(err)
	}
	return kernel
}

// queues are the kinds of the queues of a device, as the kernel has them.
func queues(t *testing.T, kernel *netlink.Conn, device string) string {
	t.Helper()
	found, err := net.InterfaceByName(device)
	if err != nil {
		t.Fatal(err)
	}
	answers, err := kernel.Execute(netlink.Message{
		Header: netlink.Header{Type: unix.RTM_GETQDISC, Flags: netlink.Request | netlink.Dump},
		Data:   native(uint32(0), int32(found.Index), uint32(0), uint32(0), uint32(0)),
	})
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, answer := range answers {
		if int(int32(nativeUint32(answer.Data[4:]))) != found.Index {
			continue
		}
		attributes, err := netlink.NewAttributeDecoder(answer.Data[20:])
		if err != nil {
			t.Fatal(err)
		}
		for attributes.Next() {
			if attributes.Type() == unix.TCA_KIND {
				kinds = append(kinds, attributes.String())
			}
		}
	}
	return strings.Join(kinds, " ")
}

func nativeUint32(b []byte) uint32 {
	var v uint32
	for i := range 4 {
		v |= uint32(b[i]) << (8 * i) // every machine that podsim has an agent for
	}
	return v
}

func TestTheKernelTakesEveryQueueAndGivesItBack(t *testing.T) {
	kernel := withCable(t)
	before := queues(t, kernel, "eth0")
	for _, test := range []struct {
		state wire.State
		want  string
	}{
		{wire.State{Rate: 1e6}, "tbf"},
		{wire.State{Rate: 8e9}, "tbf"},
		{wire.State{Cut: true, Rate: 1e6}, "pfifo"},
		{wire.State{Rate: 8000}, "tbf"},
		{wire.State{}, before},
		{wire.State{}, before},
		{wire.State{Latency: time.Millisecond, Jitter: time.Millisecond, Rate: 1e6}, "netem"},
		{wire.State{}, before},
	} {
		err := applyWire(test.state)
		if err != nil && test.want == "netem" && strings.Contains(err.Error(), "the kernel of the engine's machine lacks netem (sch_netem)") {
			t.Logf("this kernel: %v", err)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := queues(t, kernel, "eth0"); got != test.want {
			t.Errorf("%+v: %q, want %q", test.state, got, test.want)
		}
		if got := queues(t, kernel, "lo"); got != "noqueue" {
			t.Errorf("%+v: the loopback device has %q", test.state, got)
		}
	}
}

// The namespace of the test has no other side; what is led to the loopback device although it was sent elsewhere counts as that.
func TestACutCutsOffWhatIsAnsweredForWithin(t *testing.T) {
	inNamespace(t)
	service, within := netip.MustParsePrefix("10.96.0.0/12"), serveUDP(t, "within")
	away := netip.MustParseAddrPort("10.96.0.2:80")
	answers := func(to netip.AddrPort) bool {
		c, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(to))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(300 * time.Millisecond))
		if _, err := c.Write([]byte("?")); err != nil {
			t.Fatalf("sending to %v: %v", to, err) // a cut tells nobody
		}
		_, err = c.Read(make([]byte, 10))
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("%v: %v", to, err)
		}
		return err == nil
	}
	table := serviceproxy.Table{Forwards: []serviceproxy.Forward{{Address: away, Protocol: "UDP", Endpoints: []netip.AddrPort{within}}}}
	if err := applyRules(table, within); err != nil {
		t.Fatal(err)
	}
	for _, cut := range []bool{false, true, false} {
		if err := applyWire(wire.State{Cut: cut, Elsewhere: []netip.Prefix{service}}); err != nil {
			t.Fatal(err)
		}
		if !answers(within) {
			t.Errorf("cut %v: what is within does not answer", cut)
		}
		if answers(away) == cut {
			t.Errorf("cut %v: what is elsewhere answers: %v", cut, !cut)
		}
	}
	kernel, err := nftables.New()
	if err != nil {
		t.Fatal(err)
	}
	tables, err := kernel.ListTables()
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if table.Name == arrivalsTable {
			t.Error("the rules are left")
		}
	}
}
