package up

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/cmd/podsim/client"
	"github.com/podsim/podsim/podspec/manifest"
)

// createPolicy creates the roles and bindings of a manifest, roles first.
func (c *creation) createPolicy(ctx context.Context, p *manifest.Policy) error {
	api, created := c.connection.Client.RbacV1(), &c.companions.Policy
	for _, o := range p.ClusterRoles {
		if err := createCompanion(ctx, api.ClusterRoles(), o, &created.ClusterRoles); err != nil {
			return err
		}
	}
	for _, o := range p.Roles {
		if err := createCompanion(ctx, api.Roles(o.Namespace), o, &created.Roles); err != nil {
			return err
		}
	}
	for _, o := range p.ClusterRoleBindings {
		if err := createCompanion(ctx, api.ClusterRoleBindings(), o, &created.ClusterRoleBindings); err != nil {
			return err
		}
	}
	for _, o := range p.RoleBindings {
		if err := createCompanion(ctx, api.RoleBindings(o.Namespace), o, &created.RoleBindings); err != nil {
			return err
		}
	}
	return nil
}

// createCompanion creates the object, or brings the one that is there up to date, and notes it among those that were created.
func createCompanion[T metav1.Object](ctx context.Context, objects writer[T], o T, all *[]types.NamespacedName) error {
	created, err := createOrUpdate(ctx, objects, o)
	if created {
		*all = append(*all, client.KeyOf(o))
	}
	return err
}
