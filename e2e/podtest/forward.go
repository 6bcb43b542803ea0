package podtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/podsim/podsim/runtime/endpoint"
)

// forwards are the ports of a pod that are forwarded to this machine.
type forwards struct {
	mu  sync.Mutex
	all map[int]*forward
}

// Forward forwards a port of the pod to one of this machine's loopback interface until the test has ended, and returns its address, such
// as 127.0.0.1:40123. What connects there reaches the pod as kubectl port-forward does: also an application that listens on the pod's
// loopback interface only. A pod that is gone has no ports any more.
func (p *Pod) Forward(port int) string {
	p.t.Helper()
	return result(p, func(ctx context.Context) (string, error) { return p.ForwardContext(ctx, port) })
}

// ForwardContext is Forward with a context, which bounds the call and not the forwarding.
func (p *Pod) ForwardContext(ctx context.Context, port int) (string, error) {
	address, err := p.forward(ctx, port)
	if err != nil {
		return "", p.failed(ctx, fmt.Sprintf("forwarding its port %d", port), err)
	}
	return address, nil
}

const highestPort = 1<<16 - 1

func (p *Pod) forward(ctx context.Context, port int) (string, error) {
	if port < 1 || port > highestPort {
		return "", fmt.Errorf("a port is a number from 1 to %d", highestPort)
	}
	if now := p.history.look(); now.gone {
		return "", cmp.Or(now.err, errors.New("it is gone"))
	}
	p.forwards.mu.Lock()
	defer p.forwards.mu.Unlock()
	if f := p.forwards.all[port]; f != nil {
		return f.listener.Addr().String(), nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	f := &forward{pod: p, port: port, listener: listener, open: map[io.Closer]bool{}}
	if p.forwards.all == nil {
		p.forwards.all = map[int]*forward{}
	}
	p.forwards.all[port] = f
	f.working.Go(f.serve)
	p.t.Cleanup(f.close)
	return listener.Addr().String(), nil
}

// Dial connects with a port of the pod, as Forward does. That nobody listens on it shows at the first read.
func (p *Pod) Dial(port int) net.Conn {
	p.t.Helper()
	return result(p, func(ctx context.Context) (net.Conn, error) { return p.DialContext(ctx, port) })
}

// DialContext is Dial with a context.
func (p *Pod) DialContext(ctx context.Context, port int) (net.Conn, error) {
	address, err := p.ForwardContext(ctx, port)
	if err != nil {
		return nil, err
	}
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, p.failed(ctx, fmt.Sprintf("dialing its port %d", port), err)
	}
	return connection, nil
}

// forward forwards a port.
type forward struct {
	pod      *Pod
	port     int
	listener net.Listener
	working  sync.WaitGroup

	mu   sync.Mutex
	open map[io.Closer]bool // nil once it is closed
}

// serve takes connections until the listener is closed.
func (f *forward) serve() {
	for {
		connection, err := f.listener.Accept()
		if err != nil {
			return
		}
		f.working.Go(func() { f.carry(connection.(*net.TCPConn)) })
	}
}

// carry connects one connection with the pod until both directions have ended, or the pod's has.
func (f *forward) carry(local *net.TCPConn) {
	defer f.hold(local)()
	api := f.pod.space.client.CoreV1().RESTClient()
	url := api.Post().Namespace(f.pod.space.namespace).Resource("pods").Name(f.pod.name).SubResource("portforward").URL()
	remote, err := endpoint.ConnectPort(f.pod.space.config, url, f.port)
	if err != nil {
		return // the connection ends, as one does that nobody listens to
	}
	defer f.hold(remote)()
	var sending sync.WaitGroup
	sending.Go(func() {
		_, _ = io.Copy(remote, local)
		_ = remote.CloseWrite()
	})
	_, _ = io.Copy(local, remote)
	_ = local.Close() // nothing more comes from the pod
	sending.Wait()
}

// hold has the connection closed when the forwarding ends, or with the function that it returns.
func (f *forward) hold(connection io.Closer) (release func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.open == nil {
		_ = connection.Close()
		return func() {}
	}
	f.open[connection] = true
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.open, connection)
		_ = connection.Close()
	}
}

// close ends the forwarding and waits until nothing of it is left.
func (f *forward) close() {
	f.pod.forwards.mu.Lock()
	delete(f.pod.forwards.all, f.port)
	f.pod.forwards.mu.Unlock()
	_ = f.listener.Close()
	f.mu.Lock()
	for connection := range f.open {
		_ = connection.Close()
	}
	f.open = nil
	f.mu.Unlock()
	f.working.Wait()
}
