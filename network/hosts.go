package network

import (
	"bytes"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

const hostsHead = `# Kubernetes-managed hosts file.
127.0.0.1	localhost
::1	localhost ip6-localhost ip6-loopback
fe00::0	ip6-localnet
fe00::0	ip6-mcastprefix
fe00::1	ip6-allnodes
fe00::2	ip6-allrouters
`

// Hosts is the managed /etc/hosts of a pod on podsim's network (S10.2). podIPs are the pod's addresses, the first one
// first; domain is empty for a pod without a subdomain.
func Hosts(podIPs []string, hostname, domain string, aliases []corev1.HostAlias) []byte {
	var out bytes.Buffer
	out.WriteString(hostsHead)
	for _, ip := range podIPs {
		names := []string{hostname}
		if domain != "" {
			names = []string{hostname + "." + domain, hostname}
		}
		writeHostsLine(&out, ip, names)
	}
	writeAliases(&out, aliases)
	return out.Bytes()
}

// HostNetworkHosts is the managed /etc/hosts of a pod on the engine machine's network: that machine's file, and the
// pod's aliases (S10.4).
func HostNetworkHosts(nodeFile []byte, aliases []corev1.HostAlias) []byte {
	var out bytes.Buffer
	out.WriteString("# Kubernetes-managed hosts file (host network).\n")
	out.Write(nodeFile)
	writeAliases(&out, aliases)
	return out.Bytes()
}

// writeAliases writes the entries of spec.hostAliases (S10.3).
func writeAliases(out *bytes.Buffer, aliases []corev1.HostAlias) {
	if len(aliases) == 0 {
		return
	}
	out.WriteString("\n# Entries added by HostAliases.\n")
	for _, alias := range aliases {
		writeHostsLine(out, alias.IP, alias.Hostnames)
	}
}

func writeHostsLine(out *bytes.Buffer, ip string, names []string) {
	out.WriteString(ip + "\t" + strings.Join(names, "\t") + "\n")
}

// HostnameFile is the /etc/hostname of a pod's containers, which hold the name of their kernel (S10.13).
func HostnameFile(kernelHostname string) []byte {
	return []byte(kernelHostname + "\n")
}
