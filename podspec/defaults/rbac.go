package defaults

import rbacv1 "k8s.io/api/rbac/v1"

// RoleBinding fills in what a RoleBinding leaves out.
func RoleBinding(binding *rbacv1.RoleBinding) {
	defaultRoleRef(&binding.RoleRef)
	defaultSubjects(binding.Subjects)
}

// ClusterRoleBinding fills in what a ClusterRoleBinding leaves out.
func ClusterRoleBinding(binding *rbacv1.ClusterRoleBinding) {
	defaultRoleRef(&binding.RoleRef)
	defaultSubjects(binding.Subjects)
}

func defaultRoleRef(role *rbacv1.RoleRef) {
	if role.APIGroup == "" {
		role.APIGroup = rbacv1.GroupName
	}
}

func defaultSubjects(subjects []rbacv1.Subject) {
	for i := range subjects {
		s := &subjects[i]
		if s.APIGroup == "" && (s.Kind == rbacv1.UserKind || s.Kind == rbacv1.GroupKind) {
			s.APIGroup = rbacv1.GroupName
		}
	}
}
