package network

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func pointerTo[T any](v T) *T { return &v }

const nodeResolvConf = `# the node's
domain old.example
nameserver 192.0.2.53
search dropped.example
nameserver 192.0.2.54
search corp.example. . svc.cluster.local
options timeout:2 ndots:1
options ndots:3
`

func TestResolvConfFollowsTheDNSPolicy(t *testing.T) {
	var (
		clusterSearch = "search ns.svc.cluster.local svc.cluster.local cluster.local corp.example\n"
		nodeFile      = "search corp.example svc.cluster.local\nnameserver 192.0.2.53\nnameserver 192.0.2.54\noptions timeout:2 ndots:3\n"
		missing       = DNSWarning{"MissingClusterDNS", `pod: "p_ns(u)". kubelet does not have ClusterDNS IP configured and cannot create Pod using "ClusterFirst" policy. Falling back to "Default" policy.`}
	)
	tests := []struct {
		name     string
		spec     corev1.PodSpec
		cluster  []string
		want     string
		warnings []DNSWarning
	}{
		{"ClusterFirst", corev1.PodSpec{DNSPolicy: corev1.DNSClusterFirst}, []string{EmbeddedDNS},
			clusterSearch + "nameserver 127.0.0.11\noptions ndots:5\n", nil},
		{"Default is the node's file, read and written again", corev1.PodSpec{DNSPolicy: corev1.DNSDefault}, []string{EmbeddedDNS}, nodeFile, nil},
		{"ClusterFirst on the host's network is Default", corev1.PodSpec{DNSPolicy: corev1.DNSClusterFirst, HostNetwork: true}, nil, nodeFile, nil},
		{"ClusterFirstWithHostNet keeps the cluster's DNS", corev1.PodSpec{DNSPolicy: corev1.DNSClusterFirstWithHostNet, HostNetwork: true}, []string{"10.96.0.10"},
			clusterSearch + "nameserver 10.96.0.10\noptions ndots:5\n", nil},
		{"without a cluster DNS the node's file is used, with a warning (S10.22)", corev1.PodSpec{DNSPolicy: corev1.DNSClusterFirstWithHostNet, HostNetwork: true}, nil,
			nodeFile, []DNSWarning{missing}},
		{"None is exactly what the pod says", corev1.PodSpec{DNSPolicy: corev1.DNSNone, DNSConfig: &corev1.PodDNSConfig{
			Nameservers: []string{"192.0.2.1", "192.0.2.2"},
			Searches:    []string{"ns1.svc.cluster-domain.example", "my.dns.search.suffix"},
			Options:     []corev1.PodDNSConfigOption{{Name: "ndots", Value: pointerTo("2")}, {Name: "edns0"}},
		}}, []string{EmbeddedDNS}, "search ns1.svc.cluster-domain.example my.dns.search.suffix\nnameserver 192.0.2.1\nnameserver 192.0.2.2\noptions ndots:2 edns0\n", nil},
		{"dnsConfig is merged on top; its options win (S10.20)", corev1.PodSpec{DNSPolicy: corev1.DNSClusterFirst, DNSConfig: &corev1.PodDNSConfig{
			Nameservers: []string{EmbeddedDNS, "192.0.2.9"},
			Searches:    []string{"svc.cluster.local", "more.example"},
			Options:     []corev1.PodDNSConfigOption{{Name: "ndots", Value: pointerTo("1")}, {Name: "debug", Value: pointerTo("")}},
		}}, []string{EmbeddedDNS},
			strings.TrimSuffix(clusterSearch, "\n") + " more.example\nnameserver 127.0.0.11\nnameserver 192.0.2.9\noptions ndots:1 debug\n", nil},
		{"a fourth nameserver is cut (S10.21)", corev1.PodSpec{DNSPolicy: corev1.DNSNone, DNSConfig: &corev1.PodDNSConfig{Nameservers: []string{"1.1.1.1", "2.2.2.2", "3.3.3.3", "4.4.4.4"}}}, nil,
			"nameserver 1.1.1.1\nnameserver 2.2.2.2\nnameserver 3.3.3.3\n",
			[]DNSWarning{{"DNSConfigForming", "Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: 1.1.1.1 2.2.2.2 3.3.3.3"}}},
		{"a search path that is too long is left out", corev1.PodSpec{DNSPolicy: corev1.DNSNone, DNSConfig: &corev1.PodDNSConfig{
			Nameservers: []string{"1.1.1.1"}, Searches: []string{"a", strings.Repeat("x", 254), "b"}}}, nil,
			"search a b\nnameserver 1.1.1.1\n",
			[]DNSWarning{{"DNSConfigForming", "Search Line limits were exceeded, some search paths have been omitted, the applied search line is: a b"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "ns", UID: "u"}, Spec: tt.spec}
			got, warnings := ResolvConf(pod, Resolver{ClusterDNS: tt.cluster, NodeFile: []byte(nodeResolvConf)})
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.warnings, warnings); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSearchPathsEndAtTheLimits(t *testing.T) {
	var many []string
	for i := range 40 {
		many = append(many, fmt.Sprintf("s%02d", i))
	}
	if got := fittingSearches(many); len(got) != 32 {
		t.Errorf("%d search paths, want 32", len(got))
	}
	var long []string
	for range 10 {
		long = append(long, strings.Repeat("x", 250))
	}
	got := strings.Join(fittingSearches(long), " ")
	if len(got) != 8*250+7 {
		t.Errorf("a search line of %d characters, want 8 paths of 250", len(got))
	}
}
