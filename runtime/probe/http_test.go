package probe

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func TestHTTPAnswers(t *testing.T) { // (S6.30 to S6.33)
	mux := http.NewServeMux()
	mux.HandleFunc("/status/{code}", func(w http.ResponseWriter, r *http.Request) {
		var code int
		fmt.Sscan(r.PathValue("code"), &code)
		w.WriteHeader(code)
		io.WriteString(w, "the body")
	})
	mux.HandleFunc("/query", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.RawQuery) })
	mux.HandleFunc("/to", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", r.URL.Query().Get("url"))
		w.WriteHeader(http.StatusFound)
		io.WriteString(w, "that way")
	})
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	mux.HandleFunc("/endless", func(w http.ResponseWriter, _ *http.Request) {
		for err := error(nil); err == nil; _, err = io.WriteString(w, "and so on, ") {
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	another := httptest.NewServer(mux) // the same host, another port
	t.Cleanup(another.Close)

	for path, want := range map[string]Outcome{
		"/status/200":         {Success, "the body"},
		"/status/299":         {Success, "the body"},
		"/status/400":         {Failure, "HTTP probe failed with statuscode: 400"},
		"/status/500":         {Failure, "HTTP probe failed with statuscode: 500"},
		"/query?a=1&b":        {Success, "a=1&b"},
		"/endless":            {Success, strings.Repeat("and so on, ", MaxOutput)[:MaxOutput]},
		"/loop":               {Failure, `Get "/loop": stopped after 10 redirects`},
		"/to?url=/missing":    {Failure, "HTTP probe failed with statuscode: 404"},
		"/to?url=/status/200": {Success, "the body"},
		"/to?url=" + url.QueryEscape(another.URL+"/status/201"):   {Success, "the body"},
		"/to?url=" + url.QueryEscape("http://10.0.0.6/"):          {Warning, "Probe terminated redirects, Response body: that way"},
		"/to?url=" + url.QueryEscape("http://localhost:1/status"): {Warning, "Probe terminated redirects, Response body: that way"},
	} {
		t.Run(path, func(t *testing.T) {
			got, err := get(t, server.Listener, corev1.HTTPGetAction{Path: path})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestHTTPFailsInTheWordsOfTheConnection(t *testing.T) { // (S6.31)
	listener := listen(t)
	listener.Close()
	got, err := get(t, listener, corev1.HTTPGetAction{Path: "/healthz"})
	address := listener.Addr().String()
	want := Outcome{Failure, fmt.Sprintf(`Get "http://%s/healthz": dial tcp %s: connect: connection refused`, address, address)}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestHTTPFailsWithoutAnAnswerInTime(t *testing.T) { // (S6.31, S6.33)
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(silent.Close)
	past, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	t.Cleanup(cancel)
	for name, test := range map[string]struct {
		ctx  context.Context
		dial Dial
	}{
		"no answer": {within(t, 20*time.Millisecond), func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, silent.Listener.Addr().String())
		}},
		"no connection":    {within(t, 20*time.Millisecond), unreachable},
		"no time was left": {past, unreachable},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := HTTP(test.ctx, test.dial, &corev1.HTTPGetAction{Path: "/", Port: intstr.FromInt32(8080)}, &corev1.Container{}, "10.0.0.5")
			want := Outcome{Failure, `Get "http://10.0.0.5:8080/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`}
			if err != nil || got != want {
				t.Errorf("got %+v, %v, want %+v", got, err, want)
			}
		})
	}
}

func TestHTTPDidNotRunWithoutTheWholeBody(t *testing.T) { // (S6.33)
	mux := http.NewServeMux()
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	mux.HandleFunc("/broken", func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Content-Length", "100") })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	for path, want := range map[string]string{
		"/slow":   "context deadline exceeded (Client.Timeout or context cancellation while reading body)",
		"/broken": "unexpected EOF",
	} {
		t.Run(path, func(t *testing.T) {
			ctx := within(t, 200*time.Millisecond)
			got, err := HTTP(ctx, new(net.Dialer).DialContext, &corev1.HTTPGetAction{Path: path, Port: portOf(server.Listener)}, &corev1.Container{}, "127.0.0.1")
			if err == nil || err.Error() != want {
				t.Errorf("got %+v, %v, want the error %q", got, err, want)
			}
		})
	}
}

// asked is what a server sees of a request.
type asked struct {
	Proto, Host string
	Close       bool
	Header      http.Header
}

func TestHTTPServersSeeAKubelet(t *testing.T) { // (S6.34, S6.35)
	seen := make(chan asked, 1)
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen <- asked{r.Proto, r.Host, r.Close, r.Header} })
	plain := httptest.NewServer(handler)
	t.Cleanup(plain.Close)
	secure := httptest.NewTLSServer(handler)
	t.Cleanup(secure.Close)
	secure2 := httptest.NewUnstartedServer(handler)
	secure2.EnableHTTP2 = true
	secure2.StartTLS()
	t.Cleanup(secure2.Close)
	cleartext2 := httptest.NewUnstartedServer(handler)
	cleartext2.Config.Protocols = new(http.Protocols)
	cleartext2.Config.Protocols.SetUnencryptedHTTP2(true)
	cleartext2.Start()
	t.Cleanup(cleartext2.Close)
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")

	http1, http2 := corev1.HTTPProtocolHTTP1, corev1.HTTPProtocolHTTP2
	usual := http.Header{"User-Agent": {"kube-probe/1.37"}, "Accept": {"*/*"}}
	once := http.Header{"User-Agent": {"kube-probe/1.37"}, "Accept": {"*/*"}, "Connection": {"close"}}
	for name, test := range map[string]struct {
		server *httptest.Server
		action corev1.HTTPGetAction
		want   asked
	}{
		"in plain HTTP":       {plain, corev1.HTTPGetAction{}, asked{"HTTP/1.1", plain.Listener.Addr().String(), true, once}},
		"in HTTP/1 by name":   {plain, corev1.HTTPGetAction{Protocol: &http1}, asked{"HTTP/1.1", plain.Listener.Addr().String(), true, once}},
		"over TLS":            {secure, corev1.HTTPGetAction{Scheme: corev1.URISchemeHTTPS}, asked{"HTTP/1.1", secure.Listener.Addr().String(), true, once}},
		"over TLS, in HTTP/2": {secure2, corev1.HTTPGetAction{Scheme: corev1.URISchemeHTTPS}, asked{"HTTP/2.0", secure2.Listener.Addr().String(), false, usual}},
		"in plain HTTP/2":     {cleartext2, corev1.HTTPGetAction{Protocol: &http2}, asked{"HTTP/2.0", cleartext2.Listener.Addr().String(), false, usual}},
		"with headers": {plain, corev1.HTTPGetAction{HTTPHeaders: []corev1.HTTPHeader{
			{Name: "host", Value: "example.test"}, {Name: "user-agent"}, {Name: "accept"}, {Name: "x-a", Value: "1"}, {Name: "X-A", Value: "2"}}},
			asked{"HTTP/1.1", "example.test", true, http.Header{"X-A": {"1", "2"}, "Connection": {"close"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := get(t, test.server.Listener, test.action)
			if err != nil || got.Answer != Success {
				t.Fatalf("got %+v, %v", got, err)
			}
			if diff := cmp.Diff(test.want, <-seen); diff != "" {
				t.Errorf("the server saw (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHTTPLeavesNothingBehind(t *testing.T) {
	http2 := corev1.HTTPProtocolHTTP2
	for name, protocol := range map[string]*corev1.HTTPProtocol{"HTTP/1.1": nil, "HTTP/2": &http2} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // which fails where goroutines are left
				listener := newPipes()
				server := &http.Server{Handler: http.NotFoundHandler(), Protocols: new(http.Protocols)}
				server.Protocols.SetHTTP1(protocol == nil)
				server.Protocols.SetUnencryptedHTTP2(protocol != nil)
				open := make(chan http.ConnState, 100)
				server.ConnState = func(_ net.Conn, state http.ConnState) { open <- state }
				go server.Serve(listener)
				got, err := HTTP(within(t, time.Second), listener.Dial, &corev1.HTTPGetAction{Port: intstr.FromInt32(80), Protocol: protocol}, &corev1.Container{}, "10.0.0.5")
				if want := (Outcome{Failure, "HTTP probe failed with statuscode: 404"}); err != nil || got != want {
					t.Errorf("got %+v, %v, want %+v", got, err, want)
				}
				begin := time.Now()
				for state := range open { // the client's doing: the server would wait for ever
					if state == http.StateClosed {
						break
					}
				}
				if waited := time.Since(begin); waited != 0 {
					t.Errorf("the connection stayed for %v", waited)
				}
				server.Close()
			})
		})
	}
}

func BenchmarkHTTP(b *testing.B) {
	handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	for name, start := range map[string]func(http.Handler) *httptest.Server{"http": httptest.NewServer, "https": httptest.NewTLSServer} {
		b.Run(name, func(b *testing.B) {
			server := start(handler)
			defer server.Close()
			action := &corev1.HTTPGetAction{Path: "/", Port: portOf(server.Listener), Scheme: corev1.URIScheme(name)}
			for b.Loop() {
				if got, err := HTTP(within(b, time.Minute), new(net.Dialer).DialContext, action, &corev1.Container{}, "127.0.0.1"); err != nil || got.Answer != Success {
					b.Fatal(got, err)
				}
			}
		})
	}
}

// get makes an attempt of the action against the listener's port.
func get(t testing.TB, listener net.Listener, action corev1.HTTPGetAction) (Outcome, error) {
	action.Port = portOf(listener)
	return HTTP(within(t, time.Minute), new(net.Dialer).DialContext, &action, &corev1.Container{}, "127.0.0.1")
}
