package up

import (
	"context"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/cmd/podsim/client"
	"github.com/podsim/podsim/podspec/manifest"
	"github.com/podsim/podsim/runtime"
	"github.com/podsim/podsim/runtime/kubeapi"
)

// createCompanions creates what the pods of a manifest refer to or run with.
func (c *creation) createCompanions(ctx context.Context, m *manifest.Contents) error {
	created := &c.companions
	for _, o := range m.ConfigMaps {
		if err := createCompanion(ctx, c.client.ConfigMaps(o.Namespace), o, &created.ConfigMaps); err != nil {
			return err
		}
	}
	for _, o := range m.Secrets {
		c.connection.HasReadWarnings(o)
		if err := createCompanion(ctx, c.client.Secrets(o.Namespace), o, &created.Secrets); err != nil {
			return err
		}
	}
	for _, o := range m.Services {
		if err := createCompanion(ctx, c.client.Services(o.Namespace), o, &created.Services); err != nil {
			return err
		}
	}
	for _, o := range m.Accounts {
		c.connection.HasReadWarnings(o)
		if err := createCompanion(ctx, c.client.ServiceAccounts(o.Namespace), o, &created.Accounts); err != nil {
			return err
		}
		if o.Name == kubeapi.DefaultAccount && !slices.Contains(created.Accounts, client.KeyOf(o)) {
			created.Accounts = append(created.Accounts, client.KeyOf(o)) // a bare one takes its place when it goes
		}
	}
	for _, o := range m.TrustBundles {
		if err := createCompanion(ctx, c.connection.Client.CertificatesV1().ClusterTrustBundles(), o, &created.TrustBundles); err != nil {
			return err
		}
	}
	return c.createPolicy(ctx, &m.Policy)
}

// createCompanion creates the object, or brings the one that is there up to date, and notes it among those that were created.
func createCompanion[T metav1.Object](ctx context.Context, objects writer[T], o T, all *[]types.NamespacedName) error {
	_, err := objects.Create(ctx, o, metav1.CreateOptions{FieldManager: runtime.CompanionManager})
	switch {
	case err == nil:
		*all = append(*all, client.KeyOf(o))
	case apierrors.IsAlreadyExists(err):
		_, err = objects.Update(ctx, o, metav1.UpdateOptions{FieldManager: runtime.CompanionManager})
	}
	return err
}

// writer creates and updates objects of one kind in one namespace.
type writer[T any] interface {
	Create(context.Context, T, metav1.CreateOptions) (T, error)
	Update(context.Context, T, metav1.UpdateOptions) (T, error)
}
