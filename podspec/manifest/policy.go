package manifest

import (
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec/defaults"
	"github.com/podsim/podsim/podspec/validation"
)

// Policy is who may do what with the API: roles, and to whom they are bound.
type Policy struct {
	Roles               []*rbacv1.Role
	RoleBindings        []*rbacv1.RoleBinding
	ClusterRoles        []*rbacv1.ClusterRole
	ClusterRoleBindings []*rbacv1.ClusterRoleBinding
}

// add files an object under its kind, and reports whether it is a role or a binding.
func (p *Policy) add(o metav1.Object) bool {
	switch o := o.(type) {
	case *rbacv1.Role:
		p.Roles = append(p.Roles, o)
	case *rbacv1.RoleBinding:
		p.RoleBindings = append(p.RoleBindings, o)
	case *rbacv1.ClusterRole:
		p.ClusterRoles = append(p.ClusterRoles, o)
	case *rbacv1.ClusterRoleBinding:
		p.ClusterRoleBindings = append(p.ClusterRoleBindings, o)
	default:
		return false
	}
	return true
}

// isPolicy reports whether an object is a role or a binding.
func isPolicy(o metav1.Object) bool { return new(Policy).add(o) }

// admitPolicy completes a role or a binding, and returns what a server finds wrong with it.
func admitPolicy(o metav1.Object) field.ErrorList {
	switch o := o.(type) {
	case *rbacv1.Role:
		return validation.ValidateRole(o)
	case *rbacv1.RoleBinding:
		defaults.RoleBinding(o)
		return validation.ValidateRoleBinding(o)
	case *rbacv1.ClusterRole:
		return validation.ValidateClusterRole(o)
	case *rbacv1.ClusterRoleBinding:
		defaults.ClusterRoleBinding(o)
		return validation.ValidateClusterRoleBinding(o)
	}
	return nil
}
