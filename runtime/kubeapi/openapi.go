package kubeapi

import (
	"net/http"
	goruntime "runtime"
	"strings"

	apidiscovery "k8s.io/api/apidiscovery/v2"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/kube-openapi/pkg/handler3"
	"k8s.io/kube-openapi/pkg/spec3"
	"k8s.io/kube-openapi/pkg/validation/spec"

	"github.com/podsim/podsim/podspec"
)

// installOpenAPI serves as much of OpenAPI as kubectl wants to know before it applies something: that the server itself looks for unknown
// fields. The shapes of the objects are not in it; kubectl knows those by heart.
func (s *server) installOpenAPI() {
	documents := map[string]handler3.OpenAPIV3DiscoveryGroupVersion{}
	for _, i := range s.installed {
		path := "/openapi/v3" + i.path()
		documents[strings.TrimPrefix(i.path(), "/")] = handler3.OpenAPIV3DiscoveryGroupVersion{ServerRelativeURL: path}
		s.fixed(path, openAPIDocument(i))
	}
	s.fixed("/openapi/v3", &handler3.OpenAPIV3Discovery{Paths: documents})
	s.fixed("/version", serverVersion())
}

// path is where the version of the group is served.
func (i installed) path() string {
	if i.Group == "" {
		return i.root + "/" + i.Version
	}
	return i.root + "/" + i.GroupVersion.String()
}

// fixed always answers with the same object.
func (s *server) fixed(path string, object any) {
	s.routes.ServeMux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, object) })
}

// openAPIDocument names the operations by which objects of a group are changed.
func openAPIDocument(i installed) *spec3.OpenAPI {
	paths := map[string]*spec3.Path{}
	for _, r := range i.resources {
		item := i.path() + "/" + r.Resource + "/{name}"
		if r.Scope == apidiscovery.ScopeNamespace {
			item = i.path() + "/namespaces/{namespace}/" + r.Resource + "/{name}"
		}
		change := &spec3.Operation{
			VendorExtensible: spec.VendorExtensible{Extensions: spec.Extensions{
				"x-kubernetes-action":             "patch",
				"x-kubernetes-group-version-kind": map[string]any{"group": i.Group, "version": i.Version, "kind": r.ResponseKind.Kind},
			}},
			OperationProps: spec3.OperationProps{Parameters: []*spec3.Parameter{
				{ParameterProps: spec3.ParameterProps{Name: "fieldValidation", In: "query", Schema: &spec.Schema{SchemaProps: spec.SchemaProps{Type: spec.StringOrArray{"string"}}}}},
			}},
		}
		paths[item] = &spec3.Path{PathProps: spec3.PathProps{Patch: change}}
	}
	return &spec3.OpenAPI{
		Version: "3.0.0",
		Info:    &spec.Info{InfoProps: spec.InfoProps{Title: "podsim", Version: serverVersion().GitVersion}},
		Paths:   &spec3.Paths{Paths: paths},
	}
}

// serverVersion is the Kubernetes release whose behaviour podsim shows.
func serverVersion() *version.Info {
	return &version.Info{
		Major: "1", Minor: "37", GitVersion: podspec.KubernetesVersion,
		GoVersion: goruntime.Version(), Compiler: goruntime.Compiler, Platform: goruntime.GOOS + "/" + goruntime.GOARCH,
	}
}
