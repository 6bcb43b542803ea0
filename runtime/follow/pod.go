package follow

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
)

// Pod hands every state of the pod to seen, from the one it is in now on. It returns nil when seen says that it has seen
// enough or when the pod is gone, deleted or replaced by another of the same name; and an error when ctx ends or no node
// can be reached any more.
func Pod(ctx context.Context, client corev1client.CoreV1Interface, pod *corev1.Pod, reconnect Reconnect, seen func(*corev1.Pod) (enough bool)) error {
	pods := client.Pods(pod.Namespace)
	selector := fields.OneTermEqualSelector("metadata.name", pod.Name).String()
	c := collection{
		list: func(ctx context.Context) ([]runtime.Object, string, error) {
			list, err := pods.List(ctx, metav1.ListOptions{FieldSelector: selector})
			if err != nil {
				return nil, "", err
			}
			var items []runtime.Object
			for i := range list.Items {
				items = append(items, &list.Items[i])
			}
			return items, list.ResourceVersion, nil
		},
		watch: func(ctx context.Context, version string) (watch.Interface, error) {
			return pods.Watch(ctx, metav1.ListOptions{FieldSelector: selector, ResourceVersion: version})
		},
	}
	same := func(object runtime.Object) (*corev1.Pod, bool) {
		p, ok := object.(*corev1.Pod)
		return p, ok && p.Name == pod.Name && p.UID == pod.UID
	}
	return c.run(ctx, reconnect,
		func(items []runtime.Object) bool {
			for _, item := range items {
				if p, ok := same(item); ok {
					return seen(p)
				}
			}
			return true
		},
		func(event watch.Event) bool {
			p, ok := same(event.Object)
			if !ok {
				return false
			}
			return seen(p) || event.Type == watch.Deleted
		})
}

// Gone waits until the pod is gone.
func Gone(ctx context.Context, client corev1client.CoreV1Interface, pod *corev1.Pod, reconnect Reconnect) error {
	return Pod(ctx, client, pod, reconnect, func(*corev1.Pod) bool { return false })
}
