package podtest

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/podspec/manifest"
)

// create brings the objects to the namespace, the pods last.
func (s *space) create(ctx context.Context, t TB, setup *setup, m *manifest.Contents) ([]*Pod, error) {
	core := s.client.CoreV1()
	if err := createAll(ctx, s, core.ConfigMaps(s.namespace), m.ConfigMaps); err != nil {
		return nil, err
	}
	if err := createAll(ctx, s, core.Secrets(s.namespace), m.Secrets); err != nil {
		return nil, err
	}
	if err := createAll(ctx, s, core.Services(s.namespace), m.Services); err != nil {
		return nil, err
	}
	if err := s.createAccounts(ctx, m.Accounts); err != nil {
		return nil, err
	}
	if err := createAll(ctx, s, core.PersistentVolumeClaims(s.namespace), m.Claims); err != nil {
		return nil, err
	}
	for _, o := range m.TrustBundles {
		if err := s.useBundle(ctx, o); err != nil {
			return nil, err
		}
	}
	if err := s.createPolicy(ctx, t, &m.Policy); err != nil {
		return nil, err
	}
	var pods []*Pod
	for _, o := range m.Pods {
		created, err := create(ctx, s, core.Pods(s.namespace), o)
		if err != nil {
			return nil, err
		}
		pods = append(pods, newPod(t, s, created, setup.patience))
	}
	return pods, nil
}

// createAccounts brings service accounts to the namespace, which may have "default" already.
func (s *space) createAccounts(ctx context.Context, accounts []*corev1.ServiceAccount) error {
	api := s.client.CoreV1().ServiceAccounts(s.namespace)
	for _, o := range accounts {
		_, err := create(ctx, s, api, o)
		if apierrors.IsAlreadyExists(err) {
			_, err = api.Update(ctx, o, metav1.UpdateOptions{})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// createPolicy brings roles and bindings to the namespace. Those of the whole cluster would outlive the test and count for others.
func (s *space) createPolicy(ctx context.Context, t TB, p *manifest.Policy) error {
	api := s.client.RbacV1()
	if err := createAll(ctx, s, api.Roles(s.namespace), p.Roles); err != nil {
		return err
	}
	if err := createAll(ctx, s, api.RoleBindings(s.namespace), p.RoleBindings); err != nil {
		return err
	}
	for _, o := range p.ClusterRoles {
		t.Logf("podtest: the ClusterRole %q is not created: it is not the test's alone", o.Name)
	}
	for _, o := range p.ClusterRoleBindings {
		t.Logf("podtest: the ClusterRoleBinding %q is not created: it is not the test's alone", o.Name)
	}
	return nil
}

// creator creates objects of a kind, in a namespace.
type creator[T metav1.Object] interface {
	Create(context.Context, T, metav1.CreateOptions) (T, error)
}

// createAll creates objects in the namespace.
func createAll[T metav1.Object](ctx context.Context, s *space, api creator[T], objects []T) error {
	for _, o := range objects {
		if _, err := create(ctx, s, api, o); err != nil {
			return err
		}
	}
	return nil
}

// create creates an object in the namespace, whichever it names.
func create[T metav1.Object](ctx context.Context, s *space, api creator[T], o T) (T, error) {
	o.SetNamespace(s.namespace)
	return api.Create(ctx, o, metav1.CreateOptions{})
}
