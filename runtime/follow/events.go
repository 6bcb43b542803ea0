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

// Events hands each event about the pod to seen, once: later occurrences, which only raise the event's count, are left out.
// It returns when ctx ends or no node can be reached any more.
func Events(ctx context.Context, client corev1client.CoreV1Interface, pod *corev1.Pod, reconnect Reconnect, seen func(*corev1.Event)) error {
	events := client.Events(pod.Namespace)
	selector := fields.OneTermEqualSelector("involvedObject.uid", string(pod.UID)).String()
	c := collection{
		list: func(ctx context.Context) ([]runtime.Object, string, error) {
			list, err := events.List(ctx, metav1.ListOptions{FieldSelector: selector})
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
			return events.Watch(ctx, metav1.ListOptions{FieldSelector: selector, ResourceVersion: version})
		},
	}
	told := map[string]bool{}
	tell := func(object runtime.Object) {
		event, ok := object.(*corev1.Event)
		if !ok || told[event.Name] {
			return
		}
		told[event.Name] = true
		seen(event)
	}
	return c.run(ctx, reconnect,
		func(items []runtime.Object) bool {
			for _, item := range items {
				tell(item)
			}
			return false
		},
		func(event watch.Event) bool {
			if event.Type != watch.Deleted {
				tell(event.Object)
			}
			return false
		})
}
