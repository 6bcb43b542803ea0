package kubeapi

import (
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/emicklei/go-restful/v3"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/endpoints/openapi"
	"k8s.io/kube-openapi/pkg/builder"
	"k8s.io/kube-openapi/pkg/builder3"
	"k8s.io/kube-openapi/pkg/common"
	"k8s.io/kube-openapi/pkg/common/restfuladapter"
	"k8s.io/kube-openapi/pkg/spec3"
	"k8s.io/kube-openapi/pkg/validation/spec"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/kubeapi/definitions"
)

// installOpenAPI describes all that is installed, as clients that know no kinds by heart need it: in documents of OpenAPI 2 and 3, which
// are made when the first of either is asked for.
func (s *server) installOpenAPI() {
	v2 := sync.OnceValue(func() *document { return newDocument(s.describeV2(), formsV2, protobufV2) })
	v3 := sync.OnceValue(s.describeV3)
	s.routes.ServeMux.HandleFunc("GET /openapi/v2", func(w http.ResponseWriter, r *http.Request) { v2().negotiate(w, r) })
	s.routes.ServeMux.HandleFunc("GET /openapi/v3", func(w http.ResponseWriter, r *http.Request) { v3().serveIndex(w, r) })
	s.routes.ServeMux.HandleFunc("GET /openapi/v3/{path...}", func(w http.ResponseWriter, r *http.Request) { v3().serve(w, r) })
}

// described is what documents say that they are about.
func described() *spec.Info {
	return &spec.Info{InfoProps: spec.InfoProps{Title: "Kubernetes", Version: podspec.KubernetesVersion}}
}

// describeV2 is all that is installed, in OpenAPI 2.
func (s *server) describeV2() *spec.Swagger {
	document, err := builder.BuildOpenAPISpecFromRoutes(restfuladapter.AdaptWebServices(s.routes.RegisteredWebServices()), &common.Config{
		ProtocolList:                   []string{"https"},
		Info:                           described(),
		DefaultResponse:                &spec.Response{ResponseProps: spec.ResponseProps{Description: "Default Response."}},
		CommonResponses:                map[int]spec.Response{http.StatusUnauthorized: {ResponseProps: spec.ResponseProps{Description: "Unauthorized"}}},
		GetOperationIDAndTagsFromRoute: operation,
		GetDefinitionName:              definitionNames(openapi.NewDefinitionNamer(s.kinds.Scheme), func(map[string]any) bool { return true }),
		GetDefinitions:                 func(common.ReferenceCallback) map[string]common.OpenAPIDefinition { return definitions.V2() },
	})
	if err != nil {
		panic(err) // a kind is served that has no definition
	}
	return document
}

// describeV3 is what is installed in OpenAPI 3, a document for each version of a group.
func (s *server) describeV3() documents {
	shapes, namer, all := definitions.V3(), openapi.NewDefinitionNamer(s.kinds.Scheme), documents{}
	for _, service := range s.routes.RegisteredWebServices() {
		path := strings.TrimPrefix(service.RootPath(), "/")
		document, err := builder3.BuildOpenAPISpecFromRoutes(restfuladapter.AdaptWebServices([]*restful.WebService{service}), &common.OpenAPIV3Config{
			Info:                           described(),
			DefaultResponse:                &spec3.Response{ResponseProps: spec3.ResponseProps{Description: "Default Response."}},
			CommonResponses:                map[int]*spec3.Response{http.StatusUnauthorized: {ResponseProps: spec3.ResponseProps{Description: "Unauthorized"}}},
			GetOperationIDAndTagsFromRoute: operation,
			GetDefinitionName:              definitionNames(namer, func(kind map[string]any) bool { return !ofEveryGroup(kind) || ofDocument(kind, path) }),
			Definitions:                    shapes,
		})
		if err != nil {
			panic(err) // a kind is served that has no definition
		}
		all[path] = newDocument(document, formsV3, protobufV3)
	}
	return all
}

// operation is the name of what a route does, and the group to which it belongs.
func operation(route common.Route) (string, []string, error) {
	return openapi.GetOperationIDAndTags(route.(*restfuladapter.RouteAdapter).Route)
}

// definitionNames tells of which kinds a definition is, as far as a document wants to have them.
func definitionNames(namer *openapi.DefinitionNamer, wanted func(kind map[string]any) bool) func(string) (string, spec.Extensions) {
	return func(name string) (string, spec.Extensions) {
		name, extensions := namer.GetDefinitionName(name)
		for extension, all := range extensions {
			extensions[extension] = slices.DeleteFunc(all.([]any), func(kind any) bool {
				known := kind.(map[string]any)
				return known["version"] == runtime.APIVersionInternal || !wanted(known)
			})
		}
		return name, extensions
	}
}

// ofEveryGroup says that a kind is in all groups, so that a document names only the group that it is about, and the first.
func ofEveryGroup(kind map[string]any) bool {
	return kind["kind"] == "DeleteOptions" || kind["kind"] == "WatchEvent"
}

// ofDocument says that a kind is of the first group, or of the one that is described at a path such as apis/batch/v1.
func ofDocument(kind map[string]any, path string) bool {
	group, version := kind["group"].(string), kind["version"].(string)
	return group == "" && version == "v1" || path == "apis/"+group+"/"+version
}
