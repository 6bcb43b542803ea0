//go:build linux

package main

import (
	"fmt"
	"net/netip"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"

	"github.com/podsim/podsim/network/wire"
)

const (
	// arrivalsTable has all rules about what arrives, so that they are exchanged as one.
	arrivalsTable = "podsim-faults"
	// lossParts is what a share of packets is told in: parts of a million.
	lossParts = 1_000_000
	// afterTracking is behind the kernel's tracking of connections, which knows where something was sent before it was translated.
	afterTracking = -150
	// loopback is the index of the loopback device of every network namespace.
	loopback = 1
)

// applyArrivals exchanges the kernel's rules about what arrives in this network namespace in one step.
func applyArrivals(state wire.State) error {
	kernel, err := nftables.New()
	if err != nil {
		return err
	}
	table := &nftables.Table{Family: nftables.TableFamilyINet, Name: arrivalsTable}
	kernel.AddTable(table) // so that there is one to delete
	kernel.DelTable(table)
	if rules := arrivalRules(state); len(rules) > 0 {
		kernel.AddTable(table)
		accept := nftables.ChainPolicyAccept
		chain := kernel.AddChain(&nftables.Chain{Name: "arrivals", Table: table, Type: nftables.ChainTypeFilter,
			Hooknum: nftables.ChainHookInput, Priority: nftables.ChainPriorityRef(afterTracking), Policy: &accept})
		for _, rule := range rules {
			kernel.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: append(rule, &expr.Verdict{Kind: expr.VerdictDrop})})
		}
	}
	if err := kernel.Flush(); err != nil {
		return fmt.Errorf("%w (it takes a kernel with nf_tables, and an engine that grants NET_ADMIN)", err)
	}
	return nil
}

// arrivalRules match what does not arrive.
func arrivalRules(state wire.State) (rules [][]expr.Any) {
	if state.Cut {
		rules = append(rules, fromOutside())
		for _, prefix := range state.Elsewhere {
			rules = append(rules, sentTo(prefix))
		}
	} else if state.Loss > 0 {
		rules = append(rules, append(fromOutside(), share(state.Loss)...))
	}
	return rules
}

// fromOutside matches what comes by any device but the loopback one.
func fromOutside() []expr.Any {
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyIIF, Register: 1},
		&expr.Cmp{Op: expr.CmpOpNeq, Register: 1, Data: binaryutil.NativeEndian.PutUint32(loopback)},
	}
}

// sentTo matches what belongs to a connection that somebody opened to one of these addresses of IPv4, wherever it was led instead.
func sentTo(prefix netip.Prefix) []expr.Any {
	const original = 0 // the direction in which the connection was opened
	mask := make([]byte, 4)
	for bit := range prefix.Bits() {
		mask[bit/8] |= 1 << (7 - bit%8)
	}
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyNFPROTO, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{unix.NFPROTO_IPV4}},
		&expr.Ct{Key: expr.CtKeyDST, Register: 1, Direction: original},
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: 4, Mask: mask, Xor: make([]byte, 4)},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: prefix.Masked().Addr().AsSlice()},
	}
}

// share matches so many percent of the packets, at random.
func share(percent float64) []expr.Any {
	return []expr.Any{
		&expr.Numgen{Register: 1, Modulus: lossParts, Type: unix.NFT_NG_RANDOM},
		&expr.Byteorder{SourceRegister: 1, DestRegister: 1, Op: expr.ByteorderHton, Len: 4, Size: 4},
		&expr.Cmp{Op: expr.CmpOpLt, Register: 1, Data: binaryutil.BigEndian.PutUint32(uint32(percent / 100 * lossParts))},
	}
}
