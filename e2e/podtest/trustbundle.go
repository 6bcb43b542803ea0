package podtest

import (
	"context"
	"fmt"
	"sync"

	certificatesv1 "k8s.io/api/certificates/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// bundles are the ClusterTrustBundles that tests of this process use. They are the whole cluster's: tests share those of a name, and the
// last one that uses such a bundle removes it, if it was one of them that made it.
type bundles struct {
	mu  sync.Mutex
	all map[bundleKey]*bundle
}

// bundleKey is a bundle's name and where it is: on a node of this process, or on the cluster at host.
type bundleKey struct {
	node *sharedNode
	host string
	name string
}

// bundle is who uses a bundle.
type bundle struct {
	users int // how often it was brought
	made  bool
}

// trust has the bundles of this process.
var trust = bundles{all: map[bundleKey]*bundle{}}

// useBundle brings a bundle to the target for as long as the namespace is there. That the target has one of that name with other content
// is an error.
func (s *space) useBundle(ctx context.Context, o *certificatesv1.ClusterTrustBundle) error {
	key := bundleKey{node: s.node, name: o.Name}
	if s.node == nil {
		key.host = s.config.Host
	}
	trust.mu.Lock()
	defer trust.mu.Unlock()
	api := s.client.CertificatesV1().ClusterTrustBundles()
	_, err := api.Create(ctx, o, metav1.CreateOptions{})
	made := err == nil
	if apierrors.IsAlreadyExists(err) {
		there, err := api.Get(ctx, o.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if !equality.Semantic.DeepEqual(there.Spec, o.Spec) {
			return fmt.Errorf("there is a ClusterTrustBundle %q already, and it has other content: it is not the test's alone", o.Name)
		}
	} else if err != nil {
		return err
	}
	used := trust.all[key]
	if used == nil {
		used = &bundle{}
		trust.all[key] = used
	}
	used.users++
	used.made = used.made || made
	s.afterwards(func(ctx context.Context) error { return s.leaveBundle(ctx, key) })
	return nil
}

// leaveBundle removes the bundle if nobody else uses it.
func (s *space) leaveBundle(ctx context.Context, key bundleKey) error {
	trust.mu.Lock()
	defer trust.mu.Unlock()
	used := trust.all[key]
	if used.users--; used.users > 0 {
		return nil
	}
	delete(trust.all, key)
	if !used.made {
		return nil
	}
	err := s.client.CertificatesV1().ClusterTrustBundles().Delete(ctx, key.name, metav1.DeleteOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("removing the ClusterTrustBundle %q: %w", key.name, err)
	}
	return nil
}
