package kubeapi_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

const tableMedia = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"

// do sends a request whose headers come in pairs.
func (a *api) do(method, path, body string, headers ...string) *http.Response {
	a.t.Helper()
	request, err := http.NewRequestWithContext(a.t.Context(), method, a.URL+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() { response.Body.Close() })
	return response
}

// into reads a response.
func into[T any](t *testing.T, response *http.Response) T {
	t.Helper()
	var value T
	if err := json.NewDecoder(response.Body).Decode(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// TestErrorsAreStatuses holds what a client gets for what cannot be done against the API server's answers.
func TestErrorsAreStatuses(t *testing.T) {
	api := serve(t)
	for _, name := range []string{"panics", "broken", "not-started"} {
		api.havePod(name)
	}
	api.havePod("two", func(pod *corev1.Pod) {
		pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{Name: "side"})
		pod.Spec.InitContainers = []corev1.Container{{Name: "setup"}}
	})
	const pods, configMaps = "/api/v1/namespaces/default/pods", "/api/v1/namespaces/default/configmaps"
	for name, c := range map[string]struct {
		method, path, body string
		headers            []string
		code               int
		reason             metav1.StatusReason
		message            string // a part of it
	}{
		"unknown resource": {path: "/api/v1/namespaces/default/pots", code: 404, reason: "NotFound", message: "could not find the requested resource"},
		"unknown method":   {method: "PUT", path: pods, code: 405, reason: "MethodNotAllowed"},
		"replacing a log":  {method: "PUT", path: pods + "/two/log", code: 405, reason: "MethodNotAllowed"},
		"no object":        {path: pods + "/none", code: 404, reason: "NotFound", message: `pods "none" not found`},
		"only text":        {path: pods, headers: []string{"Accept", "text/plain"}, code: 406, reason: "NotAcceptable"},
		"include": {path: pods + "?includeObject=All", headers: []string{"Accept", tableMedia}, code: 400, reason: "BadRequest",
			message: `includeObject: Invalid value: "All"`},
		"bad selector":      {path: pods + "?labelSelector=a,,b!!", code: 400, reason: "BadRequest"},
		"unknown field":     {path: pods + "?fieldSelector=spec.color=red", code: 400, reason: "BadRequest", message: "field label not supported: spec.color"},
		"other kinds field": {path: pods + "?fieldSelector=involvedObject.name=a", code: 400, reason: "BadRequest"},
		"bad version":       {path: pods + "?watch=1&resourceVersion=x", code: 400, reason: "BadRequest", message: "invalid resource version"},
		"continue":          {path: pods + "?continue=x", code: 400, reason: "BadRequest", message: "continue key is not valid"},
		"exact version":     {path: pods + "?resourceVersion=1&resourceVersionMatch=Exact", code: 410, reason: "Expired"},
		"initial events in the wrong place": {path: pods + "?sendInitialEvents=true", code: 422, reason: "Invalid",
			message: "sendInitialEvents is forbidden for list"},

		"no JSON":     {method: "POST", path: pods, body: "{", code: 400, reason: "BadRequest", message: "the object provided is unrecognized (must be of type Pod)"},
		"text":        {method: "POST", path: pods, body: "x", headers: []string{"Content-Type", "text/plain"}, code: 415, reason: "UnsupportedMediaType"},
		"wrong kind":  {method: "POST", path: pods, body: `{"apiVersion":"v1","kind":"ConfigMap"}`, code: 400, reason: "BadRequest", message: `ConfigMap in version "v1" cannot be handled as a Pod`},
		"no kind yet": {method: "POST", path: pods, body: `{"apiVersion":"v1","kind":"Pot"}`, code: 400, reason: "BadRequest"},
		"misspelt field": {method: "POST", path: pods + "?fieldValidation=Strict", body: `{"metadata":{"name":"a"},"spec":{"contaners":[]}}`, code: 400, reason: "BadRequest",
			message: `strict decoding error: unknown field "spec.contaners"`},
		"duplicate field": {method: "POST", path: pods + "?fieldValidation=Strict", body: `{"metadata":{"name":"a","name":"b"}}`, code: 400, reason: "BadRequest",
			message: `duplicate field "metadata.name"`},
		"unknown check of fields": {method: "POST", path: pods + "?fieldValidation=Loose", body: "{}", code: 422, reason: "Invalid",
			message: `CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "Loose": supported values: "", "Ignore", "Strict", "Warn"`},
		"all namespaces":    {method: "DELETE", path: "/api/v1/namespaces", code: 405, reason: "MethodNotAllowed"},
		"port of no number": {path: pods + "/two:web/proxy/", code: 400, reason: "BadRequest", message: `"web" is no port number`},
		"a version": {method: "POST", path: configMaps, body: `{"metadata":{"name":"a","resourceVersion":"5"}}`, code: 500,
			message: "resourceVersion should not be set on objects to be created"},
		"other namespace": {method: "POST", path: pods, body: `{"metadata":{"name":"a","namespace":"b"}}`, code: 400, reason: "BadRequest",
			message: "the namespace of the provided object does not match the namespace sent on the request"},
		"no name": {method: "POST", path: pods, body: `{}`, code: 422, reason: "Invalid",
			message: "metadata.name: Required value: name or generateName is required"},
		"bad name": {method: "POST", path: configMaps, body: `{"metadata":{"name":"a/b"}}`, code: 422, reason: "Invalid",
			message: `ConfigMap "a/b" is invalid: metadata.name: Invalid value: "a/b": a lowercase RFC 1123 subdomain`},
		"bad namespace": {method: "POST", path: "/api/v1/namespaces/A_B/pods", body: `{"metadata":{"name":"a"}}`, code: 422, reason: "Invalid",
			message: "metadata.namespace"},
		"dry run": {method: "POST", path: configMaps + "?dryRun=Some", body: `{"metadata":{"name":"a"}}`, code: 422, reason: "Invalid",
			message: `dryRun: Unsupported value: ["Some"]: supported values: "All"`},
		"too much": {method: "POST", path: pods, body: strings.Repeat(" ", 3<<20+1), code: 413, reason: "RequestEntityTooLarge"},
		"renaming": {method: "PUT", path: configMaps + "/a", body: `{"metadata":{"name":"b"}}`, code: 400, reason: "BadRequest",
			message: "the name of the object (b) does not match the name on the URL (a)"},
		"replacing nothing": {method: "PUT", path: configMaps + "/a", body: `{"metadata":{"name":"a"}}`, code: 404, reason: "NotFound"},

		"which container": {path: pods + "/two/log", code: 400, reason: "BadRequest",
			message: "a container name must be specified for pod two, choose one of: [setup main side]"},
		"no such container": {path: pods + "/two/log?container=x", code: 400, reason: "BadRequest", message: "container x is not valid for pod two"},
		"log of no pod":     {path: pods + "/none/log", code: 404, reason: "NotFound", message: `pods "none" not found`},
		"bad log options":   {path: pods + "/two/log?container=main&tailLines=-1", code: 422, reason: "Invalid", message: "must be greater than or equal to 0"},
		"no log yet": {path: pods + "/not-started/log", code: 400, reason: "BadRequest",
			message: `container "main" in pod "not-started" is waiting to start: ContainerCreating`},
		"failing node":    {path: pods + "/broken/log", code: 500, reason: "InternalError", message: "Internal error occurred: unexpected EOF"},
		"panicking node":  {path: pods + "/panics/log", code: 500, reason: "InternalError", message: "panic while serving GET " + pods + "/panics/log"},
		"exec of nothing": {method: "POST", path: pods + "/two/exec?container=main&stdout=true", code: 400, reason: "BadRequest", message: "at least one command"},
		"exec in silence": {method: "POST", path: pods + "/two/exec?container=main&command=ls", code: 400, reason: "BadRequest", message: "at least 1 of stdin, stdout, stderr"},
		"exec in what does not run": {method: "POST", path: pods + "/two/exec?container=side&command=ls&stdout=true", code: 500, reason: "InternalError",
			message: `container not found ("side")`},
		"exec in no pod": {method: "POST", path: pods + "/none/exec?command=ls&stdout=true", code: 404, reason: "NotFound"},
	} {
		t.Run(name, func(t *testing.T) {
			method := c.method
			if method == "" {
				method = http.MethodGet
			}
			response := api.do(method, c.path, c.body, c.headers...)
			status := into[metav1.Status](t, response)
			if response.StatusCode != c.code || status.Code != int32(c.code) || status.Reason != c.reason {
				t.Errorf("code %d, status %d %s; want %d %s (%s)", response.StatusCode, status.Code, status.Reason, c.code, c.reason, status.Message)
			}
			if status.Kind != "Status" || status.APIVersion != "v1" || status.Status != "Failure" || !strings.Contains(status.Message, c.message) {
				t.Errorf("%+v\nwant the message %q", status, c.message)
			}
		})
	}
	if pods, _ := api.store.Pods.List(""); len(pods) != 4 {
		t.Errorf("there are %d pods after the refusals, want 4", len(pods))
	}
}

func TestLogOptionsAreChecked(t *testing.T) {
	api := serve(t)
	api.havePod("a")
	for query, want := range map[string]int{
		"": 200, "follow=true&timestamps=true&previous=false&tailLines=0": 200, "stream=Stdout": 200, "limitBytes=1": 200,
		"limitBytes=0": 422, "sinceSeconds=0": 422, "sinceSeconds=1": 200, "sinceSeconds=1&sinceTime=2020-01-01T00:00:00Z": 422,
		"stream=Stdin": 422, "stream=Stderr&tailLines=1": 422, "tailLines=x": 400,
	} {
		if got := api.do("GET", "/api/v1/namespaces/default/pods/a/log?"+query, "").StatusCode; got != want {
			t.Errorf("log?%s: %d, want %d", query, got, want)
		}
	}
}

func TestTableRowsCarryWhatIsAskedFor(t *testing.T) {
	api := serve(t)
	api.havePod("a")
	for include, want := range map[string]string{
		"": "PartialObjectMetadata a no spec", "Metadata": "PartialObjectMetadata a no spec", "Object": "Pod a spec", "None": "",
	} {
		response := api.do("GET", "/api/v1/pods?includeObject="+include, "", "Accept", tableMedia)
		table := into[metav1.Table](t, response)
		if table.Kind != "Table" || table.APIVersion != "meta.k8s.io/v1" || table.ResourceVersion == "" || len(table.Rows) != 1 || len(table.ColumnDefinitions) != 9 {
			t.Fatalf("table: %+v", table)
		}
		got := ""
		if raw := table.Rows[0].Object.Raw; len(raw) > 0 && string(raw) != "null" {
			var pod corev1.Pod
			if err := json.Unmarshal(raw, &pod); err != nil {
				t.Fatal(err)
			}
			got = pod.Kind + " " + pod.Name + " no spec"
			if len(pod.Spec.Containers) > 0 {
				got = pod.Kind + " " + pod.Name + " spec"
			}
		}
		if got != want {
			t.Errorf("includeObject=%s: row carries %q, want %q", include, got, want)
		}
	}
}

func TestWatchedTablesNameTheirColumnsOnce(t *testing.T) {
	api := serve(t)
	for i := range 2 {
		api.havePod(fmt.Sprint("p", i))
	}
	response := api.do("GET", "/api/v1/pods?watch=true", "", "Accept", tableMedia)
	lines := bufio.NewReader(response.Body)
	for _, columns := range []int{9, 0} {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		var event struct {
			Type   string
			Object metav1.Table
		}
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatal(err)
		}
		if event.Type != "ADDED" || len(event.Object.ColumnDefinitions) != columns || len(event.Object.Rows) != 1 || event.Object.ResourceVersion == "" {
			t.Errorf("event %s, want %d columns", line, columns)
		}
	}
}

