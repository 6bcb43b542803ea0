package kubeapi

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/util/proxy"
	"k8s.io/cri-streaming/pkg/streaming/portforward"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	"k8s.io/streaming/pkg/httpstream/wsstream"
)

// portForward connects a client with ports of a pod, over SPDY, over SPDY within a WebSocket, or over a WebSocket.
func portForward(config Config) action {
	return func(w http.ResponseWriter, r *http.Request, key types.NamespacedName) error {
		pod, err := config.Store.Pods.Get(key)
		if err != nil {
			return err
		}
		tunnelled := wsstream.IsWebSocketRequestWithTunnelingProtocol(r)
		options := &portforward.V4Options{}
		if !tunnelled {
			if options, err = portforward.NewV4Options(withPorts(r)); err != nil {
				return apierrors.NewBadRequest(err.Error())
			}
		}
		ctx, leave := context.WithCancel(r.Context())
		defer leave()
		serve := http.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if tunnelled {
				w = &relayed{ResponseWriter: w}
			}
			portforward.ServePortForward(w, r, portForwarder{ctx, config.Node, key}, key.Name, string(pod.UID), options,
				streamIdleTimeout, remotecommand.DefaultStreamCreationTimeout, portforward.SupportedProtocols)
		}))
		if tunnelled {
			serve = proxy.NewTunnelingHandler(serve)
		}
		serve.ServeHTTP(leavable{bounded{w, ctx}, leave}, r.WithContext(ctx))
		return nil
	}
}

// withPorts is the request with the ports that a client names under the name that a kubelet has for them.
func withPorts(r *http.Request) *http.Request {
	at := *r.URL
	at.RawQuery = url.Values{portforward.PortHeader: r.URL.Query()["ports"]}.Encode()
	renamed := r.Clone(r.Context())
	renamed.URL = &at
	return renamed
}

// bounded is a response whose connection is closed when the context ends, which whoever waits for the client's next stream does not see.
type bounded struct {
	http.ResponseWriter
	ctx context.Context
}

// Hijack hands the connection out.
func (b bounded) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(b.ResponseWriter).Hijack()
	if err == nil {
		context.AfterFunc(b.ctx, func() { _ = conn.Close() }) // it may be closed already
	}
	return conn, buffered, err
}

// relayed is a response within a WebSocket. Whoever tunnels it expects the answer to an upgrade on the connection, as a proxy relays it, and
// not to be told of it.
type relayed struct {
	http.ResponseWriter
	upgraded bool
}

// WriteHeader keeps the answer to an upgrade back.
func (r *relayed) WriteHeader(code int) {
	if r.upgraded = code == http.StatusSwitchingProtocols; !r.upgraded {
		r.ResponseWriter.WriteHeader(code)
	}
}

// Hijack writes the answer, if one was kept back, and hands the connection out.
func (r *relayed) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, _, err := http.NewResponseController(r.ResponseWriter).Hijack() // the tunnel buffers nothing
	if err != nil {
		return nil, nil, err
	}
	buffered := bufio.NewReadWriter(bufio.NewReader(conn), bufio.NewWriter(conn))
	if !r.upgraded {
		return conn, buffered, nil
	}
	var answer bytes.Buffer
	fmt.Fprintf(&answer, "HTTP/1.1 %d %s\r\n", http.StatusSwitchingProtocols, http.StatusText(http.StatusSwitchingProtocols))
	_ = r.Header().Write(&answer) // a buffer takes everything
	answer.WriteString("\r\n")
	if _, err := conn.Write(answer.Bytes()); err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	return conn, buffered, nil
}

// portForwarder makes the connections of one request.
type portForwarder struct {
	ctx  context.Context // ends when the client leaves, of which PortForward is not told
	node Node
	pod  types.NamespacedName
}

// forwardGrace is how long one direction of a connection goes on after the other one has ended, as under containerd.
const forwardGrace = time.Second

// PortForward implements portforward.PortForwarder.
func (f portForwarder) PortForward(_ context.Context, _, _ string, port int32, stream io.ReadWriteCloser) error {
	defer stream.Close()
	conn, err := f.node.DialPod(f.ctx, f.pod.Namespace, f.pod.Name, uint16(port))
	if err != nil {
		return err
	}
	defer conn.Close()
	ended := make(chan error, 2)
	go func() {
		_, err := io.Copy(stream, conn)
		ended <- err
	}()
	go func() {
		_, err := io.Copy(conn, stream)
		if half, ok := conn.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite() // it may be closed as a whole
		}
		ended <- err
	}()
	select {
	case err = <-ended:
	case <-f.ctx.Done():
		return nil
	}
	select {
	case second := <-ended:
		if err == nil {
			err = second
		}
	case <-time.After(forwardGrace):
	case <-f.ctx.Done():
	}
	if err != nil && !isClosed(err) {
		return err
	}
	return nil
}

// isClosed reports whether a connection ended because one of its ends went away.
func isClosed(err error) bool {
	return errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
