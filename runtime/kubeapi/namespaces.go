package kubeapi

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/util/dryrun"

	"github.com/podsim/podsim/podspec/validation"
	"github.com/podsim/podsim/runtime/store"
)

// standingNamespaces are those that every cluster has.
var standingNamespaces = []string{metav1.NamespaceDefault, metav1.NamespaceSystem, metav1.NamespacePublic, corev1.NamespaceNodeLease}

// CreateNamespaces puts the namespaces that every cluster has into a new store.
func CreateNamespaces(into *store.Store) {
	for _, name := range standingNamespaces {
		EnsureNamespace(into, name)
	}
}

// EnsureNamespace puts a namespace into a store that lacks it.
func EnsureNamespace(into *store.Store, name string) {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: name, UID: types.UID(uuid.NewString()), CreationTimestamp: metav1.Now().Rfc3339Copy(),
	}}
	prepareNamespace(namespace)
	_, _ = into.Namespaces.Create(namespace) // it fails only when there is one
}

// takesObjects reports whether there is such a namespace, which is not being deleted.
func takesObjects(in *store.Store, namespace string) bool {
	found, err := in.Namespaces.Get(types.NamespacedName{Name: namespace})
	return err == nil && found.Status.Phase != corev1.NamespaceTerminating
}

func prepareNamespace(namespace *corev1.Namespace) {
	nameNamespace(namespace)
	if !slices.Contains(namespace.Spec.Finalizers, corev1.FinalizerKubernetes) {
		namespace.Spec.Finalizers = append(namespace.Spec.Finalizers, corev1.FinalizerKubernetes)
	}
	namespace.Status = corev1.NamespaceStatus{Phase: corev1.NamespaceActive}
}

// nameNamespace gives a namespace the label that selectors of namespaces count on.
func nameNamespace(namespace *corev1.Namespace) {
	metav1.SetMetaDataLabel(&namespace.ObjectMeta, corev1.LabelMetadataName, namespace.Name)
}

func namespaces(config Config) *resource[*corev1.Namespace] {
	return &resource[*corev1.Namespace]{
		collection: config.Store.Namespaces, singular: "namespace", shortNames: []string{"ns"}, clusterScoped: true,
		newObject: func() *corev1.Namespace { return &corev1.Namespace{} },
		newList:   func() runtime.Object { return &corev1.NamespaceList{} },
		table:     namespaceTable(),
		fields: func(namespace *corev1.Namespace) fields.Set {
			return fields.Set{"metadata.name": namespace.Name, "name": namespace.Name, "status.phase": string(namespace.Status.Phase)}
		},
		prepare: prepareNamespace, check: validation.ValidateNamespace,
		prepareUpdate: func(newer, older *corev1.Namespace) {
			nameNamespace(newer)
			newer.Spec.Finalizers, newer.Status = older.Spec.Finalizers, older.Status
		},
		checkUpdate: validation.ValidateNamespaceUpdate,
	}
}

// namespaceRegistry are the namespaces, whose deletion begins with that of what they hold.
type namespaceRegistry struct {
	*registered
	store *store.Store
}

func newNamespaceRegistry(of *resource[*corev1.Namespace], config Config, known kinds) namespaceRegistry {
	kept := of.registry(known, config.Clock)
	kept.ShouldDeleteDuringUpdate = func(ctx context.Context, key string, newer, older runtime.Object) bool {
		return len(newer.(*corev1.Namespace).Spec.Finalizers) == 0 && registry.ShouldDeleteDuringUpdate(ctx, key, newer, older)
	}
	return namespaceRegistry{kept, config.Store}
}

// parts are the subresources of namespaces.
func (n namespaceRegistry) parts(of *resource[*corev1.Namespace]) map[string]rest.Storage {
	return map[string]rest.Storage{
		"status": statusOf(n.registered, of, func(newer, older *corev1.Namespace) {
			newer.Spec = older.Spec
		}, validation.ValidateNamespaceStatusUpdate),
		"finalize": partOf(n.registered, of, func(newer, older *corev1.Namespace) {
			newer.Status = older.Status
		}, validation.ValidateNamespaceUpdate),
	}
}

// Delete implements rest.GracefulDeleter: the namespace takes nothing new from now on, and goes when it is empty.
func (n namespaceRegistry) Delete(ctx context.Context, name string, validate rest.ValidateObjectFunc, options *metav1.DeleteOptions) (runtime.Object, bool, error) {
	resource := corev1.Resource("namespaces")
	if slices.Contains(standingNamespaces, name) && name != corev1.NamespaceNodeLease {
		return nil, false, apierrors.NewForbidden(resource, name, fmt.Errorf("this namespace may not be deleted"))
	}
	key := types.NamespacedName{Name: name}
	namespace, err := n.store.Namespaces.Get(key)
	if err != nil {
		return nil, false, err
	}
	if err := validate(ctx, namespace.DeepCopy()); err != nil {
		return nil, false, err
	}
	end := func(namespace *corev1.Namespace) error {
		if err := n.store.Namespaces.CheckPreconditions(namespace, options.Preconditions); err != nil {
			return err
		}
		if namespace.DeletionTimestamp == nil {
			now := metav1.Now().Rfc3339Copy()
			namespace.DeletionTimestamp = &now
		}
		namespace.Status.Phase = corev1.NamespaceTerminating
		return nil
	}
	if dryrun.IsDryRun(options.DryRun) {
		namespace = namespace.DeepCopy()
		err = end(namespace)
	} else {
		namespace, err = n.store.Namespaces.Update(key, end)
	}
	return namespace.DeepCopy(), false, err // whoever answers with it changes it
}

// DeleteCollection hides that of the registry, which is none of a server's: namespaces are deleted one by one, each with what it holds.
func (namespaceRegistry) DeleteCollection() {}

// namespaceAdmission makes namespaces of which a client speaks as if they were there, as the admission plugin NamespaceAutoProvision does,
// and lets nothing new into those that are being deleted, as NamespaceLifecycle does.
type namespaceAdmission struct{ store *store.Store }

var _ admission.MutationInterface = namespaceAdmission{}

// Handles implements admission.Interface.
func (namespaceAdmission) Handles(operation admission.Operation) bool {
	return operation == admission.Create
}

// Admit implements admission.MutationInterface.
func (n namespaceAdmission) Admit(_ context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	name := a.GetNamespace()
	if name == "" || a.GetKind().Kind == "Namespace" {
		return nil
	}
	namespace, err := n.store.Namespaces.Get(types.NamespacedName{Name: name})
	if apierrors.IsNotFound(err) && a.GetSubresource() == "" && !a.IsDryRun() && len(apivalidation.ValidateNamespaceName(name, false)) == 0 {
		EnsureNamespace(n.store, name)
		return nil
	}
	if err != nil || namespace.Status.Phase != corev1.NamespaceTerminating {
		return nil
	}
	forbidden := admission.NewForbidden(a, fmt.Errorf("unable to create new content in namespace %s because it is being terminated", name))
	if status, ok := forbidden.(*apierrors.StatusError); ok {
		status.ErrStatus.Details.Causes = append(status.ErrStatus.Details.Causes, metav1.StatusCause{
			Type: corev1.NamespaceTerminatingCause, Message: fmt.Sprintf("namespace %s is being terminated", name), Field: "metadata.namespace",
		})
	}
	return forbidden
}
