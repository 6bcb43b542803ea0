package client

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

// Companions are the objects that come with pods and go when no pod has a use for them any more.
type Companions struct {
	ConfigMaps, Secrets, Services, TrustBundles []types.NamespacedName
	Policy                                      Policy
}

// Empty reports whether there are none.
func (c Companions) Empty() bool {
	return len(c.ConfigMaps)+len(c.Secrets)+len(c.Services)+len(c.TrustBundles) == 0 && c.Policy.empty()
}

// DeleteUnused removes those that have no user. One that is gone already is no error, and one that cannot be removed
// does not keep the others.
func (c Companions) DeleteUnused(ctx context.Context, api kubernetes.Interface, users Users) error {
	core := api.CoreV1()
	var errs []error
	for _, o := range c.ConfigMaps {
		if users.ConfigMaps[o] == "" {
			errs = append(errs, UnlessNotFound(core.ConfigMaps(o.Namespace).Delete(ctx, o.Name, metav1.DeleteOptions{})))
		}
	}
	for _, o := range c.Secrets {
		if users.Secrets[o] == "" {
			errs = append(errs, UnlessNotFound(core.Secrets(o.Namespace).Delete(ctx, o.Name, metav1.DeleteOptions{})))
		}
	}
	for _, o := range c.Services {
		if users.Services[o] == "" {
			errs = append(errs, UnlessNotFound(core.Services(o.Namespace).Delete(ctx, o.Name, metav1.DeleteOptions{})))
		}
	}
	for _, o := range c.TrustBundles {
		if users.TrustBundles[o] == "" {
			errs = append(errs, UnlessNotFound(api.CertificatesV1().ClusterTrustBundles().Delete(ctx, o.Name, metav1.DeleteOptions{})))
		}
	}
	errs = append(errs, c.Policy.deleteUnused(ctx, api, users.Accounts))
	return errors.Join(errs...)
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
