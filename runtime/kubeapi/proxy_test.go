package kubeapi_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// haveWebPod puts a pod into the store that tells at port 80, at port 443 with TLS and at its first port 8080 what it is asked for.
func (a *api) haveWebPod(name string) *corev1.Pod {
	a.t.Helper()
	tell := func(port string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.WriteHeader(http.StatusTeapot)
			fmt.Fprintf(w, "%s: %s %s %s", port, r.Method, r.URL, body)
		})
	}
	plain, other, tls := httptest.NewServer(tell("80")), httptest.NewServer(tell("8080")), httptest.NewTLSServer(tell("443"))
	a.t.Cleanup(func() { plain.Close(); other.Close(); tls.Close() })
	a.node.serves = map[uint16]string{
		80: plain.Listener.Addr().String(), 443: tls.Listener.Addr().String(), 8080: other.Listener.Addr().String(),
	}
	return a.havePod(name, func(pod *corev1.Pod) {
		pod.Spec.Containers[0].Ports = []corev1.ContainerPort{{ContainerPort: 8080}}
		pod.Status.PodIP = "10.0.0.7"
	})
}

// haveEndpoint has the pod be what is behind a Service with ports 8000, "web", and 9000, "none".
func (a *api) haveEndpoint(service string, pod *corev1.Pod) {
	a.t.Helper()
	_, err := a.clients().CoreV1().Services("default").Create(a.t.Context(), &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: service},
		Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: "web", Port: 8000}, {Name: "none", Port: 9000}}},
	}, metav1.CreateOptions{})
	if err != nil {
		a.t.Fatal(err)
	}
	ready, unready := true, false
	_, err = a.store.EndpointSlices.Create(&discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Namespace: "default", Name: service + "-1", Labels: map[string]string{discoveryv1.LabelServiceName: service}},
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{{Name: new("web"), Port: new(int32(80))}},
		Endpoints: []discoveryv1.Endpoint{
			{Addresses: []string{"10.0.0.7"}, Conditions: discoveryv1.EndpointConditions{Ready: &ready},
				TargetRef: &corev1.ObjectReference{Kind: "Pod", Namespace: "default", Name: pod.Name}},
			{Addresses: []string{"10.0.0.8"}, Conditions: discoveryv1.EndpointConditions{Ready: &unready},
				TargetRef: &corev1.ObjectReference{Kind: "Pod", Namespace: "default", Name: "other"}},
			{Addresses: []string{"10.0.0.9"}, Conditions: discoveryv1.EndpointConditions{Ready: &ready}},
		},
	})
	if err != nil {
		a.t.Fatal(err)
	}
}

func TestPodsAndServicesAreProxiedTo(t *testing.T) {
	api := serve(t)
	api.haveEndpoint("front", api.haveWebPod("a"))
	for _, c := range []struct {
		method, path, body string
		code               int
		want               string
	}{
		{"GET", "pods/a/proxy", "", 418, "8080: GET / "}, // after a redirection to the path with a slash, so that relative links work
		{"GET", "pods/a/proxy/", "", 418, "8080: GET / "},
		{"GET", "pods/a:80/proxy/one/two?x=y", "", 418, "80: GET /one/two?x=y "},
		{"GET", "pods/https:a:443/proxy/one/", "", 418, "443: GET /one/ "},
		{"POST", "pods/a/proxy/form", "data", 418, "8080: POST /form data"},
		{"DELETE", "pods/http:a:80/proxy/form", "", 418, "80: DELETE /form "},
		{"PATCH", "pods/a:80/proxy/form", "data", 418, "80: PATCH /form data"},
		{"GET", "pods/a:81/proxy/", "", 503, "connection refused"},
		{"GET", "pods/b/proxy/", "", 404, `pods \"b\" not found`},
		{"GET", "pods/ftp:a:80/proxy/", "", 400, "invalid request"},
		{"GET", "services/front:web/proxy/x", "", 418, "80: GET /x "},
		{"GET", "services/http:front:8000/proxy/x", "", 418, "80: GET /x "},
		{"PUT", "services/front:web/proxy/x", "data", 418, "80: PUT /x data"},
		{"GET", "services/front:none/proxy/x", "", 503, `no endpoints available for service \"front\"`},
		{"GET", "services/front:81/proxy/x", "", 503, `no service port 81 found for service \"front\"`},
		{"GET", "services/back/proxy/x", "", 503, `no endpoints available for service \"back\"`},
	} {
		response := api.do(c.method, "/api/v1/namespaces/default/"+c.path, c.body)
		body, err := io.ReadAll(response.Body)
		if response.StatusCode != c.code || err != nil || !strings.Contains(string(body), c.want) {
			t.Errorf("%s %s: %s %s, %v; want %d and %q", c.method, c.path, response.Status, body, err, c.code, c.want)
		}
	}
	api.havePod("new") // has no address yet
	response := api.do("GET", "/api/v1/namespaces/default/pods/new/proxy/", "")
	if body, _ := io.ReadAll(response.Body); response.StatusCode != 400 || !strings.Contains(string(body), "address not allowed") {
		t.Errorf("%s %s", response.Status, body)
	}
}

// TestConnectionsAreUpgradedThroughTheProxy, as those of WebSockets.
func TestConnectionsAreUpgradedThroughTheProxy(t *testing.T) {
	api := serve(t)
	api.haveWebPod("a")
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: %s\r\n\r\n", r.Header.Get("Upgrade"))
		line, _ := buffered.ReadString('\n')
		_, _ = io.WriteString(conn, strings.ToUpper(line))
	}))
	defer echo.Close()
	api.node.serves[80] = echo.Listener.Addr().String()

	request, err := http.NewRequest("GET", api.URL+"/api/v1/namespaces/default/pods/a:80/proxy/", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Connection", "Upgrade")
	request.Header.Set("Upgrade", "shouting")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusSwitchingProtocols {
		body, _ := io.ReadAll(response.Body)
		t.Fatalf("%s %s", response.Status, body)
	}
	if _, err := io.WriteString(response.Body.(io.Writer), "hello\n"); err != nil {
		t.Fatal(err)
	}
	if answer, err := io.ReadAll(response.Body); string(answer) != "HELLO\n" || err != nil {
		t.Errorf("%q, %v", answer, err)
	}
}
