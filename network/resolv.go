package network

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
)

// EmbeddedDNS is the address of the engine's own DNS server in a container on podsim's network. It plays the cluster
// DNS.
const EmbeddedDNS = "127.0.0.11"

// BareResolvConf is the resolver file of a container on podsim's network if that of the engine's machine has neither search
// paths nor options.
const BareResolvConf = "nameserver " + EmbeddedDNS + "\noptions " + engineOption + "\n"

// engineOption is an option that the engine adds where its own server is used. On a machine's network it is not added.
const engineOption = "ndots:0"

// The limits of a resolver file (S10.21).
const (
	maxNameservers  = 3
	maxSearches     = 32
	maxSearchChars  = 2048
	maxSearchLength = 253
)

// Resolver is what the files of all pods have in common.
type Resolver struct {
	// ClusterDNS are the addresses of the cluster DNS; none means that there is no cluster DNS, as on the engine
	// machine's own network.
	ClusterDNS []string
	// NodeFile is the resolver file of the engine's machine or, for a pod on podsim's network, what the engine made of it:
	// with its own server in place of the machine's, which may be out of a container's reach.
	NodeFile []byte
}

// DNSWarning is an event of type Warning that the pod gets for its resolver settings.
type DNSWarning struct {
	Reason, Message string
}

// ResolvConf is the /etc/resolv.conf of the containers of a pod (S10C). pod must be defaulted.
func ResolvConf(pod *corev1.Pod, r Resolver) (content []byte, warnings []DNSWarning) {
	node := parseResolvConf(r.NodeFile)
	if !pod.Spec.HostNetwork {
		node.options = slices.DeleteFunc(node.options, func(option string) bool { return option == engineOption })
	}
	var c resolvConf
	switch policy := effectiveDNSPolicy(pod); {
	case policy == corev1.DNSNone:
	case policy == corev1.DNSClusterFirst && len(r.ClusterDNS) > 0:
		c = clusterResolvConf(pod.Namespace, r, node)
	case policy == corev1.DNSClusterFirst:
		warnings = append(warnings, missingClusterDNS(pod))
		c = node
	default:
		c = node
	}
	if pod.Spec.DNSConfig != nil {
		c = c.merge(pod.Spec.DNSConfig)
	}
	c, cut := c.limit()
	return c.format(), append(warnings, cut...)
}

// effectiveDNSPolicy is Default, ClusterFirst or None: the policy once hostNetwork is taken into account.
func effectiveDNSPolicy(pod *corev1.Pod) corev1.DNSPolicy {
	switch {
	case pod.Spec.DNSPolicy == corev1.DNSClusterFirst && pod.Spec.HostNetwork:
		return corev1.DNSDefault
	case pod.Spec.DNSPolicy == corev1.DNSClusterFirstWithHostNet:
		return corev1.DNSClusterFirst
	}
	return pod.Spec.DNSPolicy
}

func clusterResolvConf(namespace string, r Resolver, node resolvConf) resolvConf {
	domain := podspec.ClusterDomain
	searches := []string{namespace + ".svc." + domain, "svc." + domain, domain}
	return resolvConf{
		nameservers: r.ClusterDNS,
		searches:    withoutDuplicates(append(searches, node.searches...)),
		options:     []string{"ndots:5"},
	}
}

// missingClusterDNS is the warning of S10.22.
func missingClusterDNS(pod *corev1.Pod) DNSWarning {
	return DNSWarning{"MissingClusterDNS", fmt.Sprintf("pod: %q. kubelet does not have ClusterDNS IP configured and cannot create Pod using %q policy. Falling back to %q policy.",
		podspec.PodIdentity(pod), corev1.DNSClusterFirst, corev1.DNSDefault)}
}

// merge puts the pod's dnsConfig on top (S10.20). Options keep their place; new ones follow in the pod's order.
func (c resolvConf) merge(config *corev1.PodDNSConfig) resolvConf {
	c.nameservers = withoutDuplicates(append(c.nameservers[:len(c.nameservers):len(c.nameservers)], config.Nameservers...))
	c.searches = withoutDuplicates(append(c.searches[:len(c.searches):len(c.searches)], config.Searches...))
	options := c.options
	for _, o := range config.Options {
		option := o.Name
		if o.Value != nil && *o.Value != "" {
			option += ":" + *o.Value
		}
		options = withOption(options, option)
	}
	c.options = options
	return c
}

// limit cuts what resolvers do not take (S10.21).
func (c resolvConf) limit() (resolvConf, []DNSWarning) {
	var warnings []DNSWarning
	if len(c.nameservers) > maxNameservers {
		c.nameservers = c.nameservers[:maxNameservers]
		warnings = append(warnings, DNSWarning{"DNSConfigForming",
			"Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: " + strings.Join(c.nameservers, " ")})
	}
	searches := fittingSearches(c.searches)
	if len(searches) < len(c.searches) {
		warnings = append(warnings, DNSWarning{"DNSConfigForming",
			"Search Line limits were exceeded, some search paths have been omitted, the applied search line is: " + strings.Join(searches, " ")})
	}
	c.searches = searches
	return c, warnings
}

// fittingSearches takes the first search paths as far as the limits allow, without those that are too long themselves.
func fittingSearches(searches []string) []string {
	var fitting []string
	chars := 0
	for _, search := range searches[:min(len(searches), maxSearches)] {
		if len(search) > maxSearchLength {
			continue
		}
		if len(fitting) > 0 {
			chars++ // the blank
		}
		if chars += len(search); chars > maxSearchChars {
			break
		}
		fitting = append(fitting, search)
	}
	return fitting
}
