package client

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/podsim/podsim/podspec"
)

// Users are the objects that pods refer to or show, the accounts that they have, and the Services that stand for them, each with the name of
// one such pod.
type Users struct {
	ConfigMaps, Secrets, Claims, Services, TrustBundles, Accounts map[types.NamespacedName]string
}

// FindUsers looks at all pods and Services of the node.
func FindUsers(ctx context.Context, api kubernetes.Interface) (Users, error) {
	core := api.CoreV1()
	pods, err := core.Pods(metav1.NamespaceAll).List(ctx, metav1.ListOptions{})
	if err != nil {
		return Users{}, fmt.Errorf("looking which objects are in use: %w", err)
	}
	users := Users{
		ConfigMaps:   map[types.NamespacedName]string{},
		Secrets:      map[types.NamespacedName]string{},
		Claims:       map[types.NamespacedName]string{},
		Services:     map[types.NamespacedName]string{},
		TrustBundles: map[types.NamespacedName]string{},
		Accounts:     map[types.NamespacedName]string{},
	}
	services, err := core.Services(metav1.NamespaceAll).List(ctx, metav1.ListOptions{})
	if err != nil {
		return Users{}, fmt.Errorf("looking which Services are in use: %w", err)
	}
	bundles, err := api.CertificatesV1().ClusterTrustBundles().List(ctx, metav1.ListOptions{})
	if err != nil {
		return Users{}, fmt.Errorf("looking which trust bundles are in use: %w", err)
	}
	for i := range pods.Items {
		pod := &pods.Items[i]
		refs := podspec.ReferencesOf(pod)
		users.Accounts[types.NamespacedName{Namespace: pod.Namespace, Name: pod.Spec.ServiceAccountName}] = pod.Name
		for j := range services.Items {
			if service := &services.Items[j]; podspec.Selects(service, pod) {
				users.Services[KeyOf(service)] = pod.Name
			}
		}
		for j := range bundles.Items {
			if bundle := &bundles.Items[j]; podspec.ShowsTrustBundleIn(pod, bundle) {
				users.TrustBundles[KeyOf(bundle)] = pod.Name
			}
		}
		for _, list := range []struct {
			names []string
			users map[types.NamespacedName]string
		}{{refs.ConfigMaps, users.ConfigMaps}, {refs.Secrets, users.Secrets}, {refs.Claims, users.Claims}} {
			for _, name := range list.names {
				list.users[types.NamespacedName{Namespace: pod.Namespace, Name: name}] = pod.Name
			}
		}
	}
	return users, nil
}
