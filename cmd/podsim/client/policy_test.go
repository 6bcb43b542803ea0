package client

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
)

func TestRolesThatGiveAPodsAccountSomethingStay(t *testing.T) {
	meta := func(namespace, name string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Namespace: namespace, Name: name}
	}
	role := func(name string) *rbacv1.Role { return &rbacv1.Role{ObjectMeta: meta("a", name)} }
	binding := func(name, kind, role string, subject rbacv1.Subject) *rbacv1.RoleBinding {
		return &rbacv1.RoleBinding{ObjectMeta: meta("a", name), RoleRef: rbacv1.RoleRef{Kind: kind, Name: role}, Subjects: []rbacv1.Subject{subject}}
	}
	account := func(name string) rbacv1.Subject { return rbacv1.Subject{Kind: "ServiceAccount", Name: name} }
	part := &rbacv1.ClusterRole{ObjectMeta: meta("", "part")}
	part.Labels = map[string]string{"of": "whole"}
	whole := &rbacv1.ClusterRole{ObjectMeta: meta("", "whole"), AggregationRule: &rbacv1.AggregationRule{
		ClusterRoleSelectors: []metav1.LabelSelector{{MatchLabels: part.Labels}}}}
	standing := &rbacv1.ClusterRole{ObjectMeta: meta("", "view")}
	pod := &corev1.Pod{ObjectMeta: meta("a", "web"), Spec: corev1.PodSpec{ServiceAccountName: "web"}}
	api := fake.NewClientset(pod, role("used"), role("unused"), part, whole, standing, &rbacv1.ClusterRole{ObjectMeta: meta("", "alone")},
		binding("of-web", "Role", "used", account("web")), binding("of-other", "Role", "unused", account("other")),
		binding("of-all", "ClusterRole", "whole", rbacv1.Subject{Kind: "Group", Name: "system:serviceaccounts:a"}),
		&rbacv1.ClusterRoleBinding{ObjectMeta: meta("", "of-jane"), RoleRef: rbacv1.RoleRef{Kind: "ClusterRole", Name: "alone"},
			Subjects: []rbacv1.Subject{{Kind: "User", Name: "jane"}}})
	users, err := FindUsers(t.Context(), api)
	if err != nil {
		t.Fatal(err)
	}
	names := func(namespace string, names ...string) (keys []types.NamespacedName) {
		for _, name := range names {
			keys = append(keys, types.NamespacedName{Namespace: namespace, Name: name})
		}
		return keys
	}
	all := Companions{Policy: Policy{
		Roles: names("a", "used", "unused", "gone"), RoleBindings: names("a", "of-web", "of-other", "of-all"),
		ClusterRoles: names("", "part", "whole", "alone", "view"), ClusterRoleBindings: names("", "of-jane"),
	}}
	left := func() (left []string) {
		roles, _ := api.RbacV1().Roles("").List(t.Context(), metav1.ListOptions{})
		for _, o := range roles.Items {
			left = append(left, "role "+o.Name)
		}
		bindings, _ := api.RbacV1().RoleBindings("").List(t.Context(), metav1.ListOptions{})
		for _, o := range bindings.Items {
			left = append(left, "binding "+o.Name)
		}
		clusterRoles, _ := api.RbacV1().ClusterRoles().List(t.Context(), metav1.ListOptions{})
		for _, o := range clusterRoles.Items {
			left = append(left, "cluster role "+o.Name)
		}
		clusterBindings, _ := api.RbacV1().ClusterRoleBindings().List(t.Context(), metav1.ListOptions{})
		for _, o := range clusterBindings.Items {
			left = append(left, "cluster binding "+o.Name)
		}
		return left
	}
	if err := all.DeleteUnused(t.Context(), api, users); err != nil {
		t.Error(err)
	}
	want := []string{"role used", "binding of-all", "binding of-web", "cluster role part", "cluster role view", "cluster role whole"}
	if diff := cmp.Diff(want, left()); diff != "" {
		t.Error(diff)
	}
	if err := all.DeleteUnused(t.Context(), api, Users{}); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"cluster role view"}, left()); diff != "" {
		t.Errorf("without pods: %s", diff)
	}
}
