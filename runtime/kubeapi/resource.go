package kubeapi

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metainternalversion "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/storage/names"
	"k8s.io/utils/clock"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/podsim/podsim/runtime/kubeapi/memory"
	"github.com/podsim/podsim/runtime/store"
)

// resource is one kind of object as the API serves it. Functions that are nil do nothing.
type resource[T memory.Object[T]] struct {
	collection *store.Collection[T]
	// version is in which the objects are served, if not in that of the collection.
	version       schema.GroupVersion
	singular      string
	shortNames    []string
	categories    []string
	clusterScoped bool
	newObject     func() T
	newList       func() runtime.Object
	table         table[T]
	// fields are the values that field selectors see, and labels what they call them there, if not by the same names.
	fields func(T) fields.Set
	labels map[string]string
	// createOnUpdate: a PUT of what is not there creates it. versionedUpdates: a PUT names the resourceVersion that it replaces.
	createOnUpdate, versionedUpdates bool
	// returnsDeleted: a deletion is answered with what was deleted, not with a Status.
	returnsDeleted bool
	// uncollected: nothing owns the objects or is owned by them, so that a deletion never waits for that. orphansByDefault: a deletion that
	// does not say what is to become of what the object owns leaves it.
	uncollected, orphansByDefault bool
	// writes is how objects get into the collection, if not straight.
	writes memory.Writer[T]

	// prepare completes an object that a client wants to have stored; check returns what is wrong with it then.
	prepare func(T)
	check   func(T) field.ErrorList
	warn    func(context.Context, T) []string
	// prepareUpdate completes an object that a client wants to have in place of a stored one, and takes back what is not the client's to
	// change; checkUpdate returns what is wrong with the change then.
	prepareUpdate func(newer, older T)
	checkUpdate   func(newer, older T) field.ErrorList
	warnUpdate    func(newer, older T) []string
}

// registry is the resource in the API server's own registry.
func (r *resource[T]) registry(known kinds, clock clock.PassiveClock) *registered {
	plural, kind := r.collection.Resource(), r.collection.Kind()
	stored := kind.GroupVersion()
	if !r.version.Empty() {
		kind = r.version.WithKind(kind.Kind)
		plural.Group = kind.Group
	}
	singular := plural
	singular.Resource = r.singular
	selectable := r.labels
	if selectable == nil {
		selectable = sameNames(r.fields(r.newObject()))
	}
	known.selectable(kind, selectable)
	strategy := strategy[T]{ObjectTyper: known, NameGenerator: names.SimpleNameGenerator, resource: r}
	attributes := func(object runtime.Object) (labels.Set, fields.Set, error) {
		typed := object.(T)
		return typed.GetLabels(), r.fields(typed), nil
	}
	kept := &registry.Store{
		NewFunc: func() runtime.Object { return r.newObject() }, NewListFunc: r.newList,
		PredicateFunc: func(label labels.Selector, field fields.Selector) storage.SelectionPredicate {
			return storage.SelectionPredicate{Label: label, Field: field, GetAttrs: attributes}
		},
		DefaultQualifiedResource: plural, SingularQualifiedResource: singular,
		CreateStrategy: strategy, UpdateStrategy: strategy, DeleteStrategy: strategy,
		ReturnDeletedObject: r.returnsDeleted,
		TableConvertor:      tableConvertor[T]{r.table, clock},
		Storage: registry.DryRunnableStorage{
			Storage: memory.New(r.collection, "/"+plural.Resource, r.newObject, r.writes),
			Codec:   known.codecs.LegacyCodec(stored),
		},
	}
	err := kept.CompleteWithOptions(&generic.StoreOptions{
		RESTOptions: generic.RESTOptions{ResourcePrefix: plural.Resource, DeleteCollectionWorkers: 1, EnableGarbageCollection: !r.uncollected},
		AttrFunc:    attributes,
	})
	if err != nil {
		panic(err) // a resource is not whole
	}
	return &registered{kept, r.shortNames, r.categories}
}

// registered is a resource in the registry, with its other names.
type registered struct {
	*registry.Store
	shortNames, categories []string
}

// ShortNames implements rest.ShortNamesProvider.
func (r *registered) ShortNames() []string { return r.shortNames }

// Categories implements rest.CategoriesProvider.
func (r *registered) Categories() []string { return r.categories }

