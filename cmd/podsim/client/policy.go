package client

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/authentication/serviceaccount"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/client-go/kubernetes"

	"github.com/podsim/podsim/podspec/manifest"
	"github.com/podsim/podsim/runtime/rbac"
)

// Policy are roles and bindings. A binding has a use as long as there is a pod whose account it means, and a role as long as there is such a
// binding of it, or of a role that gathers its rules.
type Policy struct {
	Roles, RoleBindings, ClusterRoles, ClusterRoleBindings []types.NamespacedName
}

// policyOf are those of a manifest.
func policyOf(m *manifest.Policy) Policy {
	return Policy{Roles: keysOf(m.Roles), RoleBindings: keysOf(m.RoleBindings), ClusterRoles: keysOf(m.ClusterRoles),
		ClusterRoleBindings: keysOf(m.ClusterRoleBindings)}
}

func keysOf[T metav1.Object](objects []T) []types.NamespacedName {
	var keys []types.NamespacedName
	for _, o := range objects {
		keys = append(keys, KeyOf(o))
	}
	return keys
}

func (p Policy) empty() bool {
	return len(p.Roles)+len(p.RoleBindings)+len(p.ClusterRoles)+len(p.ClusterRoleBindings) == 0
}

// deleteUnused removes those without a use. What every cluster begins with stays.
func (p Policy) deleteUnused(ctx context.Context, api kubernetes.Interface, accounts map[types.NamespacedName]string) error {
	if p.empty() {
		return nil
	}
	used, err := findUsedPolicy(ctx, api, slices.Collect(maps.Keys(accounts)))
	if err != nil {
		return fmt.Errorf("looking which roles are in use: %w", err)
	}
	var errs []error
	remove := func(names, used []types.NamespacedName, from func(namespace string) deleter) {
		for _, o := range names {
			if !slices.Contains(used, o) {
				errs = append(errs, UnlessNotFound(from(o.Namespace).Delete(ctx, o.Name, metav1.DeleteOptions{})))
			}
		}
	}
	of := api.RbacV1()
	remove(p.RoleBindings, used.RoleBindings, func(in string) deleter { return of.RoleBindings(in) })
	remove(p.ClusterRoleBindings, used.ClusterRoleBindings, func(string) deleter { return of.ClusterRoleBindings() })
	remove(p.Roles, used.Roles, func(in string) deleter { return of.Roles(in) })
	remove(p.ClusterRoles, used.ClusterRoles, func(string) deleter { return of.ClusterRoles() })
	return errors.Join(errs...)
}

// findUsedPolicy are the roles and bindings of the node that have a use for pods with the accounts, and those that every cluster begins with.
func findUsedPolicy(ctx context.Context, api kubernetes.Interface, accounts []types.NamespacedName) (Policy, error) {
	var used Policy
	bindings, err := api.RbacV1().RoleBindings(metav1.NamespaceAll).List(ctx, metav1.ListOptions{})
	if err != nil {
		return used, err
	}
	clusterBindings, err := api.RbacV1().ClusterRoleBindings().List(ctx, metav1.ListOptions{})
	if err != nil {
		return used, err
	}
	roles, err := api.RbacV1().ClusterRoles().List(ctx, metav1.ListOptions{})
	if err != nil {
		return used, err
	}
	for i := range bindings.Items {
		if b := &bindings.Items[i]; rbac.IsStanding(b) || meansAny(b.Subjects, b.Namespace, accounts) {
			used.RoleBindings = append(used.RoleBindings, KeyOf(b))
			used.addRole(b.RoleRef, b.Namespace)
		}
	}
	for i := range clusterBindings.Items {
		if b := &clusterBindings.Items[i]; rbac.IsStanding(b) || meansAny(b.Subjects, "", accounts) {
			used.ClusterRoleBindings = append(used.ClusterRoleBindings, KeyOf(b))
			used.addRole(b.RoleRef, "")
		}
	}
	used.addGathered(roles.Items)
	for i := range roles.Items {
		if rbac.IsStanding(&roles.Items[i]) {
			used.ClusterRoles = append(used.ClusterRoles, KeyOf(&roles.Items[i]))
		}
	}
	return used, nil
}

// meansAny reports whether a binding in the namespace means one of the accounts.
func meansAny(subjects []rbacv1.Subject, namespace string, accounts []types.NamespacedName) bool {
	return slices.ContainsFunc(accounts, func(account types.NamespacedName) bool {
		who := serviceaccount.UserInfo(account.Namespace, account.Name, "").(*user.DefaultInfo)
		who.Groups = append(who.Groups, user.AllAuthenticated)
		return slices.ContainsFunc(subjects, func(s rbacv1.Subject) bool { return rbac.Means(s, namespace, who) })
	})
}

// addRole adds the role of a binding in the namespace.
func (p *Policy) addRole(role rbacv1.RoleRef, namespace string) {
	if role.Kind == "ClusterRole" {
		p.ClusterRoles = append(p.ClusterRoles, types.NamespacedName{Name: role.Name})
	} else {
		p.Roles = append(p.Roles, types.NamespacedName{Namespace: namespace, Name: role.Name})
	}
}

// addGathered adds the cluster roles whose rules those gather that are there already.
func (p *Policy) addGathered(all []rbacv1.ClusterRole) {
	for next := 0; next < len(p.ClusterRoles); next++ {
		i := slices.IndexFunc(all, func(role rbacv1.ClusterRole) bool { return role.Name == p.ClusterRoles[next].Name })
		if i < 0 || all[i].AggregationRule == nil {
			continue
		}
		for _, gathers := range all[i].AggregationRule.ClusterRoleSelectors {
			selector, err := metav1.LabelSelectorAsSelector(&gathers)
			if err != nil {
				continue // the server took it
			}
			for o := range all {
				if key := KeyOf(&all[o]); selector.Matches(labels.Set(all[o].Labels)) && !slices.Contains(p.ClusterRoles, key) {
					p.ClusterRoles = append(p.ClusterRoles, key)
				}
			}
		}
	}
}
