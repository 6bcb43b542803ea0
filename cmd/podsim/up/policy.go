package up

import (
	"context"

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
