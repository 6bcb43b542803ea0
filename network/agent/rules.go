//go:build linux

package main

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"

	"github.com/podsim/podsim/network/serviceproxy"
)

// rulesTable has all rules of the proxy, so that they are exchanged as one.
const rulesTable = "podsim-services"

// beforeEngine is ahead of the engine's own rules for its DNS server, which have the usual priority of a translation.
const beforeEngine = -110

// family is what differs between IPv4 and IPv6.
type family struct {
	table       nftables.TableFamily
	destination uint32 // offset of the destination's address in the header
	source      uint32
	length      uint32 // of an address
	unreachable uint8  // the code of "port unreachable"
}

var (
	ipv4 = family{nftables.TableFamilyIPv4, 16, 12, 4, 3}
	ipv6 = family{nftables.TableFamilyIPv6, 24, 8, 16, 4}
)

// applyRules exchanges the kernel's rules of this network namespace in one step. names is where the DNS server listens.
func applyRules(table serviceproxy.Table, names netip.AddrPort) error {
	translate, refuse := rulesOf(ipv4, table, names)
	err := exchange(ipv4, translate, refuse)
	if translate, refuse = rulesOf(ipv6, table, netip.AddrPort{}); err == nil && len(refuse) > 0 {
		err = exchange(ipv6, translate, refuse)
	}
	return err
}

func exchange(f family, translate, refuse [][]expr.Any) error {
	kernel, err := nftables.New()
	if err != nil {
		return err
	}
	table := &nftables.Table{Family: f.table, Name: rulesTable}
	kernel.AddTable(table) // so that there is one to delete
	kernel.DelTable(table)
	if len(translate)+len(refuse) > 0 {
		kernel.AddTable(table)
		accept := nftables.ChainPolicyAccept
		for _, chain := range []struct {
			nftables.Chain
			rules [][]expr.Any
		}{
			{nftables.Chain{Name: "translate", Type: nftables.ChainTypeNAT, Priority: nftables.ChainPriorityRef(beforeEngine)}, translate},
			{nftables.Chain{Name: "refuse", Type: nftables.ChainTypeFilter, Priority: nftables.ChainPriorityFilter}, refuse},
		} {
			chain.Table, chain.Hooknum, chain.Policy = table, nftables.ChainHookOutput, &accept
			added := kernel.AddChain(&chain.Chain)
			for _, rule := range chain.rules {
				kernel.AddRule(&nftables.Rule{Table: table, Chain: added, Exprs: rule})
			}
		}
	}
	if err := kernel.Flush(); err != nil {
		return fmt.Errorf("%w (it takes a kernel with nf_tables, and an engine that grants NET_ADMIN)", err)
	}
	return nil
}

// rulesOf are the rules that translate connections to Services of a family, and those that refuse what was not translated.
func rulesOf(f family, table serviceproxy.Table, names netip.AddrPort) (translate, refuse [][]expr.Any) {
	of := func(a netip.Addr) bool { return a.Is4() == (f == ipv4) }
	for _, address := range table.DNS {
		if of(address) && names.IsValid() {
			for _, protocol := range []byte{unix.IPPROTO_UDP, unix.IPPROTO_TCP} {
				rule := slices.Concat(not(f.from(names.Addr())), f.to(address), port(protocol, dnsPort), f.translate(names))
				translate = append(translate, rule)
			}
		}
	}
	for _, forward := range table.Forwards {
		protocol, ok := protocolNumber(forward.Protocol)
		if !ok || !of(forward.Address.Addr()) {
			continue
		}
		for i, endpoint := range forward.Endpoints {
			rule := slices.Concat(f.to(forward.Address.Addr()), port(protocol, forward.Address.Port()),
				oneIn(len(forward.Endpoints)-i), f.translate(endpoint))
			translate = append(translate, rule)
		}
	}
	for _, address := range table.Refused {
		if of(address) {
			refuse = append(refuse,
				slices.Concat(f.to(address), isProtocol(unix.IPPROTO_TCP), reject(unix.NFT_REJECT_TCP_RST, 0)),
				slices.Concat(f.to(address), reject(unix.NFT_REJECT_ICMP_UNREACH, f.unreachable)))
		}
	}
	return translate, refuse
}

func protocolNumber(protocol serviceproxy.Protocol) (byte, bool) {
	switch protocol {
	case "TCP":
		return unix.IPPROTO_TCP, true
	case "UDP":
		return unix.IPPROTO_UDP, true
	case "SCTP":
		return unix.IPPROTO_SCTP, true
	}
	return 0, false
}

// to matches packets to an address.
func (f family) to(address netip.Addr) []expr.Any { return f.addressAt(f.destination, address) }

// from matches packets from an address.
func (f family) from(address netip.Addr) []expr.Any { return f.addressAt(f.source, address) }

func (f family) addressAt(offset uint32, address netip.Addr) []expr.Any {
	return []expr.Any{
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseNetworkHeader, Offset: offset, Len: f.length},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: address.AsSlice()},
	}
}

// not turns the match of a value around.
func not(match []expr.Any) []expr.Any {
	match[len(match)-1].(*expr.Cmp).Op = expr.CmpOpNeq
	return match
}

func isProtocol(protocol byte) []expr.Any {
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{protocol}},
	}
}

// port matches packets of a protocol to a port.
func port(protocol byte, number uint16) []expr.Any {
	return append(isProtocol(protocol),
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: 2, Len: 2},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: binaryutil.BigEndian.PutUint16(number)},
	)
}

// oneIn matches at random one packet in so many. With a rule for each of n endpoints, and one fewer every time, all get as much.
func oneIn(n int) []expr.Any {
	if n == 1 {
		return nil
	}
	return []expr.Any{
		&expr.Numgen{Register: 1, Modulus: uint32(n), Type: unix.NFT_NG_RANDOM},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: binaryutil.NativeEndian.PutUint32(0)},
	}
}

// translate sends a connection elsewhere.
func (f family) translate(to netip.AddrPort) []expr.Any {
	return []expr.Any{
		&expr.Immediate{Register: 1, Data: to.Addr().AsSlice()},
		&expr.Immediate{Register: 2, Data: binaryutil.BigEndian.PutUint16(to.Port())},
		&expr.NAT{Type: expr.NATTypeDestNAT, Family: uint32(f.table), RegAddrMin: 1, RegProtoMin: 2},
	}
}

func reject(kind uint32, code uint8) []expr.Any {
	return []expr.Any{&expr.Reject{Type: kind, Code: code}}
}
