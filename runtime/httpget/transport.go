package httpget

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
)

// MaxBody is how much of an answer's body is read, in bytes (S6.33).
const MaxBody = 10 << 10

// Dial connects into the pod, as net.Dialer's DialContext does.
type Dial = func(ctx context.Context, network, address string) (net.Conn, error)

// Transport carries the requests of one attempt. It verifies no certificate and knows no proxy (S6.34, S6.35). A connection that is
// still being made when the context ends is given up; net/http would go on with it.
func Transport(ctx context.Context, dial Dial) *http.Transport {
	return &http.Transport{
		DialContext: func(_ context.Context, network, address string) (net.Conn, error) {
			return dial(ctx, network, address)
		},
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
	}
}

// maxRedirects is how many redirects are followed before a request has failed (S6.32).
const maxRedirects = 10

// SameHost is an http.Client's CheckRedirect. It follows redirects within the host that was asked first, whatever the port; the answer
// that points elsewhere is the last one (S6.32).
func SameHost(next *http.Request, made []*http.Request) error {
	if next.URL.Hostname() != made[0].URL.Hostname() {
		return http.ErrUseLastResponse
	}
	if len(made) >= maxRedirects {
		return errors.New("stopped after 10 redirects")
	}
	return nil
}
