package kubeapi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/podsim/podsim/runtime/kubeapi/memory"
	"github.com/podsim/podsim/runtime/rbac"
)

// policies are the roles and bindings. Where they count, nobody gives anybody more than he may do himself, unless he was allowed to.
func policies(config Config, may authorization, known kinds) map[string]rest.Storage {
	roles, clusterRoles := namespacedRoles(config).registry(known, config.Clock), clusterRoles(config).registry(known, config.Clock)
	bindings, clusterBindings := roleBindings(config).registry(known, config.Clock), clusterRoleBindings(config).registry(known, config.Clock)
	e := escalation{may, rbac.Authorizer{Policy: storedPolicy{config.Store}}}
	return map[string]rest.Storage{
		"roles": guarded[*rbacv1.Role]{roles, func(ctx context.Context, newer, _ *rbacv1.Role) error {
			return e.checkRole(ctx, "roles", newer.Name, newer.Rules)
		}},
		"clusterroles": guarded[*rbacv1.ClusterRole]{clusterRoles, e.checkClusterRole},
		"rolebindings": guarded[*rbacv1.RoleBinding]{bindings, func(ctx context.Context, newer, _ *rbacv1.RoleBinding) error {
			return e.checkBinding(ctx, "rolebindings", newer.Name, newer.RoleRef)
		}},
		"clusterrolebindings": guarded[*rbacv1.ClusterRoleBinding]{clusterBindings, func(ctx context.Context, newer, _ *rbacv1.ClusterRoleBinding) error {
			return e.checkBinding(ctx, "clusterrolebindings", newer.Name, newer.RoleRef)
		}},
	}
}

// guarded is a resource whose objects are looked at before the registry takes them.
type guarded[T memory.Object[T]] struct {
	*registered
	// check returns why the request must not put an object in place of the older one, which is nil or empty if there is none.
	check func(ctx context.Context, newer, older T) error
}

// Create implements rest.Creater.
func (g guarded[T]) Create(ctx context.Context, object runtime.Object, validate rest.ValidateObjectFunc, options *metav1.CreateOptions) (runtime.Object, error) {
	var none T
	if err := g.check(ctx, object.(T), none); err != nil {
		return nil, err
	}
	return g.registered.Create(ctx, object, validate, options)
}

// Update implements rest.Updater.
func (g guarded[T]) Update(ctx context.Context, name string, info rest.UpdatedObjectInfo, create rest.ValidateObjectFunc,
	update rest.ValidateObjectUpdateFunc, forceCreate bool, options *metav1.UpdateOptions) (runtime.Object, bool, error) {
	checked := rest.WrapUpdatedObjectInfo(info, func(ctx context.Context, newer, older runtime.Object) (runtime.Object, error) {
		if differOnlyForRemoval(newer.(T), older.(T)) {
			return newer, nil
		}
		return newer, g.check(ctx, newer.(T), older.(T))
	})
	return g.registered.Update(ctx, name, checked, create, update, forceCreate, options)
}

// differOnlyForRemoval reports whether nothing changes but what the collector of garbage changes.
func differOnlyForRemoval[T memory.Object[T]](newer, older T) bool {
	newer = newer.DeepCopy()
	newer.SetOwnerReferences(older.GetOwnerReferences())
	newer.SetFinalizers(older.GetFinalizers())
	newer.SetSelfLink(older.GetSelfLink())
	newer.SetManagedFields(older.GetManagedFields())
	return equality.Semantic.DeepEqual(newer, older)
}

// escalation is what nobody is to bring about.
type escalation struct {
	authorization authorization
	byRoles       rbac.Authorizer
}

// checkRole refuses a role with rules that the user of the request has not, unless he may escalate it.
func (e escalation) checkRole(ctx context.Context, resource, name string, rules []rbacv1.PolicyRule) error {
	if e.isFree(ctx) || e.mayEscalate(ctx, resource) {
		return nil
	}
	return e.checkHeld(ctx, resource, name, rules)
}