func TestYAMLBodiesAreRead(t *testing.T) {
	api := serve(t)
	response := api.do("POST", "/api/v1/namespaces/default/configmaps", "metadata: {name: a}\ndata: {k: v}\n", "Content-Type", "application/yaml")
	if created := into[corev1.ConfigMap](t, response); response.StatusCode != 201 || created.Data["k"] != "v" || created.Kind != "ConfigMap" {
		t.Errorf("%d %v", response.StatusCode, created)
	}
}

func TestDiscoveryInBothForms(t *testing.T) {
	api := serve(t)
	const aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
	for _, c := range []struct{ path, accept, contentType, kind string }{
		{"/api", "", "application/json", "APIVersions"},
		{"/apis", "", "application/json", "APIGroupList"},
		{"/apis", "application/vnd.kubernetes.protobuf" + strings.TrimPrefix(aggregated, "application/json"), "application/vnd.kubernetes.protobuf;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList", ""},
		{"/api/v1", "", "application/json", "APIResourceList"},
		{"/api", aggregated + ",application/json", aggregated, "APIGroupDiscoveryList"},
		{"/apis", aggregated + ";profile=nopeer," + aggregated + ",application/json", aggregated, "APIGroupDiscoveryList"},
	} {
		response := api.do("GET", c.path, "", "Accept", c.accept)
		body, _ := io.ReadAll(response.Body)
		if got := response.Header.Get("Content-Type"); got != c.contentType || c.kind != "" && !strings.Contains(string(body), `"kind":"`+c.kind+`"`) {
			t.Errorf("%s for %q: %s %s", c.path, c.accept, got, body)
		}
	}
	discovered := api.clients().Discovery()
	if version, err := discovered.ServerVersion(); err != nil || version.GitVersion != "v1.37.2" || version.Minor != "37" {
		t.Errorf("version: %v, %v", version, err)
	}
	_, lists, err := discovered.ServerGroupsAndResources()
	served := map[string]string{}
	for _, list := range lists {
		for _, r := range list.APIResources {
			served[list.GroupVersion+" "+r.Name] = strings.Join(r.Verbs, " ")
		}
	}
	if err != nil {
		t.Error(err)
	}
	const every = "create delete deletecollection get list patch update watch"
	for name, verbs := range map[string]string{
		"v1 pods": every, "v1 pods/status": "get patch update", "v1 pods/log": "get", "v1 pods/exec": "create get", "v1 namespaces/finalize": "get patch update",
		"v1 serviceaccounts/token": "create", "authentication.k8s.io/v1 tokenreviews": "create", "certificates.k8s.io/v1 clustertrustbundles": every,
		"coordination.k8s.io/v1 leases": every, "events.k8s.io/v1 events": every, "metrics.k8s.io/v1beta1 pods": "get list",
	} {
		if served[name] != verbs {
			t.Errorf("%s: %q, want %q", name, served[name], verbs)
		}
	}
}

