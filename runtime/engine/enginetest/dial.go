package enginetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/podsim/podsim/network"
)

// Request is what comes in at a port of a pod.
type Request struct {
	// Pod is its name, Sandbox the engine's id of the sandbox that has the address.
	Pod, Sandbox string
	Port         int
	// HTTP is the request of a client that sent one; nil for a connection that has only just been opened.
	HTTP *http.Request
}

// Answer is what a pod does about a Request. The zero value accepts a connection, and answers an HTTP request with 200.
type Answer struct {
	// Takes is how long it takes to answer; Forever means until the sandbox ends.
	Takes time.Duration
	// Refused: nobody listens at the port. It counts for connections only.
	Refused bool
	// Status, Location and Body are the response; status 0 means 200.
	Status         int
	Location, Body string
}

// OnDial answers all later connections into pods, and the HTTP requests that come over them. The function must not call the engine.
// Without one every connection is refused.
func (e *Engine) OnDial(answer func(Request) Answer) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.onDial = answer
}

// Dial connects to an address that a running sandbox has, as net.Dialer's DialContext does. There is no route to one that no sandbox has.
func (e *Engine) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	refuse := func(err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: textAddr{network, address}, Err: err}
	}
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return refuse(err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return refuse(err)
	}
	sandbox, answer := e.listener(host)
	if sandbox == nil {
		select {
		case <-time.After(noRouteAfter):
			return refuse(syscall.EHOSTUNREACH)
		case <-ctx.Done():
			return refuse(ctx.Err())
		}
	}
	asked := Request{Pod: sandbox.pod, Sandbox: sandbox.id, Port: port}
	if answer == nil {
		return refuse(syscall.ECONNREFUSED)
	}
	said := answer(asked)
	e.dialled(sandbox, asked, said)
	if said.Refused {
		return refuse(syscall.ECONNREFUSED)
	}
	if err := sandbox.take(ctx, said.Takes); err != nil {
		return refuse(err)
	}
	near, far := net.Pipe()
	go e.serve(sandbox, far, asked)
	return near, nil
}

// noRouteAfter is how long a kernel asks for who has an address of a bridge.
const noRouteAfter = 3 * time.Second

// textAddr is an address as it was written.
type textAddr struct{ network, text string }

func (a textAddr) Network() string { return a.network }
func (a textAddr) String() string  { return a.text }

// listener is the running sandbox with the address, and who answers for it.
func (e *Engine) listener(address string) (*fakeContainer, func(Request) Answer) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range e.containers {
		if c.container == network.SandboxContainer && c.running() && c.address() == address {
			return c, e.onDial
		}
	}
	return nil, nil
}

// errReset is what a connection ends with whose sandbox ends.
var errReset = errors.New("connection reset by peer")

// take lets the time pass that an answer takes.
func (c *fakeContainer) take(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return nil
	}
	var done <-chan time.Time
	if d != Forever {
		timer := time.NewTimer(d)
		defer timer.Stop()
		done = timer.C
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-c.exited:
		return errReset
	}
}

// serve answers the request that comes over a connection, if one does.
func (e *Engine) serve(sandbox *fakeContainer, conn net.Conn, asked Request) {
	defer conn.Close()
	request, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil { // it was closed, or is not HTTP
		return
	}
	_, _ = io.Copy(io.Discard, request.Body) // a client that is gone hears nothing anyway
	asked.HTTP = request
	e.mu.Lock()
	answer := e.onDial
	e.mu.Unlock()
	said := answer(asked)
	if said.Status == 0 {
		said.Status = http.StatusOK
	}
	e.dialled(sandbox, asked, said)
	gone := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	go func() { // ends with the connection
		defer close(gone)
		defer cancel()
		_, _ = io.Copy(io.Discard, conn)
	}()
	if sandbox.take(ctx, said.Takes) == nil {
		_, _ = io.WriteString(conn, said.response())
	}
	conn.Close()
	<-gone
}

// response is the answer as HTTP writes it.
func (a Answer) response() string {
	var text strings.Builder
	fmt.Fprintf(&text, "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Length: %d\r\n", a.Status, http.StatusText(a.Status), len(a.Body))
	if a.Location != "" {
		fmt.Fprintf(&text, "Location: %s\r\n", a.Location)
	}
	return text.String() + "\r\n" + a.Body
}

// dialled records a request and its answer.
func (e *Engine) dialled(sandbox *fakeContainer, asked Request, said Answer) {
	where, end := strconv.Itoa(asked.Port), "accepted"
	switch {
	case asked.HTTP != nil:
		where, end = where+asked.HTTP.URL.RequestURI(), strconv.Itoa(said.Status)
	case said.Refused:
		end = "refused"
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.recordLasting(sandbox, Dialled, where+": "+end, said.Takes)
}
