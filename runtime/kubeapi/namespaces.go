package kubeapi

import (
	"slices"
	"strings"

	"github.com/podsim/podsim/runtime/store"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

func namespaces(config Config) *resource[*corev1.Namespace] {
	return &resource[*corev1.Namespace]{
		source: usedNamespaces{config.Store}, clusterScoped: true, clock: config.Clock,
		table: namespaceTable(),
		fields: func(namespace *corev1.Namespace) fields.Set {
			return with(metadataFields(namespace), fields.Set{"status.phase": string(namespace.Status.Phase)})
		},
	}
}

// usedNamespaces are the namespaces that hold an object, and "default". Nobody creates or deletes them: one is as old as
// its oldest object, and one without objects has no age.
type usedNamespaces struct{ store *store.Store }

func (usedNamespaces) Kind() schema.GroupVersionKind {
	return corev1.SchemeGroupVersion.WithKind("Namespace")
}

func (usedNamespaces) Resource() schema.GroupResource {
	return schema.GroupResource{Resource: "namespaces"}
}

func (u usedNamespaces) Get(key types.NamespacedName) (*corev1.Namespace, error) {
	all, _ := u.List("")
	for _, namespace := range all {
		if namespace.Name == key.Name {
			return namespace, nil
		}
	}
	return nil, apierrors.NewNotFound(u.Resource(), key.Name)
}

// List ignores its argument, as namespaces lie in no namespace.
func (u usedNamespaces) List(string) ([]*corev1.Namespace, uint64) {
	version := u.store.Version()
	oldest := map[string]metav1.Time{metav1.NamespaceDefault: {}}
	note(oldest, u.store.Pods)
	note(oldest, u.store.ConfigMaps)
	note(oldest, u.store.Secrets)
	note(oldest, u.store.Claims)
	note(oldest, u.store.Services)
	note(oldest, u.store.Events)

	list := make([]*corev1.Namespace, 0, len(oldest))
	for name, created := range oldest {
		list = append(list, &corev1.Namespace{
			TypeMeta:   metav1.TypeMeta{Kind: "Namespace", APIVersion: "v1"},
			ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name), CreationTimestamp: created, Labels: map[string]string{corev1.LabelMetadataName: name}},
			Spec:       corev1.NamespaceSpec{Finalizers: []corev1.FinalizerName{corev1.FinalizerKubernetes}},
			Status:     corev1.NamespaceStatus{Phase: corev1.NamespaceActive},
		})
	}
	slices.SortFunc(list, func(a, b *corev1.Namespace) int { return strings.Compare(a.Name, b.Name) })
	return list, version
}

// note enters the namespaces of a collection with the creation time of their oldest object.
func note[T store.Object[T]](oldest map[string]metav1.Time, collection *store.Collection[T]) {
	objects, _ := collection.List("")
	for _, object := range objects {
		created := object.GetCreationTimestamp()
		known := oldest[object.GetNamespace()]
		if known.IsZero() || created.Before(&known) {
			oldest[object.GetNamespace()] = created
		}
	}
}
