package rbac

import (
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/component-helpers/auth/rbac/validation"
)

// Missing tells which of the wanted rules those do not cover that somebody has, one a line as an API server writes them; none if they
// cover all.
func Missing(held, wanted []rbacv1.PolicyRule) []string {
	covered, missing := validation.Covers(held, wanted)
	if covered {
		return nil
	}
	var lines []string
	for _, rule := range joined(missing) {
		lines = append(lines, describe(rule))
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// joined makes one rule of those that differ in their verb alone. Covers takes rules apart into pieces of one verb each.
func joined(pieces []rbacv1.PolicyRule) []rbacv1.PolicyRule {
	var rules []rbacv1.PolicyRule
	known := map[string]int{}
	for _, piece := range pieces {
		what := piece
		what.Verbs = nil
		if i, ok := known[describe(what)]; ok && len(piece.NonResourceURLs) == 0 {
			rules[i].Verbs = append(rules[i].Verbs, piece.Verbs...)
			continue
		}
		known[describe(what)] = len(rules)
		rules = append(rules, *piece.DeepCopy())
	}
	return rules
}

func describe(rule rbacv1.PolicyRule) string {
	var parts []string
	for _, part := range []struct {
		name  string
		words []string
	}{
		{"APIGroups", rule.APIGroups}, {"Resources", rule.Resources}, {"NonResourceURLs", rule.NonResourceURLs},
		{"ResourceNames", rule.ResourceNames}, {"Verbs", rule.Verbs},
	} {
		if len(part.words) > 0 {
			parts = append(parts, fmt.Sprintf("%s:%q", part.name, part.words))
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
