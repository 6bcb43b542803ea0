package kubeapi

import (
	"context"

	"github.com/google/uuid"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/authorization/authorizerfactory"
	"k8s.io/apiserver/pkg/authorization/union"

	"github.com/podsim/podsim/runtime/rbac"
	"github.com/podsim/podsim/runtime/store"
)

// CreatePolicy puts the roles and bindings that every cluster has into a new store.
func CreatePolicy(into *store.Store) {
	all := rbac.Bootstrap()
	createStanding(into.ClusterRoles, all.ClusterRoles)
	createStanding(into.ClusterRoleBindings, all.ClusterRoleBindings)
	createStanding(into.Roles, all.Roles)
	createStanding(into.RoleBindings, all.RoleBindings)
}

func createStanding[T store.Object[T]](into *store.Collection[T], objects []T) {
	now := metav1.Now().Rfc3339Copy()
	for _, object := range objects {
		object.SetUID(types.UID(uuid.NewString()))
		object.SetCreationTimestamp(now)
		_, _ = into.Create(object) // the store is new
	}
}

// storedPolicy are the roles and bindings of a store.
type storedPolicy struct{ *store.Store }

var _ rbac.Policy = storedPolicy{}

// Role implements rbac.Policy.
func (p storedPolicy) Role(namespace, name string) (*rbacv1.Role, error) {
	return p.Roles.Get(types.NamespacedName{Namespace: namespace, Name: name})
}

// ClusterRole implements rbac.Policy.
func (p storedPolicy) ClusterRole(name string) (*rbacv1.ClusterRole, error) {
	return p.ClusterRoles.Get(types.NamespacedName{Name: name})
}

// RoleBindings implements rbac.Policy.
func (p storedPolicy) RoleBindings(namespace string) []*rbacv1.RoleBinding {
	all, _ := p.Store.RoleBindings.List(namespace)
	return all
}

// ClusterRoleBindings implements rbac.Policy.
func (p storedPolicy) ClusterRoleBindings() []*rbacv1.ClusterRoleBinding {
	all, _ := p.Store.ClusterRoleBindings.List("")
	return all
}

// authorization tells what somebody may do, and all that he may do: by the roles and bindings of the store, where only those of the group
// system:masters need none, or everything, as long as these are not enforced.
type authorization struct {
	enforced      func() bool
	byRoles, open decider
}

type decider struct {
	authorizer.Authorizer
	authorizer.RuleResolver
}

var (
	_ authorizer.Authorizer   = authorization{}
	_ authorizer.RuleResolver = authorization{}
)

func newAuthorization(config Config) authorization {
	enforced := config.RBAC
	if enforced == nil {
		enforced = func() bool { return false }
	}
	masters, roles := authorizerfactory.NewPrivilegedGroups(user.SystemPrivilegedGroup), rbac.Authorizer{Policy: storedPolicy{config.Store}}
	both, err := union.New(
		union.NamedAuthorizer{AuthorizerName: "SystemMasters", Authorizer: masters}, union.NamedAuthorizer{AuthorizerName: "RBAC", Authorizer: roles})
	if err != nil {
		panic(err) // the names differ
	}
	open := authorizerfactory.NewAlwaysAllowAuthorizer()
	return authorization{enforced, decider{both, roles}, decider{open, open}}
}

// inForce is who decides now.
func (a authorization) inForce() decider {
	if a.enforced() {
		return a.byRoles
	}
	return a.open
}

// Authorize implements authorizer.Authorizer.
func (a authorization) Authorize(ctx context.Context, asked authorizer.Attributes) (authorizer.Decision, string, error) {
	return a.inForce().Authorize(ctx, asked)
}

// ConditionsAwareAuthorize implements authorizer.Authorizer.
func (a authorization) ConditionsAwareAuthorize(ctx context.Context, asked authorizer.Attributes) authorizer.ConditionsAwareDecision {
	return a.inForce().ConditionsAwareAuthorize(ctx, asked)
}

// EvaluateConditions implements authorizer.Authorizer.
func (a authorization) EvaluateConditions(ctx context.Context, unevaluated authorizer.ConditionsAwareDecision,
	data authorizer.ConditionsData) (authorizer.Decision, string, error) {
	return a.inForce().EvaluateConditions(ctx, unevaluated, data)
}

// RulesFor implements authorizer.RuleResolver.
func (a authorization) RulesFor(ctx context.Context, who user.Info, namespace string) (resources []authorizer.ResourceRuleInfo,
	others []authorizer.NonResourceRuleInfo, incomplete bool, err error) {
	return a.inForce().RulesFor(ctx, who, namespace)
}

// keepAggregated gives cluster roles that gather the rules of others those rules, until the context ends.
func keepAggregated(ctx context.Context, objects *store.Store) {
	for ctx.Err() == nil {
		all, version := objects.ClusterRoles.List("")
		for _, role := range all {
			aggregate(objects.ClusterRoles, role)
		}
		if changes, err := objects.ClusterRoles.Watch(version); err == nil { // else much has changed already
			_, _ = changes.Next(ctx) // among others a role that was just given rules, so that those follow that gather from it
		}
	}
}

// aggregate brings the rules of a role up to date, if it gathers any.
func aggregate(in *store.Collection[*rbacv1.ClusterRole], role *rbacv1.ClusterRole) {
	if role.AggregationRule == nil {
		return
	}
	all, _ := in.List("") // anew for each, else roles that gather from one another never come to rest
	rules, err := rbac.Aggregate(role, all)
	if err != nil || rbac.SameRules(rules, role.Rules) {
		return // selectors were validated
	}
	_, _ = in.Update(store.KeyOf(role), func(current *rbacv1.ClusterRole) error { // it may be gone by now
		if current.AggregationRule != nil {
			current.Rules = rules
		}
		return nil
	})
}