// Destroy implements rest.Storage; the store outlives the API.
func (r *registered) Destroy() {}

// part is a subresource that shows the whole object and changes a part of it.
type part struct {
	whole *registry.Store // with the strategy of the part
}

// partOf is the registered resource with other rules for updates.
func partOf[T memory.Object[T]](whole *registered, r *resource[T], prepare func(newer, older T), check func(newer, older T) field.ErrorList) *part {
	changed := *r
	changed.prepareUpdate, changed.checkUpdate, changed.warnUpdate = prepare, check, nil
	kept := *whole.Store
	strategy := kept.UpdateStrategy.(strategy[T])
	strategy.resource = &changed
	kept.UpdateStrategy, kept.ResetFieldsStrategy = strategy, nil
	return &part{&kept}
}

// statusOf is the status of the registered resource as a part of it. From then on nobody owns the status who applies the whole, and nobody
// the spec who applies the status, as neither is changed that way.
func statusOf[T memory.Object[T]](whole *registered, r *resource[T], prepare func(newer, older T), check func(newer, older T) field.ErrorList) *part {
	status, version := partOf(whole, r, prepare, check), r.collection.Kind().GroupVersion()
	whole.ResetFieldsStrategy, status.whole.ResetFieldsStrategy = unchangedField(version, "status"), unchangedField(version, "spec")
	return status
}

// unchanged are the fields that requests leave as they are, whatever they say of them.
type unchanged map[fieldpath.APIVersion]*fieldpath.Set

func unchangedField(version schema.GroupVersion, name string) unchanged {
	return unchanged{fieldpath.APIVersion(version.String()): fieldpath.NewSet(fieldpath.MakePathOrDie(name))}
}

// GetResetFields implements rest.ResetFieldsStrategy.
func (u unchanged) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set { return u }

// New implements rest.Storage.
func (p *part) New() runtime.Object { return p.whole.New() }

// Destroy implements rest.Storage.
func (p *part) Destroy() {}

// Get implements rest.Getter.
func (p *part) Get(ctx context.Context, name string, options *metav1.GetOptions) (runtime.Object, error) {
	return p.whole.Get(ctx, name, options)
}

// Update implements rest.Updater. A part does not bring the whole into being.
func (p *part) Update(ctx context.Context, name string, info rest.UpdatedObjectInfo, create rest.ValidateObjectFunc, update rest.ValidateObjectUpdateFunc,
	_ bool, options *metav1.UpdateOptions) (runtime.Object, bool, error) {
	return p.whole.Update(ctx, name, info, create, update, false, options)
}

// GetResetFields implements rest.ResetFieldsStrategy.
func (p *part) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	return p.whole.GetResetFields()
}

// ConvertToTable implements rest.TableConvertor.
func (p *part) ConvertToTable(ctx context.Context, object, options runtime.Object) (*metav1.Table, error) {
	return p.whole.ConvertToTable(ctx, object, options)
}

// readOnly is a resource that clients look at and do not write.
type readOnly struct{ of *registered }

// New implements rest.Storage.
func (r readOnly) New() runtime.Object { return r.of.New() }

// NewList implements rest.Lister.
func (r readOnly) NewList() runtime.Object { return r.of.NewList() }

// Destroy implements rest.Storage.
func (r readOnly) Destroy() {}

// NamespaceScoped implements rest.Scoper.
func (r readOnly) NamespaceScoped() bool { return r.of.NamespaceScoped() }

// GetSingularName implements rest.SingularNameProvider.
func (r readOnly) GetSingularName() string { return r.of.GetSingularName() }

// ShortNames implements rest.ShortNamesProvider.
func (r readOnly) ShortNames() []string { return r.of.shortNames }

// Get implements rest.Getter.
func (r readOnly) Get(ctx context.Context, name string, options *metav1.GetOptions) (runtime.Object, error) {
	return r.of.Get(ctx, name, options)
}

// List implements rest.Lister.
func (r readOnly) List(ctx context.Context, options *metainternalversion.ListOptions) (runtime.Object, error) {
	return r.of.List(ctx, options)
}

// Watch implements rest.Watcher.
func (r readOnly) Watch(ctx context.Context, options *metainternalversion.ListOptions) (watch.Interface, error) {
	return r.of.Watch(ctx, options)
}

// ConvertToTable implements rest.TableConvertor.
func (r readOnly) ConvertToTable(ctx context.Context, object, options runtime.Object) (*metav1.Table, error) {
	return r.of.ConvertToTable(ctx, object, options)
}

