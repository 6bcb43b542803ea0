package controllers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/runtime/controllers/owned"
	"github.com/podsim/podsim/runtime/store"
)

// owner is an object for which a controller acts.
type owner struct {
	metav1.Object
	kind schema.GroupVersionKind
	// controller is the name in which events are told.
	controller string
}

// reference names the owner in events.
func (o owner) reference() corev1.ObjectReference {
	return corev1.ObjectReference{
		APIVersion: o.kind.GroupVersion().String(), Kind: o.kind.Kind, Namespace: o.GetNamespace(), Name: o.GetName(), UID: o.GetUID(),
		ResourceVersion: o.GetResourceVersion(),
	}
}

func (m *Manager) tell(o owner, reason, format string, args ...any) {
	m.recorder.About(o.reference(), o.controller, corev1.EventTypeNormal, reason, format, args...)
}

func (m *Manager) warn(o owner, reason, format string, args ...any) {
	m.recorder.About(o.reference(), o.controller, corev1.EventTypeWarning, reason, format, args...)
}

// podsOf are the pods that are the owner's own. Those that nobody owns and the selector matches become so, and those that it does not match
// any more are left to themselves.
func (m *Manager) podsOf(ctx context.Context, o owner, selector *metav1.LabelSelector) ([]*corev1.Pod, error) {
	return ownOf(ctx, o, selector, m.store.Pods, m.client.CoreV1().Pods(o.GetNamespace()))
}

// patcher is a client of one kind of object.
type patcher[T any] interface {
	Patch(ctx context.Context, name string, kind types.PatchType, change []byte, options metav1.PatchOptions, subresources ...string) (T, error)
}

// ownOf is podsOf for any kind of object. One that went meanwhile is no failure.
func ownOf[T store.Object[T]](ctx context.Context, o owner, selector *metav1.LabelSelector, in *store.Collection[T], client patcher[T]) ([]T, error) {
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return nil, fmt.Errorf("reading the selector of %s %s/%s: %w", o.kind.Kind, o.GetNamespace(), o.GetName(), err)
	}
	all, _ := in.List(o.GetNamespace())
	shares := owned.Share(o, parsed, all)
	own := shares.Own
	var failures []error
	patch := func(object T, change []byte, patched func(T)) {
		switch result, err := client.Patch(ctx, object.GetName(), types.StrategicMergePatchType, change, metav1.PatchOptions{}); {
		case err == nil:
			patched(result)
		case !apierrors.IsNotFound(err):
			failures = append(failures, err)
		}
	}
	for _, object := range shares.Adopt {
		patch(object, adoption(o, object), func(adopted T) { own = append(own, adopted) })
	}
	for _, object := range shares.Release {
		patch(object, disowning(object.GetUID(), o.GetUID()), func(T) {})
	}
	return own, errors.Join(failures...)
}

// adoption is the patch that makes the owner the controller of an object.
func adoption(o owner, object metav1.Object) []byte {
	metadata := map[string]any{"uid": object.GetUID(), "ownerReferences": []any{metav1.NewControllerRef(o, o.kind)}}
	if _, counts := o.Object.(*batchv1.Job); counts {
		metadata["finalizers"] = []string{batchv1.JobTrackingFinalizer}
	}
	return metadataPatch(metadata)
}

// disowning is the patch that takes owners off an object.
func disowning(object types.UID, owners ...types.UID) []byte {
	var gone []any
	for _, uid := range owners {
		gone = append(gone, map[string]any{"$patch": "delete", "uid": uid})
	}
	return metadataPatch(map[string]any{"uid": object, "ownerReferences": gone})
}

// unfinalized is the patch that takes a finalizer off an object.
func unfinalized(object metav1.Object, finalizer string) []byte {
	return metadataPatch(map[string]any{"uid": object.GetUID(), "$deleteFromPrimitiveList/finalizers": []string{finalizer}})
}

// metadataPatch is a patch of metadata. The uid in it makes it fail when the object is another one by now.
func metadataPatch(metadata map[string]any) []byte {
	text, err := json.Marshal(map[string]any{"metadata": metadata})
	if err != nil {
		panic(err) // it is made of texts
	}
	return text
}

// createPod makes a pod of the owner's, and tells of it.
func (m *Manager) createPod(ctx context.Context, o owner, pod *corev1.Pod) error {
	created, err := m.client.CoreV1().Pods(o.GetNamespace()).Create(ctx, pod, metav1.CreateOptions{})
	switch {
	case err == nil:
		m.tell(o, "SuccessfulCreate", "Created pod: %s", created.Name)
	case !isTerminating(err) && ctx.Err() == nil:
		m.warn(o, "FailedCreate", "Error creating: %v", err)
	}
	return err
}

// deletePod has a pod of the owner's end, and tells of it. One that is gone already needs nothing.
func (m *Manager) deletePod(ctx context.Context, o owner, pod *corev1.Pod) error {
	err := m.removePod(ctx, pod)
	switch {
	case apierrors.IsNotFound(err):
		return nil
	case err == nil:
		m.tell(o, "SuccessfulDelete", "Deleted pod: %s", pod.Name)
	case ctx.Err() == nil:
		m.warn(o, "FailedDelete", "Error deleting: %v", err)
	}
	return err
}

// removePod deletes that very pod, and no other of its name.
func (m *Manager) removePod(ctx context.Context, pod *corev1.Pod) error {
	return m.client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(pod.UID))})
}
