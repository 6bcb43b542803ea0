package rbac

import (
	"context"
	"errors"
	"fmt"

	rbacv1 "k8s.io/api/rbac/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
)

// Authorizer answers by a policy. It allows and never denies: another authorizer beside it may allow more.
type Authorizer struct{ Policy Policy }

var (
	_ authorizer.Authorizer   = Authorizer{}
	_ authorizer.RuleResolver = Authorizer{}
)

// Authorize implements authorizer.Authorizer. The reason of a permission names its binding; that without one tells which roles of the
// user's bindings there are not.
func (a Authorizer) Authorize(_ context.Context, asked authorizer.Attributes) (authorizer.Decision, string, error) {
	if asked.GetUser() == nil {
		return authorizer.DecisionNoOpinion, "", errors.New("no user on request")
	}
	var failures []error
	for grant, err := range grants(a.Policy, asked.GetUser(), asked.GetNamespace()) {
		switch {
		case err != nil:
			failures = append(failures, err)
		case Allows(grant.rule, asked):
			return authorizer.DecisionAllow, fmt.Sprintf("RBAC: allowed by %s", grant), nil
		}
	}
	if len(failures) > 0 {
		return authorizer.DecisionNoOpinion, fmt.Sprintf("RBAC: %v", utilerrors.NewAggregate(failures)), nil
	}
	return authorizer.DecisionNoOpinion, "", nil
}

// ConditionsAwareAuthorize implements authorizer.Authorizer; RBAC knows no conditions.
func (a Authorizer) ConditionsAwareAuthorize(ctx context.Context, asked authorizer.Attributes) authorizer.ConditionsAwareDecision {
	return authorizer.ConditionsAwareDecisionFromParts(a.Authorize(ctx, asked))
}

// EvaluateConditions implements authorizer.Authorizer.
func (Authorizer) EvaluateConditions(context.Context, authorizer.ConditionsAwareDecision, authorizer.ConditionsData) (authorizer.Decision, string, error) {
	return authorizer.DecisionDeny, "", authorizer.ErrorConditionEvaluationNotSupported
}

// Rules are all rules that somebody has in the namespace. The error tells which roles there are not; the rules of the others come with it.
func (a Authorizer) Rules(who user.Info, namespace string) ([]rbacv1.PolicyRule, error) {
	var rules []rbacv1.PolicyRule
	var failures []error
	for grant, err := range grants(a.Policy, who, namespace) {
		if err != nil {
			failures = append(failures, err)
			continue
		}
		rules = append(rules, *grant.rule)
	}
	return rules, utilerrors.NewAggregate(failures)
}

// RulesFor implements authorizer.RuleResolver.
func (a Authorizer) RulesFor(_ context.Context, who user.Info, namespace string) (resources []authorizer.ResourceRuleInfo,
	others []authorizer.NonResourceRuleInfo, incomplete bool, err error) {
	rules, err := a.Rules(who, namespace)
	for _, rule := range rules {
		if len(rule.Resources) > 0 {
			resources = append(resources, &authorizer.DefaultResourceRuleInfo{
				Verbs: rule.Verbs, APIGroups: rule.APIGroups, Resources: rule.Resources, ResourceNames: rule.ResourceNames,
			})
		}
		if len(rule.NonResourceURLs) > 0 {
			others = append(others, &authorizer.DefaultNonResourceRuleInfo{Verbs: rule.Verbs, NonResourceURLs: rule.NonResourceURLs})
		}
	}
	return resources, others, false, err
}
