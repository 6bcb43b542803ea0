package kubeapi_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"

	openapiv2 "github.com/google/gnostic-models/openapiv2"
	openapiv3 "github.com/google/gnostic-models/openapiv3"
	"google.golang.org/protobuf/proto"
	corev1 "k8s.io/api/core/v1"
	quantity "k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/openapi3"
	"k8s.io/kube-openapi/pkg/spec3"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

func TestOpenAPIDescribesEveryKindThatIsServed(t *testing.T) {
	client := discovery.NewDiscoveryClientForConfigOrDie(serve(t).config())
	_, served, err := client.ServerGroupsAndResources()
	if err != nil {
		t.Fatal(err)
	}
	documents := openapi3.NewRoot(client.OpenAPIV3())
	for _, list := range served {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			t.Fatal(err)
		}
		document, err := documents.GVSpec(version)
		if err != nil {
			t.Errorf("%s: %v", version, err)
			continue
		}
		for _, resource := range list.APIResources {
			name, subresource, isSubresource := strings.Cut(resource.Name, "/")
			at := "/" + path.Join("apis", version.String())
			if version.Group == "" {
				at = "/api/v1"
			}
			if resource.Namespaced {
				at += "/namespaces/{namespace}"
			}
			at += "/" + name
			if isSubresource {
				at += "/{name}/" + subresource
			}
			if document.Paths.Paths[at] == nil {
				t.Errorf("the document of %s has no path %s", version, at)
			}
			if kind := version.WithKind(resource.Kind); !isSubresource && !slices.Contains(kindsOf(document), kind) {
				t.Errorf("the document of %s has no schema of %s", version, kind)
			}
		}
	}
}

// kindsOf are the kinds that have a schema in the document.
func kindsOf(document *spec3.OpenAPI) []schema.GroupVersionKind {
	var all []schema.GroupVersionKind
	for _, shape := range document.Components.Schemas {
		var kinds []schema.GroupVersionKind
		if err := shape.Extensions.GetObject("x-kubernetes-group-version-kind", &kinds); err == nil {
			all = append(all, kinds...)
		}
	}
	return all
}

func TestOpenAPITellsWhatAnAPIServerTells(t *testing.T) {
	client := discovery.NewDiscoveryClientForConfigOrDie(serve(t).config())
	document, err := openapi3.NewRoot(client.OpenAPIV3()).GVSpec(corev1.SchemeGroupVersion)
	if err != nil {
		t.Fatal(err)
	}
	definition := func(name string) *spec.Schema {
		shape := document.Components.Schemas["io.k8s."+name]
		if shape == nil {
			t.Fatalf("no schema %s", name)
		}
		return shape
	}
	containers := definition("api.core.v1.PodSpec").Properties["containers"]
	if want := "List of containers belonging to the pod. Containers cannot currently be added or removed. There must be at least one container in a Pod. Cannot be updated."; containers.Description != want {
		t.Errorf("spec.containers is described as %q", containers.Description)
	}
	for extension, want := range map[string]string{
		"x-kubernetes-patch-merge-key": "name", "x-kubernetes-patch-strategy": "merge", "x-kubernetes-list-type": "map",
	} {
		if got := containers.Extensions[extension]; got != want {
			t.Errorf("spec.containers has %s %v, want %s", extension, got, want)
		}
	}
	if got := definition("api.core.v1.Container").Required; !slices.Equal(got, []string{"name"}) {
		t.Errorf("a container must have %v", got)
	}
	protocol := definition("api.core.v1.ContainerPort").Properties["protocol"]
	if protocol.Default != "TCP" || !slices.Equal(protocol.Enum, []any{"SCTP", "TCP", "UDP"}) {
		t.Errorf("a port's protocol is by default %v, of %v", protocol.Default, protocol.Enum)
	}
	if got := definition("apimachinery.pkg.util.intstr.IntOrString").OneOf; len(got) != 2 {
		t.Errorf("int-or-string is one of %v", got)
	}
	var deletions []schema.GroupVersionKind
	if err := definition("apimachinery.pkg.apis.meta.v1.DeleteOptions").Extensions.GetObject("x-kubernetes-group-version-kind", &deletions); err != nil {
		t.Fatal(err)
	}
	if want := corev1.SchemeGroupVersion.WithKind("DeleteOptions"); !slices.Equal(deletions, []schema.GroupVersionKind{want}) {
		t.Errorf("the options of deletions are %v", deletions)
	}
	patch := document.Paths.Paths["/api/v1/namespaces/{namespace}/pods/{name}"].Patch
	if patch.OperationId != "patchCoreV1NamespacedPod" {
		t.Errorf("pods are patched by %s", patch.OperationId)
	}
	if !slices.ContainsFunc(patch.Parameters, func(p *spec3.Parameter) bool { return p.Name == "fieldValidation" && p.In == "query" }) {
		t.Error("patches of pods do not say that they validate fields")
	}

	older, err := client.OpenAPISchema()
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]*openapiv2.Schema{}
	for _, definition := range older.Definitions.AdditionalProperties {
		names[definition.Name] = definition.Value
	}
	if got := names["io.k8s.apimachinery.pkg.util.intstr.IntOrString"]; got.GetFormat() != "int-or-string" {
		t.Errorf("in OpenAPI 2, int-or-string is %v", got)
	}
	if !slices.Contains(slices.Collect(maps.Keys(names)), "io.k8s.api.core.v1.Pod") {
		t.Error("in OpenAPI 2, there are no pods")
	}
}