func TestYAMLIsAnsweredToWhoAsksForIt(t *testing.T) {
	api := serve(t)
	api.havePod("a")
	for accept, want := range map[string]string{
		"application/yaml": "application/yaml", "application/yaml;q=0.5,application/json": "application/json", "*/*": "application/json",
	} {
		for path, kind := range map[string]string{"/a": "Pod", "": "PodList"} {
			response := api.do("GET", "/api/v1/namespaces/default/pods"+path, "", "Accept", accept)
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			var object metav1.TypeMeta
			if err := yaml.Unmarshal(body, &object); err != nil || object.Kind != kind || response.Header.Get("Content-Type") != want {
				t.Errorf("%s for %s: %s, %v\n%s", path, accept, response.Header.Get("Content-Type"), err, body)
			}
			if isJSON := json.Valid(body); isJSON != (want == "application/json") {
				t.Errorf("%s for %s is JSON: %v", path, accept, isJSON)
			}
		}
	}
}

func TestFieldsThatAreNotKnownAreWhatTheClientWantsThemToBe(t *testing.T) {
	const path, known = "/api/v1/namespaces/default/configmaps", `{"metadata":{"name":"a"},"data":{"k":"v"}}`
	warnings := []string{`299 - "unknown field \"date\""`, `299 - "duplicate field \"data\""`}
	for _, c := range []struct {
		method, check, body string
		code                int
		warnings            []string
	}{
		{"POST", "", `{"metadata":{"name":"b"},"date":1,"data":{},"data":{"k":"v"}}`, 201, warnings},
		{"POST", "Warn", `{"metadata":{"name":"b"},"date":1,"data":{},"data":{"k":"v"}}`, 201, warnings},
		{"POST", "Ignore", `{"metadata":{"name":"b"},"date":1,"data":{},"data":{"k":"v"}}`, 201, nil},
		{"POST", "Strict", `{"metadata":{"name":"b"},"date":1,"data":{},"data":{"k":"v"}}`, 400, nil},
		{"PATCH", "", `{"date":1}`, 200, warnings[:1]},
		{"PATCH", "Ignore", `{"date":1}`, 200, nil},
		{"PATCH", "Strict", `{"date":1}`, 422, nil},
	} {
		t.Run(c.method+" "+c.check, func(t *testing.T) {
			api := serve(t)
			api.do("POST", path, known)
			at, media := path, "application/json"
			if c.method == http.MethodPatch {
				at, media = path+"/a", mergePatch
			}
			if c.check != "" {
				at += "?fieldValidation=" + c.check
			}
			response := api.do(c.method, at, c.body, "Content-Type", media)
			if got := response.Header.Values("Warning"); response.StatusCode != c.code || !cmp.Equal(got, c.warnings) {
				t.Errorf("%d, warnings %q; want %d, %q", response.StatusCode, got, c.code, c.warnings)
			}
			if created := into[corev1.ConfigMap](t, response); response.StatusCode < 300 && created.Data["k"] != "v" {
				t.Errorf("stored: %+v", created)
			}
		})
	}
}

