package kubeapi

import (
	"strings"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/podsim/podsim/podspec/validation"
)

func namespacedRoles(config Config) *resource[*rbacv1.Role] {
	return &resource[*rbacv1.Role]{
		collection: config.Store.Roles, singular: "role", createOnUpdate: true,
		newObject: func() *rbacv1.Role { return &rbacv1.Role{} },
		newList:   func() runtime.Object { return &rbacv1.RoleList{} },
		table:     roleTable[*rbacv1.Role](), fields: metadataFields[*rbacv1.Role],
		check: validation.ValidateRole, checkUpdate: validation.ValidateRoleUpdate,
	}
}

func clusterRoles(config Config) *resource[*rbacv1.ClusterRole] {
	return &resource[*rbacv1.ClusterRole]{
		collection: config.Store.ClusterRoles, singular: "clusterrole", clusterScoped: true, createOnUpdate: true,
		newObject: func() *rbacv1.ClusterRole { return &rbacv1.ClusterRole{} },
		newList:   func() runtime.Object { return &rbacv1.ClusterRoleList{} },
		table:     roleTable[*rbacv1.ClusterRole](), fields: nameField[*rbacv1.ClusterRole],
		check: validation.ValidateClusterRole, checkUpdate: validation.ValidateClusterRoleUpdate,
	}
}

func roleBindings(config Config) *resource[*rbacv1.RoleBinding] {
	return &resource[*rbacv1.RoleBinding]{
		collection: config.Store.RoleBindings, singular: "rolebinding", createOnUpdate: true,
		newObject: func() *rbacv1.RoleBinding { return &rbacv1.RoleBinding{} },
		newList:   func() runtime.Object { return &rbacv1.RoleBindingList{} },
		table:     bindingTable(func(b *rbacv1.RoleBinding) (rbacv1.RoleRef, []rbacv1.Subject) { return b.RoleRef, b.Subjects }),
		fields:    metadataFields[*rbacv1.RoleBinding],
		check:     validation.ValidateRoleBinding, checkUpdate: validation.ValidateRoleBindingUpdate,
	}
}

func clusterRoleBindings(config Config) *resource[*rbacv1.ClusterRoleBinding] {
	return &resource[*rbacv1.ClusterRoleBinding]{
		collection: config.Store.ClusterRoleBindings, singular: "clusterrolebinding", clusterScoped: true, createOnUpdate: true,
		newObject: func() *rbacv1.ClusterRoleBinding { return &rbacv1.ClusterRoleBinding{} },
		newList:   func() runtime.Object { return &rbacv1.ClusterRoleBindingList{} },
		table:     bindingTable(func(b *rbacv1.ClusterRoleBinding) (rbacv1.RoleRef, []rbacv1.Subject) { return b.RoleRef, b.Subjects }),
		fields:    nameField[*rbacv1.ClusterRoleBinding],
		check:     validation.ValidateClusterRoleBinding, checkUpdate: validation.ValidateClusterRoleBindingUpdate,
	}
}

// nameField is the field that selectors see of kinds that lie in no namespace.
func nameField[T metav1.Object](object T) fields.Set {
	return fields.Set{"metadata.name": object.GetName()}
}

func roleTable[T metav1.Object]() table[T] {
	return table[T]{
		columns: []metav1.TableColumnDefinition{nameColumn(), {Name: "Created At", Type: "date", Description: "When the object was created."}},
		row: func(role T, _ time.Time) metav1.TableRow {
			return cells(role.GetName(), role.GetCreationTimestamp().UTC().Format(time.RFC3339))
		},
	}
}

func bindingTable[T metav1.Object](parts func(T) (rbacv1.RoleRef, []rbacv1.Subject)) table[T] {
	return table[T]{
		columns: []metav1.TableColumnDefinition{
			nameColumn(), column("Role", "The role that is bound."), ageColumn(),
			wide("Users", "Users who have the role."), wide("Groups", "Groups that have the role."), wide("ServiceAccounts", "Service accounts that have the role."),
		},
		row: func(binding T, now time.Time) metav1.TableRow {
			role, subjects := parts(binding)
			named := map[string][]string{}
			for _, s := range subjects {
				name := s.Name
				if s.Kind == rbacv1.ServiceAccountKind {
					name = s.Namespace + "/" + name
				}
				named[s.Kind] = append(named[s.Kind], name)
			}
			all := func(kind string) string { return strings.Join(named[kind], ", ") }
			return cells(binding.GetName(), role.Kind+"/"+role.Name, since(binding.GetCreationTimestamp().Time, now),
				all(rbacv1.UserKind), all(rbacv1.GroupKind), all(rbacv1.ServiceAccountKind))
		},
	}
}
