package podspec

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

const (
	// ClusterDomain is the DNS domain of the cluster that podsim plays.
	ClusterDomain = "cluster.local"
	// maxHostname is the length in bytes to which a short host name is cut (S10.10).
	maxHostname = 63
	// MaxKernelHostname is the longest name that the kernel takes, in bytes (S10.11).
	MaxKernelHostname = 64
)

// Hostname returns the short host name of a pod, and the domain that its subdomain gives it, "" when it has none
// (S10.10 to S10.12). A pod on the host's network has the node's host name instead (S10.13), which is the caller's to know.
func Hostname(pod *corev1.Pod) (hostname, domain string) {
	spec := &pod.Spec
	if spec.HostnameOverride != nil {
		return cutHostname(*spec.HostnameOverride), ""
	}
	hostname = pod.Name
	if spec.Hostname != "" {
		hostname = spec.Hostname
	}
	if spec.Subdomain != "" {
		domain = fmt.Sprintf("%s.%s.svc.%s", spec.Subdomain, pod.Namespace, ClusterDomain)
	}
	return cutHostname(hostname), domain
}

// KernelHostname returns the name that the pod's UTS namespace gets: the short one, or with setHostnameAsFQDN and a
// domain the full one (S10.11). The error is the one that keeps a kubelet from creating the sandbox.
func KernelHostname(pod *corev1.Pod) (string, error) {
	hostname, domain := Hostname(pod)
	if pod.Spec.SetHostnameAsFQDN == nil || !*pod.Spec.SetHostnameAsFQDN || domain == "" {
		return hostname, nil
	}
	full := hostname + "." + domain
	if len(full) > MaxKernelHostname {
		return "", fmt.Errorf("failed to construct FQDN from pod hostname and cluster domain, FQDN %s is too long "+
			"(%d characters is the max, %d characters requested)", full, MaxKernelHostname, len(full))
	}
	return full, nil
}

// cutHostname shortens a name and takes off the end what a name may not end with.
func cutHostname(name string) string {
	if len(name) <= maxHostname {
		return name
	}
	return strings.TrimRight(name[:maxHostname], "-.")
}