func TestOpenAPIIsNegotiated(t *testing.T) {
	api := serve(t)
	const v2, v3 = "/openapi/v2", "/openapi/v3/api/v1"
	isJSON := func(body []byte) bool { return strings.HasPrefix(string(body), "{") }
	isV2 := func(body []byte) bool { return proto.Unmarshal(body, &openapiv2.Document{}) == nil }
	isV3 := func(body []byte) bool { return proto.Unmarshal(body, &openapiv3.Document{}) == nil }
	isEmpty := func(body []byte) bool { return len(body) == 0 }
	for _, c := range []struct {
		path, accept string
		status       int
		form         string
		is           func(body []byte) bool
	}{
		{v2, "", 200, "application/json", isJSON},
		{v2, "*/*", 200, "application/json", isJSON},
		{v2, "application/com.github.proto-openapi.spec.v2.v1.0+protobuf", 200, "application/com.github.proto-openapi.spec.v2.v1.0+protobuf", isV2},
		{v2, "application/com.github.proto-openapi.spec.v2@v1.0+protobuf", 200, "application/com.github.proto-openapi.spec.v2.v1.0+protobuf", isV2},
		{v2, "application/json;q=0.5, application/com.github.proto-openapi.spec.v2.v1.0+protobuf", 200, "application/com.github.proto-openapi.spec.v2.v1.0+protobuf", isV2},
		{v2, "text/html", 406, "", isEmpty},
		{v3, "application/json", 200, "application/json", isJSON},
		{v3, "application/com.github.proto-openapi.spec.v3.v1.0+protobuf", 200, "application/com.github.proto-openapi.spec.v3.v1.0+protobuf", isV3},
		{v3, "text/html", 406, "", isEmpty},
		{"/openapi/v3", "text/html", 200, "application/json", isJSON},
		{"/openapi/v3/apis/none/v1", "", 404, "text/plain; charset=utf-8", func(body []byte) bool { return string(body) == "404 page not found\n" }},
	} {
		response, body := api.ask(c.path, http.Header{"Accept": {c.accept}})
		if response.StatusCode != c.status || response.Header.Get("Content-Type") != c.form || !c.is(body) {
			t.Errorf("%s for %q: %s, %q, %d bytes", c.path, c.accept, response.Status, response.Header.Get("Content-Type"), len(body))
		}
	}
}

