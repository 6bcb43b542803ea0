package httpget

import (
	"context"
	"net"
	"net/http"
	"testing"
)

func TestRedirectsAreFollowedWithinTheHost(t *testing.T) {
	first := request(t, "http://10.0.0.5:8080/")
	for name, test := range map[string]struct {
		next string
		made int
		want string
	}{
		"another path":    {"http://10.0.0.5:8080/login", 1, ""},
		"another port":    {"https://10.0.0.5:8443/", 1, ""},
		"another host":    {"http://10.0.0.6:8080/", 1, http.ErrUseLastResponse.Error()},
		"the ninth time":  {"http://10.0.0.5:8080/", 9, ""},
		"the tenth time":  {"http://10.0.0.5:8080/", 10, "stopped after 10 redirects"},
		"away at the end": {"http://10.0.0.6:8080/", 10, http.ErrUseLastResponse.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			made := make([]*http.Request, test.made)
			for i := range made {
				made[i] = first
			}
			if got := text(SameHost(request(t, test.next), made)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestDialingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	begun, ended := make(chan struct{}), make(chan struct{})
	transport := Transport(ctx, func(ctx context.Context, _, _ string) (net.Conn, error) {
		close(begun)
		<-ctx.Done()
		close(ended)
		return nil, ctx.Err()
	})
	go func() {
		<-begun
		cancel()
	}()
	// The request's own context lives on: net/http would leave the connection in the making to its fate.
	if _, err := transport.RoundTrip(request(t, "http://10.0.0.5:8080/")); err == nil {
		t.Error("an answer without a connection")
	}
	<-ended
}

func request(t *testing.T, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
