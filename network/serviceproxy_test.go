package network

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// proxyEngine is an engine for helpers that is asked for nothing inside them.
type proxyEngine struct {
	helperEngine
	ExecEngine
}

func TestAProxyMayChangeTheRulesOfItsPodAndNothingElse(t *testing.T) {
	engine := &proxyEngine{}
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "ns", UID: "uid"}}
	if _, err := StartProxy(t.Context(), engine, "agent:1", "node", pod, "0123456789abcdef"); err != nil {
		t.Fatal(err)
	}
	want := &container.HostConfig{
		NetworkMode: "container:0123456789abcdef",
		CapDrop:     []string{"ALL"},
		CapAdd:      []string{"NET_ADMIN"},
		SecurityOpt: []string{"no-new-privileges"},
		LogConfig:   container.LogConfig{Type: "none"},
	}
	if diff := cmp.Diff(want, engine.host); diff != "" {
		t.Error(diff)
	}
	wantLabels := map[string]string{LabelManaged: "true", LabelNode: "node", LabelPodUID: "uid", LabelPodName: "p", LabelPodNamespace: "ns",
		LabelType: TypeProxy, LabelSandbox: "0123456789abcdef"}
	if diff := cmp.Diff(wantLabels, engine.config.Labels); diff != "" {
		t.Error(diff)
	}
	if !slices.Equal(engine.calls, []string{"create", "start"}) {
		t.Errorf("calls %v", engine.calls)
	}
}

// A pod that wants no cluster DNS is not given it; the DNS's own address serves everybody.
func TestWhereAProxyAnswersForNames(t *testing.T) {
	for policy, want := range map[corev1.DNSPolicy][]string{
		corev1.DNSClusterFirst: {"10.96.0.10", "127.0.0.11"},
		corev1.DNSDefault:      {"10.96.0.10"},
		corev1.DNSNone:         {"10.96.0.10"},
	} {
		addresses, upstream := ProxyDNS(&corev1.Pod{Spec: corev1.PodSpec{DNSPolicy: policy}})
		var got []string
		for _, a := range addresses {
			got = append(got, a.String())
		}
		if !slices.Equal(got, want) || upstream.String() != "127.0.0.11:53" {
			t.Errorf("%s: at %v, upstream %s", policy, got, upstream)
		}
	}
}

func TestRoutesLeadToAllOtherNetworks(t *testing.T) {
	link := func(address, subnet string, more ...string) Link {
		l := Link{Addresses: []netip.Addr{netip.MustParseAddr(address)}, Subnets: []netip.Prefix{netip.MustParsePrefix(subnet)}}
		if len(more) > 0 {
			l.Addresses = append(l.Addresses, netip.MustParseAddr(more[0]))
			l.Subnets = append(l.Subnets, netip.MustParsePrefix(more[1]))
		}
		return l
	}
	links := map[string]Link{
		"a": link("172.20.0.9", "172.20.0.0/16", "fd00:a::9", "fd00:a::/64"),
		"b": link("172.21.0.9", "172.21.0.0/16", "fd00:b::9", "fd00:b::/64"),
		"c": link("172.22.0.9", "172.22.0.0/16"),
	}
	for from, want := range map[string][]string{
		"a":    {"172.21.0.0/16 172.20.0.9", "fd00:b::/64 fd00:a::9", "172.22.0.0/16 172.20.0.9"},
		"c":    {"172.20.0.0/16 172.22.0.9", "172.21.0.0/16 172.22.0.9"},
		"else": nil,
	} {
		var got []string
		for _, r := range RoutesFrom(from, links) {
			got = append(got, r.To.String()+" "+r.Via.String())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("from %s: %s", from, diff)
		}
	}
	if got := RoutesFrom("a", nil); got != nil {
		t.Errorf("without links: %v", got)
	}
}
