package kubeapi

import (
	"context"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metainternalversion "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	apitypes "k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/runtime/store"
)

// namespaceRegistry are the namespaces as the API serves them.
type namespaceRegistry struct {
	usedNamespaces
	tableConvertor[*corev1.Namespace]
}

func newNamespaceRegistry(config Config, known kinds) namespaceRegistry {
	known.selectable(corev1.SchemeGroupVersion.WithKind("Namespace"), namespaceFields(&corev1.Namespace{}))
	return namespaceRegistry{usedNamespaces{config.Store}, tableConvertor[*corev1.Namespace]{namespaceTable(), config.Clock}}
}

func namespaceFields(namespace *corev1.Namespace) fields.Set {
	return fields.Set{"metadata.name": namespace.Name, "status.phase": string(namespace.Status.Phase)}
}

// New implements rest.Storage.
func (namespaceRegistry) New() runtime.Object { return &corev1.Namespace{} }

// NewList implements rest.Lister.
func (namespaceRegistry) NewList() runtime.Object { return &corev1.NamespaceList{} }

// Destroy implements rest.Storage.
func (namespaceRegistry) Destroy() {}

// NamespaceScoped implements rest.Scoper.
func (namespaceRegistry) NamespaceScoped() bool { return false }

// GetSingularName implements rest.SingularNameProvider.
func (namespaceRegistry) GetSingularName() string { return "namespace" }

// ShortNames implements rest.ShortNamesProvider.
func (namespaceRegistry) ShortNames() []string { return []string{"ns"} }

// Get implements rest.Getter.
func (n namespaceRegistry) Get(_ context.Context, name string, _ *metav1.GetOptions) (runtime.Object, error) {
	all, _ := n.list()
	for _, namespace := range all {
		if namespace.Name == name {
			return namespace, nil
		}
	}
	return nil, apierrors.NewNotFound(corev1.Resource("namespaces"), name)
}

// List implements rest.Lister.
func (n namespaceRegistry) List(_ context.Context, options *metainternalversion.ListOptions) (runtime.Object, error) {
	all, version := n.list()
	list := &corev1.NamespaceList{ListMeta: metav1.ListMeta{ResourceVersion: strconv.FormatUint(version, 10)}, Items: []corev1.Namespace{}}
	for _, namespace := range all {
		if selects(options, namespace.Labels, namespaceFields(namespace)) {
			list.Items = append(list.Items, *namespace)
		}
	}
	return list, nil
}

// selects reports whether the selectors of a list take an object with such labels and fields.
func selects(options *metainternalversion.ListOptions, its labels.Set, values fields.Set) bool {
	return options == nil || (options.LabelSelector == nil || options.LabelSelector.Matches(its)) &&
		(options.FieldSelector == nil || options.FieldSelector.Matches(values))
}

// usedNamespaces are the namespaces that hold an object, and "default". Nobody creates or deletes them: one is as old as
// its oldest object, and one without objects has no age.
type usedNamespaces struct{ store *store.Store }

// list returns them by name, with the store's resourceVersion.
func (u usedNamespaces) list() ([]*corev1.Namespace, uint64) {
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
			ObjectMeta: metav1.ObjectMeta{Name: name, UID: apitypes.UID(name), CreationTimestamp: created, Labels: map[string]string{corev1.LabelMetadataName: name}},
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
