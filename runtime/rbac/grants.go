package rbac

import (
	"fmt"
	"iter"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apiserver/pkg/authentication/serviceaccount"
	"k8s.io/apiserver/pkg/authentication/user"
)

// Policy are the roles and bindings that there are. What it returns is not modified.
type Policy interface {
	// Role and ClusterRole fail with the API's NotFound where there is none.
	Role(namespace, name string) (*rbacv1.Role, error)
	ClusterRole(name string) (*rbacv1.ClusterRole, error)
	RoleBindings(namespace string) []*rbacv1.RoleBinding
	ClusterRoleBindings() []*rbacv1.ClusterRoleBinding
}

// Kinds of what bindings refer to.
const (
	kindRole        = "Role"
	kindClusterRole = "ClusterRole"
)

// binding is what RoleBindings and ClusterRoleBindings have in common.
type binding struct {
	kind, name, namespace string // no namespace for the whole cluster
	role                  rbacv1.RoleRef
	subjects              []rbacv1.Subject
}

// bindings are those that count for requests in the namespace, or for requests about the whole cluster if it is "".
func bindings(policy Policy, namespace string) iter.Seq[binding] {
	return func(yield func(binding) bool) {
		for _, b := range policy.ClusterRoleBindings() {
			if !yield(binding{"ClusterRoleBinding", b.Name, "", b.RoleRef, b.Subjects}) {
				return
			}
		}
		if namespace == "" {
			return
		}
		for _, b := range policy.RoleBindings(namespace) {
			if !yield(binding{"RoleBinding", b.Name, namespace, b.RoleRef, b.Subjects}) {
				return
			}
		}
	}
}

// grant is a rule that somebody has, and the binding from which.
type grant struct {
	rule    *rbacv1.PolicyRule
	binding binding
	subject rbacv1.Subject
}

// grants are the rules that somebody has in the namespace, or cluster-wide alone if it is "". For a binding whose role is not to be had
// there is an error in place of rules.
func grants(policy Policy, who user.Info, namespace string) iter.Seq2[grant, error] {
	return func(yield func(grant, error) bool) {
		for binding := range bindings(policy, namespace) {
			i := slices.IndexFunc(binding.subjects, func(s rbacv1.Subject) bool { return Means(s, binding.namespace, who) })
			if i < 0 {
				continue
			}
			rules, err := RulesOf(policy, binding.role, binding.namespace)
			if err != nil && !yield(grant{}, err) {
				return
			}
			for r := range rules {
				if !yield(grant{&rules[r], binding, binding.subjects[i]}, nil) {
					return
				}
			}
		}
	}
}

// RulesOf are the rules of the role that a binding in the namespace refers to; "" for one of the whole cluster. The error is NotFound when
// there is no such role.
func RulesOf(policy Policy, role rbacv1.RoleRef, namespace string) ([]rbacv1.PolicyRule, error) {
	switch role.Kind {
	case kindRole:
		found, err := policy.Role(namespace, role.Name)
		if err != nil {
			return nil, err
		}
		return found.Rules, nil
	case kindClusterRole:
		found, err := policy.ClusterRole(role.Name)
		if err != nil {
			return nil, err
		}
		return found.Rules, nil
	}
	return nil, fmt.Errorf("unsupported role reference kind: %q", role.Kind)
}

// Means reports whether somebody is meant by a subject of a binding in the namespace, in which accounts are that name none; "" is that of
// no namespace.
func Means(subject rbacv1.Subject, namespace string, who user.Info) bool {
	switch subject.Kind {
	case rbacv1.UserKind:
		return who.GetName() == subject.Name
	case rbacv1.GroupKind:
		return slices.Contains(who.GetGroups(), subject.Name)
	case rbacv1.ServiceAccountKind:
		in := namespaceOf(subject, namespace)
		return in != "" && serviceaccount.MatchesUsername(in, subject.Name, who.GetName())
	}
	return false
}

func namespaceOf(subject rbacv1.Subject, otherwise string) string {
	if subject.Namespace != "" {
		return subject.Namespace
	}
	return otherwise
}

// String tells where the rule comes from, as an API server does: names come before their namespaces.
func (g grant) String() string {
	name, subject := g.binding.name, g.subject.Name
	if g.binding.namespace != "" {
		name += "/" + g.binding.namespace
	}
	if g.subject.Kind == rbacv1.ServiceAccountKind {
		subject += "/" + namespaceOf(g.subject, g.binding.namespace)
	}
	return fmt.Sprintf("%s %q of %s %q to %s %q", g.binding.kind, name, g.binding.role.Kind, g.binding.role.Name, g.subject.Kind, subject)
}
