package network

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/yamux"

	"github.com/podsim/podsim/network/splice"
)

// Tunnel dials from inside a running sandbox, with the engine as the way there: it serves where this machine does not
// route to the pod (D10). It knows the networks tcp, tcp4 and tcp6; names are looked up as the pod would. ctx holds until
// the connection is made. The connection has working deadlines and a method CloseWrite. All connections share one exec in the
// sandbox, which ends some time after the last of them.
func Tunnel(engine ExecEngine, sandboxID string) Dial {
	return (&sessions{engine: engine, sandboxID: sandboxID, idle: sessionIdle}).dial
}

// dial is the Dial of Tunnel.
func (s *sessions) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := s.dialInside(ctx, network, address)
	var refused *splice.DialError
	switch {
	case err == nil:
		return c, nil
	case ctx.Err() != nil:
		return nil, dialEnded(network, address, ctx.Err())
	case errors.As(err, &refused):
		return nil, refused
	}
	return nil, fmt.Errorf("dial %s %s: %w", network, address, err)
}

// dialEnded is the error of a dial that its context ended, with the text that the net package has for it.
func dialEnded(network, address string, cause error) error {
	if errors.Is(cause, context.DeadlineExceeded) {
		return &splice.DialError{Text: fmt.Sprintf("dial %s %s: i/o timeout", network, address), TimedOut: true, Cause: cause}
	}
	return &splice.DialError{Text: fmt.Sprintf("dial %s %s: operation was canceled", network, address), Cause: cause}
}

// dialInside asks the agent for a connection. A session that turns out to have ended since it was used last is replaced once.
func (s *sessions) dialInside(ctx context.Context, network, address string) (net.Conn, error) {
	for first := true; ; first = false {
		stream, err := s.open(ctx)
		if err != nil {
			return nil, err
		}
		c, err := ask(ctx, stream, network, address)
		if err == nil {
			return c, nil
		}
		stream.Close()
		if !first || !stream.session.IsClosed() || ctx.Err() != nil {
			return nil, err
		}
	}
}

// ask has the agent dial at the other end of a stream, and returns the connection that the stream is from there on.
func ask(ctx context.Context, stream *stream, network, address string) (net.Conn, error) {
	var timeout time.Duration // 0: none
	if deadline, ok := ctx.Deadline(); ok {
		if timeout = time.Until(deadline); timeout <= 0 {
			return nil, context.DeadlineExceeded
		}
	}
	stop := context.AfterFunc(ctx, func() { stream.Close() })
	c, err := converse(stream, splice.Request{Network: network, Address: address, Timeout: timeout})
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

func converse(stream *stream, request splice.Request) (*tunnelConn, error) {
	if _, err := io.WriteString(stream, request.String()); err != nil {
		return nil, err
	}
	in := bufio.NewReader(stream)
	line, err := in.ReadString('\n')
	if err != nil && err != io.EOF {
		return nil, err
	}
	local, remote, err := splice.ParseReport(line)
	if err != nil {
		return nil, err
	}
	return &tunnelConn{stream: stream, local: local, remote: remote, in: splice.NewReader(in), out: splice.NewWriter(stream)}, nil
}

// tunnelConn is a connection of the agent's, by way of a stream of the exec that it shares with others.
type tunnelConn struct {
	stream        *stream
	local, remote net.Addr
	closed        atomic.Bool

	reading sync.Mutex
	in      *splice.Reader

	writing sync.Mutex
	out     *splice.Writer
}

func (c *tunnelConn) Read(p []byte) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	if c.closed.Load() {
		return 0, c.failure("read", net.ErrClosed)
	}
	n, err := c.in.Read(p)
	return n, c.failure("read", err)
}

func (c *tunnelConn) Write(p []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	n, err := c.out.Write(p)
	return n, c.failure("write", err)
}

// CloseWrite tells the other end that nothing more will be written.
func (c *tunnelConn) CloseWrite() error {
	c.writing.Lock()
	defer c.writing.Unlock()
	return c.failure("close", c.out.End(nil))
}

// Close ends the connection, and the agent's too, because its caller is gone.
func (c *tunnelConn) Close() error {
	c.closed.Store(true)
	return c.stream.Close()
}

func (c *tunnelConn) LocalAddr() net.Addr                { return c.local }
func (c *tunnelConn) RemoteAddr() net.Addr               { return c.remote }
func (c *tunnelConn) SetDeadline(t time.Time) error      { return c.stream.SetDeadline(t) }
func (c *tunnelConn) SetReadDeadline(t time.Time) error  { return c.stream.SetReadDeadline(t) }
func (c *tunnelConn) SetWriteDeadline(t time.Time) error { return c.stream.SetWriteDeadline(t) }

// failure words an error as one of this connection, not of the stream.
func (c *tunnelConn) failure(op string, err error) error {
	switch {
	case err == nil || err == io.EOF:
		return err
	case c.closed.Load():
		err = net.ErrClosed
	case errors.Is(err, yamux.ErrTimeout):
		err = os.ErrDeadlineExceeded
	case errors.Is(err, yamux.ErrStreamClosed), errors.Is(err, yamux.ErrSessionShutdown): // the sandbox ended
		err = io.ErrUnexpectedEOF
	}
	return &net.OpError{Op: op, Net: "tcp", Source: c.local, Addr: c.remote, Err: err}
}
