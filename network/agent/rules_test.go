//go:build linux

package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/nftables/expr"

	"github.com/podsim/podsim/network/serviceproxy"
)

// describe words a rule: what it compares, and what it does.
func describe(rule []expr.Any) string {
	var words []string
	var subject string
	for _, e := range rule {
		switch e := e.(type) {
		case *expr.Payload:
			subject = map[string]string{"1/16": "to", "1/12": "from", "1/24": "to", "1/8": "from", "2/2": "port"}[fmt.Sprintf("%d/%d", e.Base, e.Offset)]
		case *expr.Meta:
			subject = "protocol"
		case *expr.Numgen:
			subject = fmt.Sprintf("one in %d", e.Modulus)
		case *expr.Cmp:
			value := fmt.Sprint(e.Data)
			if address, ok := netip.AddrFromSlice(e.Data); ok && subject != "one in 2" {
				value = address.String()
			}
			if e.Op == expr.CmpOpNeq {
				subject = "not " + subject
			}
			words = append(words, subject+" "+value)
		case *expr.Immediate:
			words = append(words, fmt.Sprint(e.Data))
		case *expr.NAT:
			words = append(words, "translate")
		case *expr.Reject:
			words = append(words, fmt.Sprintf("reject %d/%d", e.Type, e.Code))
		}
	}
	return strings.Join(words, ", ")
}

func TestRulesOfATable(t *testing.T) {
	table := serviceproxy.Table{
		DNS: []netip.Addr{netip.MustParseAddr("127.0.0.11")},
		Forwards: []serviceproxy.Forward{
			{Address: netip.MustParseAddrPort("10.96.0.2:80"), Protocol: "TCP",
				Endpoints: []netip.AddrPort{netip.MustParseAddrPort("172.20.0.2:8080"), netip.MustParseAddrPort("172.20.0.3:8080")}},
			{Address: netip.MustParseAddrPort("10.96.0.3:53"), Protocol: "UDP"},
			{Address: netip.MustParseAddrPort("[fd00::2]:80"), Protocol: "TCP", Endpoints: []netip.AddrPort{netip.MustParseAddrPort("[fd01::2]:8080")}},
			{Address: netip.MustParseAddrPort("10.96.0.2:1"), Protocol: "ICMP", Endpoints: []netip.AddrPort{netip.MustParseAddrPort("172.20.0.2:1")}},
		},
		Refused: []netip.Addr{netip.MustParseAddr("10.96.0.2"), netip.MustParseAddr("fd00::2")},
	}
	for _, test := range []struct {
		about              string
		family             family
		translate, refused []string
	}{
		{"IPv4", ipv4,
			[]string{
				"not from 127.0.0.53, to 127.0.0.11, protocol [17], port [0 53], [127 0 0 53], [159 65], translate",
				"not from 127.0.0.53, to 127.0.0.11, protocol [6], port [0 53], [127 0 0 53], [159 65], translate",
				"to 10.96.0.2, protocol [6], port [0 80], one in 2 [0 0 0 0], [172 20 0 2], [31 144], translate",
				"to 10.96.0.2, protocol [6], port [0 80], [172 20 0 3], [31 144], translate",
			},
			[]string{"to 10.96.0.2, protocol [6], reject 1/0", "to 10.96.0.2, reject 0/3"}},
		{"IPv6", ipv6,
			[]string{"to fd00::2, protocol [6], port [0 80], [253 1 0 0 0 0 0 0 0 0 0 0 0 0 0 2], [31 144], translate"},
			[]string{"to fd00::2, protocol [6], reject 1/0", "to fd00::2, reject 0/4"}},
	} {
		t.Run(test.about, func(t *testing.T) {
			translate, refused := rulesOf(test.family, table, netip.MustParseAddrPort("127.0.0.53:40769"))
			for _, check := range []struct {
				rules [][]expr.Any
				want  []string
			}{{translate, test.translate}, {refused, test.refused}} {
				var got []string
				for _, rule := range check.rules {
					got = append(got, describe(rule))
				}
				if diff := cmp.Diff(check.want, got); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestAPodStaysAtTheEndpointThatItHas(t *testing.T) {
	one, two := netip.MustParseAddrPort("172.20.0.2:80"), netip.MustParseAddrPort("172.20.0.3:80")
	forwards := func(endpoints ...netip.AddrPort) []serviceproxy.Forward {
		return []serviceproxy.Forward{
			{Address: netip.MustParseAddrPort("10.96.0.2:80"), Protocol: "TCP", Affinity: true, Endpoints: endpoints},
			{Address: netip.MustParseAddrPort("10.96.0.3:80"), Protocol: "TCP", Endpoints: slices.Clone(endpoints)},
		}
	}
	settle := func(had affinities, endpoints ...netip.AddrPort) (affinities, netip.AddrPort) {
		list := forwards(endpoints...)
		chosen := had.settle(list)
		if len(list[0].Endpoints) != 1 || len(list[1].Endpoints) != len(endpoints) {
			t.Fatalf("settled on %v", list)
		}
		return chosen, list[0].Endpoints[0]
	}
	chosen, at := settle(affinities{}, one)
	if at != one {
		t.Errorf("at %v", at)
	}
	for range 20 {
		if chosen, at = settle(chosen, one, two); at != one {
			t.Fatalf("a second endpoint moved the pod to %v", at)
		}
	}
	if _, at = settle(chosen, two); at != two {
		t.Errorf("the pod stays at an endpoint that is gone: %v", at)
	}
}
