package endpoint

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"k8s.io/client-go/rest"
)

// Config is the client configuration for the node of a state directory. It says http and a host that is never looked up:
// every connection goes to the node's socket. Executors of client-go that open connections of their own ignore that; use
// Executor.
func Config(dir string) *rest.Config {
	return &rest.Config{
		Host: "http://podsim",
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socketPath(dir))
		},
		QPS: -1, // no limit: the node is the user's own
	}
}

// ErrSilent is the error of Ping when a node has the socket and does not answer.
var ErrSilent = errors.New("podsim's node does not answer")

// versionPath is what every node answers.
const versionPath = "/version"

// pingLimit is how long Ping waits for a node that listens and does not answer: it may be taking over pods.
const pingLimit = 10 * time.Second

// Ping returns nil when a node answers. It waits ten seconds, within the context, for one that listens and does not answer
// yet; then the error is ErrSilent, wrapped, and says what can be done.
func Ping(ctx context.Context, dir string) error { return ping(ctx, dir, pingLimit) }

func ping(ctx context.Context, dir string, limit time.Duration) error {
	_, err := identify(ctx, dir, limit)
	return err
}

func identify(ctx context.Context, dir string, limit time.Duration) (Identity, error) {
	silent := fmt.Errorf("%w within %v: if it is stopped (Ctrl-Z), go on with it (fg, or kill -CONT); if it hangs, end it (kill -KILL; its pods stay, "+
		"and the next command takes them over); pgrep -a podsim finds it, and its log is %s", ErrSilent, limit, LogPath(dir))
	ctx, cancel := context.WithTimeoutCause(ctx, limit, silent)
	defer cancel()
	response, err := request(ctx, dir, http.MethodGet, versionPath)
	if cause := context.Cause(ctx); err != nil && errors.Is(cause, ErrSilent) {
		return Identity{}, cause
	}
	if err != nil {
		return Identity{}, fmt.Errorf("asking the node for its version: %w", err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return Identity{}, fmt.Errorf("asking the node for its version: it answered %s", response.Status)
	}
	return identityIn(response.Header), nil
}

// request asks the node over a connection of its own. The caller closes the body of the response.
func request(ctx context.Context, dir, method, path string) (*http.Response, error) {
	transport := &http.Transport{DialContext: Config(dir).Dial, DisableKeepAlives: true}
	r, err := http.NewRequestWithContext(ctx, method, "http://podsim"+path, nil)
	if err != nil {
		return nil, err
	}
	return transport.RoundTrip(r)
}
