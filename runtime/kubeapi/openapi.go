package kubeapi

import (
	"net/http"
	"strings"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/kube-openapi/pkg/handler3"
	"k8s.io/kube-openapi/pkg/spec3"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// addOpenAPI serves as much of OpenAPI as kubectl wants to know before it applies something: that the server itself looks for unknown
// fields. The shapes of the objects are not in it; kubectl knows those by heart.
func (api routes) addOpenAPI() {
	documents := map[string]handler3.OpenAPIV3DiscoveryGroupVersion{}
	for _, g := range []servedGroup{{corev1.SchemeGroupVersion, resources()}, {certificatesv1.SchemeGroupVersion, certificateResources()}} {
		path := "/openapi/v3" + versionPath(g.version)
		documents[strings.TrimPrefix(versionPath(g.version), "/")] = handler3.OpenAPIV3DiscoveryGroupVersion{ServerRelativeURL: path}
		api.add(http.MethodGet, path, fixed(openAPIDocument(g)))
	}
	api.add(http.MethodGet, "/openapi/v3", fixed(&handler3.OpenAPIV3Discovery{Paths: documents}))
}

// openAPIDocument names the operations by which objects of a group are changed.
func openAPIDocument(g servedGroup) *spec3.OpenAPI {
	paths := map[string]*spec3.Path{}
	for _, r := range g.resources {
		item := versionPath(g.version) + "/" + r.plural + "/{name}"
		if r.namespaced {
			item = versionPath(g.version) + "/namespaces/{namespace}/" + r.plural + "/{name}"
		}
		change := &spec3.Operation{
			VendorExtensible: spec.VendorExtensible{Extensions: spec.Extensions{
				"x-kubernetes-action":             "patch",
				"x-kubernetes-group-version-kind": map[string]any{"group": g.version.Group, "version": g.version.Version, "kind": r.kind},
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