// everything is what a role can come to allow that gathers the rules of others.
var everything = []rbacv1.PolicyRule{
	{Verbs: []string{rbacv1.VerbAll}, APIGroups: []string{rbacv1.APIGroupAll}, Resources: []string{rbacv1.ResourceAll}},
	{Verbs: []string{rbacv1.VerbAll}, NonResourceURLs: []string{rbacv1.NonResourceAll}},
}

func (e escalation) checkClusterRole(ctx context.Context, newer, older *rbacv1.ClusterRole) error {
	const resource = "clusterroles"
	if e.isFree(ctx) || e.mayEscalate(ctx, resource) {
		return nil
	}
	if err := e.checkHeld(ctx, resource, newer.Name, newer.Rules); err != nil {
		return err
	}
	gathers := newer.AggregationRule != nil || older != nil && older.AggregationRule != nil
	if gathers && e.checkHeld(ctx, resource, newer.Name, everything) != nil {
		return forbidden(resource, newer.Name, "must have cluster-admin privileges to use the aggregationRule")
	}
	return nil
}

// checkBinding refuses a binding of a role with rules that the user of the request has not, unless he may bind it.
func (e escalation) checkBinding(ctx context.Context, resource, name string, role rbacv1.RoleRef) error {
	namespace := genericapirequest.NamespaceValue(ctx)
	if e.isFree(ctx) || e.mayBind(ctx, role, namespace) {
		return nil
	}
	rules, err := rbac.RulesOf(e.byRoles.Policy, role, namespace)
	if err != nil {
		return err
	}
	return e.checkHeld(ctx, resource, name, rules)
}

// isFree reports whether the user of the request may give everybody everything.
func (e escalation) isFree(ctx context.Context) bool {
	who, ok := genericapirequest.UserFrom(ctx)
	return !e.authorization.enforced() || ok && slices.Contains(who.GetGroups(), user.SystemPrivilegedGroup)
}

// mayEscalate reports whether the user of the request may have the role that it is about allow what he may not do himself.
func (e escalation) mayEscalate(ctx context.Context, resource string) bool {
	info, ok := genericapirequest.RequestInfoFrom(ctx)
	if !ok || !info.IsResourceRequest || info.APIGroup != rbacv1.GroupName || info.Resource != resource {
		return false
	}
	return e.may(ctx, "escalate", resource, info.Name, info.Namespace)
}

func (e escalation) mayBind(ctx context.Context, role rbacv1.RoleRef, namespace string) bool {
	resource, ok := map[string]string{"Role": "roles", "ClusterRole": "clusterroles"}[role.Kind]
	return ok && role.APIGroup == rbacv1.GroupName && e.may(ctx, "bind", resource, role.Name, namespace)
}

func (e escalation) may(ctx context.Context, verb, resource, name, namespace string) bool {
	who, ok := genericapirequest.UserFrom(ctx)
	if !ok {
		return false
	}
	decision, _, _ := e.authorization.Authorize(ctx, authorizer.AttributesRecord{
		User: who, Verb: verb, APIGroup: rbacv1.GroupName, APIVersion: "*", Resource: resource, Name: name, Namespace: namespace, ResourceRequest: true,
	})
	return decision == authorizer.DecisionAllow
}

// checkHeld is the API server's error when the user of the request does not have all the rules himself.
func (e escalation) checkHeld(ctx context.Context, resource, name string, rules []rbacv1.PolicyRule) error {
	who, ok := genericapirequest.UserFrom(ctx)
	if !ok {
		return forbidden(resource, name, "no user on context")
	}
	held, err := e.byRoles.Rules(who, genericapirequest.NamespaceValue(ctx))
	missing := rbac.Missing(held, rules)
	if len(missing) == 0 {
		return nil
	}
	words := fmt.Sprintf("user %q (groups=%q) is attempting to grant RBAC permissions not currently held:\n%s", who.GetName(), who.GetGroups(),
		strings.Join(missing, "\n"))
	if err != nil {
		words += fmt.Sprintf("; resolution errors: %v", []error{err})
	}
	return forbidden(resource, name, words)
}

func forbidden(resource, name, words string) error {
	return apierrors.NewForbidden(schema.GroupResource{Group: rbacv1.GroupName, Resource: resource}, name, errors.New(words))
}
