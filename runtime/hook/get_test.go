package hook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const beginning = `HTTP lifecycle hook (/stop) for Container "c" in Pod "p_default(u1)" failed - error: `

func TestAnyAnswerWillDo(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"a good one": func(http.ResponseWriter, *http.Request) {},
		"500":        func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"a way out": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://10.0.0.6/", http.StatusFound)
		},
		"one without end":  func(w http.ResponseWriter, _ *http.Request) { endless(w) },
		"one cut short":    func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "100") },
		"a long one, late": late,
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(answer)
			t.Cleanup(server.Close)
			if err := Run(t.Context(), hook(server, corev1.URISchemeHTTP), reachable(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// endless writes until the other side has had enough.
func endless(w io.Writer) {
	for err := error(nil); err == nil; _, err = io.WriteString(w, "and so on, ") {
	}
}

// late announces more than anyone reads, and does not send it.
func late(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Length", "1000000")
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}

func TestOnlyTheConnectionFails(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	address := gone.Listener.Addr().String()
	loop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/stop", http.StatusFound) }))
	t.Cleanup(loop.Close)
	named := hook(gone, corev1.URISchemeHTTP)
	named.HTTPGet.Port = intstr.FromString("x")
	hostless := reachable(t)
	hostless.Pod.Spec.HostNetwork = true
	for name, test := range map[string]struct {
		handler *corev1.LifecycleHandler
		in      Input
		want    string
	}{
		"refused":            {hook(gone, corev1.URISchemeHTTP), reachable(t), beginning + fmt.Sprintf(`Get "http://%s/stop": dial tcp %s: connect: connection refused`, address, address)},
		"redirected too far": {hook(loop, corev1.URISchemeHTTP), reachable(t), beginning + `Get "/stop": stopped after 10 redirects`},
		"no such port":       {named, reachable(t), beginning + `port "x" not found`},
		"no address":         {hook(gone, corev1.URISchemeHTTP), input(), beginning + "failed to find networking container: p_default(u1)"},
		"the host's network": {hook(gone, corev1.URISchemeHTTP), hostless, beginning + "failed to find networking container: p_default(u1)"},
		"TLS, but no answer": {hook(gone, corev1.URISchemeHTTPS), reachable(t), beginning + fmt.Sprintf(`Get "https://%s/stop": dial tcp %s: connect: connection refused`, address, address)},
	} {
		t.Run(name, func(t *testing.T) {
			if got := text(Run(t.Context(), test.handler, test.in)); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestHostOfTheActionIsAskedOnTheHostsNetwork(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	in, handler := reachable(t), hook(server, corev1.URISchemeHTTP)
	in.Pod.Spec.HostNetwork = true
	in.PodIP, handler.HTTPGet.Host = "", "127.0.0.1"
	if err := Run(t.Context(), handler, in); err != nil {
		t.Error(err)
	}
}

func TestHookEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	err := Run(ctx, hook(server, corev1.URISchemeHTTP), reachable(t))
	if want := beginning + `Get "http://` + server.Listener.Addr().String() + `/stop": context canceled`; text(err) != want || !errors.Is(err, context.Canceled) {
		t.Errorf("got %q, want %q", text(err), want)
	}
}

func TestServersSeeAKubelet(t *testing.T) {
	seen := make(chan http.Header, 1)
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen <- r.Header })
	plain := httptest.NewServer(handler)
	t.Cleanup(plain.Close)
	secure := httptest.NewTLSServer(handler)
	t.Cleanup(secure.Close)
	usual := http.Header{"User-Agent": {"kube-lifecycle/1.37"}, "Accept": {"*/*"}, "Accept-Encoding": {"gzip"}, "Authorization": {"Basic eA=="}}
	fallback := usual.Clone()
	fallback.Del("Authorization")
	for name, test := range map[string]struct {
		server   *httptest.Server
		scheme   corev1.URIScheme
		want     http.Header
		warnings []string
	}{
		"in plain HTTP": {plain, corev1.URISchemeHTTP, usual, nil},
		"over TLS":      {secure, corev1.URISchemeHTTPS, usual, nil},
		"in plain HTTP after all": {plain, corev1.URISchemeHTTPS, fallback, []string{"Warning LifecycleHTTPFallback request to HTTPS lifecycle hook " +
			plain.Listener.Addr().String() + " got HTTP response, retry with HTTP succeeded"}},
	} {
		t.Run(name, func(t *testing.T) {
			in, handler := reachable(t), hook(test.server, test.scheme)
			var warnings []string
			in.Warn = func(eventType, reason, message string) {
				warnings = append(warnings, strings.Join([]string{eventType, reason, message}, " "))
			}
			handler.HTTPGet.HTTPHeaders = []corev1.HTTPHeader{{Name: "authorization", Value: "Basic eA=="}}
			if err := Run(t.Context(), handler, in); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, <-seen); diff != "" {
				t.Errorf("the server saw (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.warnings, warnings); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFailingFallbackTellsOfTheFirstFailure(t *testing.T) {
	var answered atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		answered.Store(true)
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(server.Close)
	err := Run(t.Context(), hook(server, corev1.URISchemeHTTPS), reachable(t))
	want := beginning + `Get "https://` + server.Listener.Addr().String() + `/stop": http: server gave HTTP response to HTTPS client`
	if text(err) != want || !answered.Load() {
		t.Errorf("got %q, want %q after another question (%t)", text(err), want, answered.Load())
	}
}

// reachable is the input of a hook in a pod at 127.0.0.1, whose warnings are failures of the test.
func reachable(t *testing.T) Input {
	in := input()
	in.PodIP = "127.0.0.1"
	in.Dial = new(net.Dialer).DialContext
	in.Warn = func(_, _, message string) { t.Errorf("warned: %s", message) }
	return in
}

// hook asks a server for /stop.
func hook(server *httptest.Server, scheme corev1.URIScheme) *corev1.LifecycleHandler {
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	number := intstr.Parse(port)
	return &corev1.LifecycleHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/stop", Port: number, Scheme: scheme}}
}
