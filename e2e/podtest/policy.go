package podtest

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/podspec/manifest"
)

// createPolicy brings roles and bindings to the namespace. Those of the whole cluster would outlive the test and count for others.
func (s *space) createPolicy(ctx context.Context, t TB, p *manifest.Policy) error {
	api := s.client.RbacV1()
	for _, o := range p.Roles {
		o.Namespace = s.namespace
		if _, err := api.Roles(s.namespace).Create(ctx, o, metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	for _, o := range p.RoleBindings {
		o.Namespace = s.namespace
		if _, err := api.RoleBindings(s.namespace).Create(ctx, o, metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	for _, o := range p.ClusterRoles {
		t.Logf("podtest: the ClusterRole %q is not created: it is not the test's alone", o.Name)
	}
	for _, o := range p.ClusterRoleBindings {
		t.Logf("podtest: the ClusterRoleBinding %q is not created: it is not the test's alone", o.Name)
	}
	return nil
}
