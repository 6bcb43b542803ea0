package client

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/podsim/podsim/podspec/manifest"
)

// Companions are the objects that come with pods and go when no pod has a use for them any more.
type Companions struct {
	ConfigMaps, Secrets, Services, Accounts, TrustBundles []types.NamespacedName
	Policy                                                Policy
}

// CompanionsOf are those of a manifest.
func CompanionsOf(m *manifest.Contents) Companions {
	return Companions{
		ConfigMaps: keysOf(m.ConfigMaps), Secrets: keysOf(m.Secrets), Services: keysOf(m.Services), Accounts: keysOf(m.Accounts),
		TrustBundles: keysOf(m.TrustBundles), Policy: policyOf(&m.Policy),
	}
}

// Empty reports whether there are none.
func (c Companions) Empty() bool {
	return len(c.ConfigMaps)+len(c.Secrets)+len(c.Services)+len(c.Accounts)+len(c.TrustBundles) == 0 && c.Policy.empty()
}

// DeleteUnused removes those that have no user. One that is gone already is no error, and one that cannot be removed
// does not keep the others.
func (c Companions) DeleteUnused(ctx context.Context, api kubernetes.Interface, users Users) error {
	var errs []error
	remove := func(names []types.NamespacedName, users map[types.NamespacedName]string, from func(namespace string) deleter) {
		for _, o := range names {
			if users[o] == "" {
				errs = append(errs, UnlessNotFound(from(o.Namespace).Delete(ctx, o.Name, metav1.DeleteOptions{})))
			}
		}
	}
	core := api.CoreV1()
	remove(c.ConfigMaps, users.ConfigMaps, func(in string) deleter { return core.ConfigMaps(in) })
	remove(c.Secrets, users.Secrets, func(in string) deleter { return core.Secrets(in) })
	remove(c.Services, users.Services, func(in string) deleter { return core.Services(in) })
	remove(c.Accounts, users.Accounts, func(in string) deleter { return core.ServiceAccounts(in) })
	remove(c.TrustBundles, users.TrustBundles, func(string) deleter { return api.CertificatesV1().ClusterTrustBundles() })
	errs = append(errs, c.Policy.deleteUnused(ctx, api, users.Accounts))
	return errors.Join(errs...)
}

// deleter deletes objects of one kind in one namespace.
type deleter interface {
	Delete(ctx context.Context, name string, options metav1.DeleteOptions) error
}

// UnlessNotFound is err, or nil when it says that the object of a deletion is not there.
func UnlessNotFound(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// KeyOf is the name of an object in its namespace.
func KeyOf(o metav1.Object) types.NamespacedName {
	return types.NamespacedName{Namespace: o.GetNamespace(), Name: o.GetName()}
}