// strategy are the rules of a resource in the registry's terms.
type strategy[T memory.Object[T]] struct {
	runtime.ObjectTyper
	names.NameGenerator
	resource *resource[T]
}

var (
	_ rest.RESTCreateStrategy = strategy[*corev1.Pod]{}
	_ rest.RESTUpdateStrategy = strategy[*corev1.Pod]{}
	_ rest.RESTDeleteStrategy = strategy[*corev1.Pod]{}

	_ rest.GarbageCollectionDeleteStrategy = strategy[*corev1.Pod]{}
)

func (s strategy[T]) NamespaceScoped() bool { return !s.resource.clusterScoped }

func (s strategy[T]) PrepareForCreate(_ context.Context, object runtime.Object) {
	if s.resource.prepare != nil {
		s.resource.prepare(object.(T))
	}
}

func (s strategy[T]) Validate(_ context.Context, object runtime.Object) field.ErrorList {
	return s.resource.check(object.(T))
}

func (s strategy[T]) WarningsOnCreate(ctx context.Context, object runtime.Object) []string {
	if s.resource.warn == nil {
		return nil
	}
	return s.resource.warn(ctx, object.(T))
}

func (s strategy[T]) Canonicalize(runtime.Object) {}

func (s strategy[T]) AllowCreateOnUpdate(context.Context) bool { return s.resource.createOnUpdate }

func (s strategy[T]) PrepareForUpdate(_ context.Context, newer, older runtime.Object) {
	if s.resource.prepareUpdate != nil {
		s.resource.prepareUpdate(newer.(T), older.(T))
	}
}

func (s strategy[T]) ValidateUpdate(_ context.Context, newer, older runtime.Object) field.ErrorList {
	return s.resource.checkUpdate(newer.(T), older.(T))
}

func (s strategy[T]) WarningsOnUpdate(_ context.Context, newer, older runtime.Object) []string {
	if s.resource.warnUpdate == nil {
		return nil
	}
	return s.resource.warnUpdate(newer.(T), older.(T))
}

func (s strategy[T]) AllowUnconditionalUpdate(context.Context) bool {
	return !s.resource.versionedUpdates
}

// DefaultGarbageCollectionPolicy is what becomes of an object's dependents when a deletion does not say it.
func (s strategy[T]) DefaultGarbageCollectionPolicy(context.Context) rest.GarbageCollectionPolicy {
	if s.resource.orphansByDefault {
		return rest.OrphanDependents
	}
	return rest.DeleteDependents
}

// tableConvertor writes tables for `kubectl get`.
type tableConvertor[T runtime.Object] struct {
	table table[T]
	clock clock.PassiveClock
}

// ConvertToTable implements rest.TableConvertor.
func (c tableConvertor[T]) ConvertToTable(_ context.Context, object, options runtime.Object) (*metav1.Table, error) {
	table := &metav1.Table{Rows: []metav1.TableRow{}}
	if asked, ok := options.(*metav1.TableOptions); !ok || !asked.NoHeaders {
		table.ColumnDefinitions = c.table.columns
	}
	now := c.clock.Now()
	add := func(object runtime.Object) error {
		row := c.table.row(object.(T), now)
		row.Object.Object = object
		table.Rows = append(table.Rows, row)
		return nil
	}
	if list, err := meta.ListAccessor(object); err == nil {
		table.ResourceVersion, table.Continue, table.RemainingItemCount = list.GetResourceVersion(), list.GetContinue(), list.GetRemainingItemCount()
		return table, meta.EachListItem(object, add)
	}
	if one, err := meta.CommonAccessor(object); err == nil {
		table.ResourceVersion = one.GetResourceVersion()
	}
	return table, add(object)
}

// metadataFields are the fields that selectors see of every kind.
func metadataFields[T metav1.Object](object T) fields.Set {
	return fields.Set{"metadata.name": object.GetName(), "metadata.namespace": object.GetNamespace()}
}

// sameNames are labels for fields that are called by their own names.
func sameNames(set fields.Set) map[string]string {
	labels := map[string]string{}
	for name := range set {
		labels[name] = name
	}
	return labels
}

// with adds more fields to a set.
func with(set, more fields.Set) fields.Set {
	for name, value := range more {
		set[name] = value
	}
	return set
}
