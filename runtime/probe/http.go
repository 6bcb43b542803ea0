package probe

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/httpget"
)

// userAgent is how the probes of a kubelet introduce themselves (S6.34, S6.41).
const userAgent = "kube-probe/1.37"

// tlsHandshakeTimeout bounds a TLS handshake within a probe that has more time than that.
const tlsHandshakeTimeout = 10 * time.Second

// HTTP makes one attempt of an httpGet probe (S6C). The context's deadline is the probe's timeout; it covers the body. An error is an
// attempt that did not run: its port could not be resolved, the body broke off or did not come in time, or the context was cancelled.
func HTTP(ctx context.Context, dial Dial, action *corev1.HTTPGetAction, c *corev1.Container, podIP string) (Outcome, error) {
	request, err := httpget.NewRequest(action, c, podIP, userAgent)
	if err != nil {
		return Outcome{}, err
	}
	attempt, end := untimed(ctx)
	defer end()
	client := http.Client{
		Transport:     httpTransport(attempt, dial, action),
		CheckRedirect: httpget.SameHost,
		Timeout:       timeLeft(ctx),
	}
	response, err := client.Do(request.WithContext(attempt))
	if err != nil {
		if errors.Is(ctx.Err(), context.Canceled) {
			return Outcome{}, ctx.Err()
		}
		return failed("%v", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, httpget.MaxBody))
	if err != nil {
		return Outcome{}, err
	}
	return judge(response.StatusCode, string(body))
}

// judge is what an answer means (S6.31, S6.32). A redirect is the last answer only where it was not followed.
func judge(statusCode int, body string) (Outcome, error) {
	switch {
	case statusCode >= 200 && statusCode < 300:
		return Outcome{Answer: Success, Output: body}, nil
	case statusCode >= 300 && statusCode < 400:
		return Outcome{Answer: Warning, Output: "Probe terminated redirects, Response body: " + body}, nil
	default:
		return failed("HTTP probe failed with statuscode: %d", statusCode)
	}
}

// httpTransport carries the requests of one attempt, each on a connection of its own. An HTTPS server may choose HTTP/2; plain HTTP is
// HTTP/1.1 unless the action asks for HTTP/2 (S6.35).
func httpTransport(ctx context.Context, dial Dial, action *corev1.HTTPGetAction) *http.Transport {
	transport := httpget.Transport(ctx, lingering(dial))
	transport.DisableKeepAlives = true
	transport.DisableCompression = true
	transport.ForceAttemptHTTP2 = true
	transport.TLSHandshakeTimeout = tlsHandshakeTimeout
	if action.Protocol != nil && *action.Protocol == corev1.HTTPProtocolHTTP2 {
		transport.Protocols = new(http.Protocols)
		transport.Protocols.SetUnencryptedHTTP2(true)
	}
	return transport
}

// timeLeft is the time until the context's deadline, and 0 if it has none. It is never 0 for a deadline that has passed.
func timeLeft(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return 0
	}
	return max(time.Until(deadline), 1)
}

// untimed is the context without its deadline: it ends when ctx is cancelled, and when the attempt is over. So it is the http.Client that
// ends an attempt whose time is up, and its error says so in the words of events (S6.31).
func untimed(ctx context.Context) (attempt context.Context, end func()) {
	attempt, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.Canceled) {
			cancel()
		}
	})
	return attempt, func() {
		stop()
		cancel()
	}
}