func TestClientsAreWarnedOfWhatTheEngineWillNotDo(t *testing.T) {
	api := serve(t)
	response := api.do("POST", "/api/v1/namespaces/default/pods",
		`{"metadata":{"name":"a","labels":{"warn":"x"}},"spec":{"containers":[{"name":"c","image":"i"}]}}`)
	if got := response.Header.Values("Warning"); response.StatusCode != 201 || !cmp.Equal(got, []string{`299 - "x"`}) {
		t.Errorf("%d, warnings %q", response.StatusCode, got)
	}
}

func TestWhatOnlyAServerSaysOfAnObjectIsNotTheClients(t *testing.T) {
	const meta = `{"name":"a","uid":"mine","selfLink":"/x","creationTimestamp":"2020-01-01T00:00:00Z",
		"deletionTimestamp":"2020-01-01T00:00:00Z","deletionGracePeriodSeconds":3}`
	for resource, rest := range map[string]string{"pods": `"spec":{"containers":[{"name":"main","image":"busybox:1.36"}]}`, "configmaps": `"data":{}`} {
		t.Run(resource, func(t *testing.T) {
			api := serve(t)
			path := "/api/v1/namespaces/default/" + resource
			response := api.do("POST", path, `{"metadata":`+meta+`,`+rest+`}`)
			object := into[metav1.PartialObjectMetadata](t, response)
			if response.StatusCode >= 300 || object.UID == "mine" || object.CreationTimestamp.Year() == 2020 ||
				object.DeletionTimestamp != nil || object.DeletionGracePeriodSeconds != nil || object.GetSelfLink() != "" {
				t.Errorf("%d %+v", response.StatusCode, object)
			}
			response = api.do("PATCH", path+"/a", `{"metadata":{"deletionTimestamp":"2020-01-01T00:00:00Z"}}`, "Content-Type", mergePatch)
			if status := into[metav1.Status](t, response); status.Code != 422 || !strings.Contains(status.Message, "metadata.deletionTimestamp") {
				t.Errorf("%+v", status)
			}
		})
	}
}

