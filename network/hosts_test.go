package network

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

const plainHosts = "# Kubernetes-managed hosts file.\n" +
	"127.0.0.1\tlocalhost\n" +
	"::1\tlocalhost ip6-localhost ip6-loopback\n" +
	"fe00::0\tip6-localnet\n" +
	"fe00::0\tip6-mcastprefix\n" +
	"fe00::1\tip6-allnodes\n" +
	"fe00::2\tip6-allrouters\n"

var twoAliases = []corev1.HostAlias{
	{IP: "1.2.3.4", Hostnames: []string{"foo.local", "bar.local"}},
	{IP: "10.1.2.3", Hostnames: []string{"foo.remote"}},
}

const twoAliasLines = "\n# Entries added by HostAliases.\n1.2.3.4\tfoo.local\tbar.local\n10.1.2.3\tfoo.remote\n"

func TestHostsIsTheFileOfAKubelet(t *testing.T) {
	tests := []struct {
		name             string
		ips              []string
		hostname, domain string
		aliases          []corev1.HostAlias
		want             string
	}{
		{"a plain pod (S10.2)", []string{"10.0.0.5"}, "p", "", nil, plainHosts + "10.0.0.5\tp\n"},
		{"a subdomain puts the full name first", []string{"10.0.0.5"}, "web-0", "web.ns.svc.cluster.local", nil,
			plainHosts + "10.0.0.5\tweb-0.web.ns.svc.cluster.local\tweb-0\n"},
		{"every address has a line", []string{"10.0.0.5", "fd00::5"}, "p", "", nil, plainHosts + "10.0.0.5\tp\nfd00::5\tp\n"},
		{"aliases follow after a blank line (S10.3)", []string{"10.0.0.5"}, "p", "", twoAliases,
			plainHosts + "10.0.0.5\tp\n" + twoAliasLines},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, string(Hosts(tt.ips, tt.hostname, tt.domain, tt.aliases))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHostNetworkHostsHoldTheNodesFile(t *testing.T) {
	got := string(HostNetworkHosts([]byte("127.0.0.1 localhost\n"), twoAliases))
	want := "# Kubernetes-managed hosts file (host network).\n127.0.0.1 localhost\n" + twoAliasLines
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestHostnameFileEndsWithANewline(t *testing.T) {
	if got := string(HostnameFile("p")); got != "p\n" {
		t.Errorf("got %q", got)
	}
}