func TestOpenAPIIsSentOnce(t *testing.T) {
	api := serve(t)
	for _, at := range []string{"/openapi/v2", "/openapi/v3", "/openapi/v3/api/v1"} {
		response, _ := api.ask(at, nil)
		tag := response.Header.Get("ETag")
		if response, body := api.ask(at, http.Header{"If-None-Match": {tag}}); tag == "" || response.StatusCode != http.StatusNotModified || len(body) > 0 {
			t.Errorf("%s again with %s: %s, %d bytes", at, tag, response.Status, len(body))
		}
		if response, _ := api.ask(at, http.Header{"If-None-Match": {`"other"`}}); response.StatusCode != http.StatusOK {
			t.Errorf("%s with another tag: %s", at, response.Status)
		}
	}
	response, _ := api.ask("/openapi/v3/api/v1?hash=older", nil)
	if got := response.Header.Get("Cache-Control"); got != "public, immutable" || response.Request.URL.Query().Get("hash") == "older" {
		t.Errorf("the address of an older document leads to %s, to be kept %q", response.Request.URL, got)
	}
}

// ask makes a request and follows where it leads.
func (a *api) ask(path string, header http.Header) (*http.Response, []byte) {
	a.t.Helper()
	request, err := http.NewRequest(http.MethodGet, a.URL+path, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	if header != nil {
		request.Header = header
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		a.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return response, body
}

func TestDeletionsAreAnsweredAsDescribed(t *testing.T) {
	api := serve(t)
	ctx, core := t.Context(), api.clients().CoreV1()
	document, err := openapi3.NewRoot(discovery.NewDiscoveryClientForConfigOrDie(api.config()).OpenAPIV3()).GVSpec(corev1.SchemeGroupVersion)
	if err != nil {
		t.Fatal(err)
	}
	meta := metav1.ObjectMeta{Namespace: "default", Name: "a"}
	claim := corev1.PersistentVolumeClaimSpec{
		AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
		Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: quantity.MustParse("1Gi")}},
	}
	for _, c := range []struct {
		resource string
		object   runtime.Object
		kind     string
	}{
		{"configmaps", &corev1.ConfigMap{ObjectMeta: meta}, "Status"},
		{"secrets", &corev1.Secret{ObjectMeta: meta}, "Status"},
		{"persistentvolumeclaims", &corev1.PersistentVolumeClaim{ObjectMeta: meta, Spec: claim}, "PersistentVolumeClaim"},
		{"pods", newPod("a"), "Pod"},
		{"serviceaccounts", &corev1.ServiceAccount{ObjectMeta: meta}, "ServiceAccount"},
		{"services", &corev1.Service{ObjectMeta: meta, Spec: corev1.ServiceSpec{ClusterIP: "None"}}, "Service"},
	} {
		if err := core.RESTClient().Post().Namespace("default").Resource(c.resource).Body(c.object).Do(ctx).Error(); err != nil {
			t.Fatal(err)
		}
		answer, err := core.RESTClient().Delete().Namespace("default").Resource(c.resource).Name("a").
			Body(metav1.NewDeleteOptions(0)).SetHeader("Accept", runtime.ContentTypeJSON).Do(ctx).Raw()
		var got metav1.TypeMeta
		if err != nil || json.Unmarshal(answer, &got) != nil || got.Kind != c.kind {
			t.Errorf("the deletion of %s is answered with %v %s", c.resource, err, answer)
		}
		deletion := document.Paths.Paths["/api/v1/namespaces/{namespace}/"+c.resource+"/{name}"].Delete
		shape := deletion.Responses.StatusCodeResponses[http.StatusOK].Content[runtime.ContentTypeJSON].Schema.Ref.String()
		if !strings.HasSuffix(shape, "."+c.kind) {
			t.Errorf("the answer to a deletion of %s is described as %s", c.resource, shape)
		}
	}
}