func TestHealthIsToldWhereClientsLookForIt(t *testing.T) {
	api := serve(t)
	for _, path := range []string{"/healthz", "/livez", "/readyz", "/healthz/ping"} {
		response := api.do(http.MethodGet, path, "")
		if body, err := io.ReadAll(response.Body); response.StatusCode != http.StatusOK || string(body) != "ok" || err != nil {
			t.Errorf("%s: %s, %q, %v", path, response.Status, body, err)
		}
	}
}

// Clients compare what they created with what they find in lists.
func TestItemsOfListsDoNotSayTheirKind(t *testing.T) {
	api := serve(t)
	api.havePod("a")
	body, err := io.ReadAll(api.do("GET", "/api/v1/namespaces/default/pods", "").Body)
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Kind  string
		Items []map[string]any
	}
	if err := json.Unmarshal(body, &list); err != nil || list.Kind != "PodList" || len(list.Items) != 1 {
		t.Fatalf("%s, %v", body, err)
	}
	if kind, version := list.Items[0]["kind"], list.Items[0]["apiVersion"]; kind != nil || version != nil {
		t.Errorf("an item is a %v of %v", kind, version)
	}
	if one := list.Items[0]["metadata"].(map[string]any)["name"]; one != "a" {
		t.Errorf("the item is %v", one)
	}
}
