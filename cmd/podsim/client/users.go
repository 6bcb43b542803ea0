package client

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"

	"github.com/podsim/podsim/podspec"
)

// Users are the objects that pods refer to, each with the name of one such pod.
type Users struct {
	ConfigMaps, Secrets, Claims map[types.NamespacedName]string
}

// FindUsers looks at all pods of the node.
func FindUsers(ctx context.Context, core corev1client.PodsGetter) (Users, error) {
	pods, err := core.Pods(metav1.NamespaceAll).List(ctx, metav1.ListOptions{})
	if err != nil {
		return Users{}, fmt.Errorf("looking which objects are in use: %w", err)
	}
	users := Users{
		ConfigMaps: map[types.NamespacedName]string{},
		Secrets:    map[types.NamespacedName]string{},
		Claims:     map[types.NamespacedName]string{},
	}
	for i := range pods.Items {
		pod := &pods.Items[i]
		refs := podspec.ReferencesOf(pod)
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
