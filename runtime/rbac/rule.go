package rbac

import (
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apiserver/pkg/authorization/authorizer"
)

// Allows reports whether the rule allows what is asked for.
func Allows(rule *rbacv1.PolicyRule, asked authorizer.Attributes) bool {
	if !names(rule.Verbs, asked.GetVerb()) {
		return false
	}
	if !asked.IsResourceRequest() {
		return slices.ContainsFunc(rule.NonResourceURLs, func(url string) bool { return matchesPath(url, asked.GetPath()) })
	}
	return names(rule.APIGroups, asked.GetAPIGroup()) &&
		slices.ContainsFunc(rule.Resources, func(resource string) bool { return matchesResource(resource, asked) }) &&
		(len(rule.ResourceNames) == 0 || slices.Contains(rule.ResourceNames, asked.GetName()))
}

// names reports whether one of the words is the asked one, or stands for all.
func names(words []string, asked string) bool {
	return slices.Contains(words, asked) || slices.Contains(words, rbacv1.VerbAll)
}

// matchesResource reports whether a rule's resource is the asked one: pods, pods/log, that subresource of every resource (*/log), or
// everything (*). A resource alone does not stand for its subresources.
func matchesResource(resource string, asked authorizer.Attributes) bool {
	if resource == rbacv1.ResourceAll {
		return true
	}
	if asked.GetSubresource() == "" {
		return resource == asked.GetResource()
	}
	of, subresource, _ := strings.Cut(resource, "/")
	return subresource == asked.GetSubresource() && (of == asked.GetResource() || of == rbacv1.ResourceAll)
}

// matchesPath reports whether a rule's URL is the path, or ends with an asterisk and begins it.
func matchesPath(url, path string) bool {
	return url == path || strings.HasSuffix(url, rbacv1.NonResourceAll) && strings.HasPrefix(path, strings.TrimRight(url, rbacv1.NonResourceAll))
}
