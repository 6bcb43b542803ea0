//go:build linux

package main

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/podsim/podsim/network/serviceproxy"
)

// What x/sys has no names for: see the kernel's nfnetlink_conntrack.h.
const (
	conntrackGet    = unix.NFNL_SUBSYS_CTNETLINK<<8 | 1
	conntrackDelete = unix.NFNL_SUBSYS_CTNETLINK<<8 | 2

	sizeofHeader = 4 // of what stands before the attributes

	tupleOriginal, tupleReply = 1, 2 // attributes of an entry
	tupleIP, tupleProtocol    = 1, 2 // of a tuple
	v4Source, v4Destination   = 1, 2 // of its addresses
	v6Source, v6Destination   = 3, 4
	numberOfProtocol          = 1    // of its protocol
	sourcePort, targetPort    = 2, 3 // of that
)

// flow is what the kernel remembers of one exchange of packets.
type flow struct {
	family   byte
	protocol byte
	to       netip.AddrPort // as its sender has it
	at       netip.AddrPort // who answers
	original []byte         // the encoded tuple, by which it is named
}

// forgetStale has the kernel forget the exchanges by UDP that go on with an endpoint that a Service does not have any more. Those of TCP
// end by themselves. That this kernel cannot tell of exchanges is no failure: then they end when nothing was sent for a while.
func forgetStale(forwards []serviceproxy.Forward) {
	if !slices.ContainsFunc(forwards, func(f serviceproxy.Forward) bool { return f.Protocol == "UDP" }) {
		return
	}
	kernel, err := netlink.Dial(unix.NETLINK_NETFILTER, nil)
	if err != nil {
		return
	}
	defer kernel.Close()
	answers, err := kernel.Execute(netlink.Message{
		Header: netlink.Header{Type: conntrackGet, Flags: netlink.Request | netlink.Dump},
		Data:   make([]byte, sizeofHeader),
	})
	if err != nil {
		return
	}
	for _, answer := range answers {
		found, ok := parseFlow(answer.Data)
		if !ok || !stale(found, forwards) {
			continue
		}
		name := netlink.NewAttributeEncoder()
		name.Bytes(tupleOriginal|netlink.Nested, found.original)
		encoded, err := name.Encode()
		if err != nil {
			continue
		}
		// An error says that it has ended meanwhile.
		_, _ = kernel.Execute(netlink.Message{
			Header: netlink.Header{Type: conntrackDelete, Flags: netlink.Request | netlink.Acknowledge},
			Data:   append([]byte{found.family, 0, 0, 0}, encoded...),
		})
	}
}

// stale reports whether an exchange with a Service is one with somebody who is no endpoint.
func stale(f flow, forwards []serviceproxy.Forward) bool {
	if f.protocol != unix.IPPROTO_UDP {
		return false
	}
	for _, forward := range forwards {
		if forward.Protocol == "UDP" && forward.Address == f.to {
			return !slices.Contains(forward.Endpoints, f.at)
		}
	}
	return false
}

// parseFlow reads an entry of the kernel's.
func parseFlow(data []byte) (flow, bool) {
	if len(data) < sizeofHeader {
		return flow{}, false
	}
	attributes, err := netlink.NewAttributeDecoder(data[sizeofHeader:])
	if err != nil {
		return flow{}, false
	}
	f := flow{family: data[0]}
	for attributes.Next() {
		switch attributes.Type() {
		case tupleOriginal:
			f.original = slices.Clone(attributes.Bytes())
			attributes.Nested(func(tuple *netlink.AttributeDecoder) error {
				_, f.to, f.protocol = parseTuple(tuple)
				return nil
			})
		case tupleReply:
			attributes.Nested(func(tuple *netlink.AttributeDecoder) error {
				f.at, _, _ = parseTuple(tuple)
				return nil
			})
		}
	}
	return f, attributes.Err() == nil && f.to.IsValid() && f.at.IsValid()
}

func parseTuple(tuple *netlink.AttributeDecoder) (from, to netip.AddrPort, protocol byte) {
	var fromIP, toIP netip.Addr
	var fromPort, toPort uint16
	for tuple.Next() {
		switch tuple.Type() {
		case tupleIP:
			tuple.Nested(func(ip *netlink.AttributeDecoder) error {
				for ip.Next() {
					address, _ := netip.AddrFromSlice(ip.Bytes())
					switch ip.Type() {
					case v4Source, v6Source:
						fromIP = address
					case v4Destination, v6Destination:
						toIP = address
					}
				}
				return nil
			})
		case tupleProtocol:
			tuple.Nested(func(p *netlink.AttributeDecoder) error {
				for p.Next() {
					switch value := p.Bytes(); {
					case p.Type() == numberOfProtocol && len(value) == 1:
						protocol = value[0]
					case p.Type() == sourcePort && len(value) == 2:
						fromPort = binary.BigEndian.Uint16(value)
					case p.Type() == targetPort && len(value) == 2:
						toPort = binary.BigEndian.Uint16(value)
					}
				}
				return nil
			})
		}
	}
	return netip.AddrPortFrom(fromIP, fromPort), netip.AddrPortFrom(toIP, toPort), protocol
}
