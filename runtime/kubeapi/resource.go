package kubeapi

import (
	"context"
	"net/http"
	"strconv"

	"github.com/podsim/podsim/runtime/store"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/clock"
)

// object is a pointer to an API object that can be copied onto another one.
type object[T any] interface {
	store.Object[T]
	DeepCopyInto(T)
}

// source is where the objects of a resource are read; a store.Collection is one.
type source[T any] interface {
	Get(key types.NamespacedName) (T, error)
	List(namespace string) ([]T, uint64)
	Kind() schema.GroupVersionKind
	Resource() schema.GroupResource
}

// resource is one kind of object as the API serves it. What a nil field would do is not served.
type resource[T object[T]] struct {
	source[T]
	clusterScoped bool
	table         table[T]
	// fields are the values that field selectors see.
	fields func(T) fields.Set
	clock  clock.PassiveClock

	// watched is the source with its history.
	watched *store.Collection[T]
	// finish defaults an object that a client wants to have stored, and returns what is wrong with it then. It is set where
	// create is.
	finish func(object T) field.ErrorList
	// finishUpdate defaults an object that a client wants to have in place of a stored one, and returns what is wrong with the change
	// then. It is set where updates take whole objects.
	finishUpdate func(newer, older T) field.ErrorList
	// create stores a new object.
	create func(ctx context.Context, object T) (T, error)
	// warnings are what a client is told about an object that was created; nil for nothing.
	warnings func(ctx context.Context, created T) []string
	// updates is how clients change stored objects.
	updates *update[T]
	// remove deletes an object; what it returns is the response.
	remove func(ctx context.Context, key types.NamespacedName, options *metav1.DeleteOptions) (any, error)
}

// paths are the routes of the resource itself, without subresources.
func (r *resource[T]) paths() routes {
	paths := routes{}
	paths.add(http.MethodGet, r.versionPath()+"/"+r.Resource().Resource, r.serveList)
	paths.add(http.MethodGet, r.listPath(), r.serveList)
	paths.add(http.MethodGet, r.itemPath(), r.serveGet)
	if r.create != nil {
		paths.add(http.MethodPost, r.listPath(), r.serveCreate)
	}
	if r.updates != nil {
		paths.add(http.MethodPut, r.itemPath(), r.servePut(r.updates))
		paths.add(http.MethodPatch, r.itemPath(), r.servePatch(r.updates))
	}
	if r.remove != nil {
		paths.add(http.MethodDelete, r.itemPath(), r.serveRemove)
	}
	return paths
}

// part are the routes of a subresource that shows the whole object and changes a part of it.
func (r *resource[T]) part(name string, updates *update[T]) routes {
	paths, path := routes{}, r.itemPath()+"/"+name
	paths.add(http.MethodGet, path, r.serveGet)
	paths.add(http.MethodPut, path, r.servePut(updates))
	paths.add(http.MethodPatch, path, r.servePatch(updates))
	return paths
}

func (r *resource[T]) listPath() string {
	if r.clusterScoped {
		return r.versionPath() + "/" + r.Resource().Resource
	}
	return r.versionPath() + "/namespaces/{namespace}/" + r.Resource().Resource
}

func (r *resource[T]) versionPath() string { return versionPath(r.Kind().GroupVersion()) }

// versionPath is where a version of a group is served.
func versionPath(version schema.GroupVersion) string {
	if version.Group == "" {
		return "/api/" + version.Version
	}
	return "/apis/" + version.String()
}

func (r *resource[T]) itemPath() string { return r.listPath() + "/{name}" }

// keyOf is the object that the request's path names.
func keyOf(r *http.Request) types.NamespacedName {
	return types.NamespacedName{Namespace: r.PathValue("namespace"), Name: r.PathValue("name")}
}

// empty is a new object of the resource's kind, with the kind set.
func (r *resource[T]) empty() T {
	object, err := scheme.Scheme.New(r.Kind())
	if err != nil {
		panic(err) // the kinds are compiled in
	}
	object.GetObjectKind().SetGroupVersionKind(r.Kind())
	return object.(T)
}

// one is an object in the form that the client asked for.
func (r *resource[T]) one(form form, object T) any {
	switch form.representation {
	case asTable:
		return r.tableOf(form, []T{object}, object.GetResourceVersion())
	case onlyMetadata:
		return metadataOf(object)
	default:
		return object
	}
}

// list is the wire form of PodList and its like.
type list[T any] struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`
	Items           []T `json:"items"`
}

// many is a list of objects, as of a resourceVersion, in the form that the client asked for.
func (r *resource[T]) many(form form, objects []T, version uint64) any {
	listMeta := metav1.ListMeta{ResourceVersion: strconv.FormatUint(version, 10)}
	switch form.representation {
	case asTable:
		return r.tableOf(form, objects, listMeta.ResourceVersion)
	case onlyMetadata:
		items := make([]metav1.PartialObjectMetadata, 0, len(objects))
		for _, object := range objects {
			items = append(items, *metadataOf(object))
		}
		return &metav1.PartialObjectMetadataList{
			TypeMeta: metav1.TypeMeta{Kind: "PartialObjectMetadataList", APIVersion: metav1.SchemeGroupVersion.String()},
			ListMeta: listMeta, Items: items,
		}
	default:
		kind := r.Kind()
		return &list[T]{
			TypeMeta: metav1.TypeMeta{Kind: kind.Kind + "List", APIVersion: kind.GroupVersion().String()},
			ListMeta: listMeta, Items: append([]T{}, objects...),
		}
	}
}

// tableOf is a table with one row an object.
func (r *resource[T]) tableOf(form form, objects []T, version string) *metav1.Table {
	rows := make([]metav1.TableRow, 0, len(objects))
	for _, object := range objects {
		row := r.table.row(object, r.clock.Now())
		switch form.include {
		case metav1.IncludeObject:
			row.Object = runtime.RawExtension{Object: object}
		case metav1.IncludeMetadata:
			row.Object = runtime.RawExtension{Object: metadataOf(object)}
		}
		rows = append(rows, row)
	}
	return &metav1.Table{
		TypeMeta:          metav1.TypeMeta{Kind: "Table", APIVersion: metav1.SchemeGroupVersion.String()},
		ListMeta:          metav1.ListMeta{ResourceVersion: version},
		ColumnDefinitions: r.table.columns,
		Rows:              rows,
	}
}

func metadataOf(object metav1.Object) *metav1.PartialObjectMetadata {
	metadata := meta.AsPartialObjectMetadata(object)
	metadata.TypeMeta = metav1.TypeMeta{Kind: "PartialObjectMetadata", APIVersion: metav1.SchemeGroupVersion.String()}
	return metadata
}
