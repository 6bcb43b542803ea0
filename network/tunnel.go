package network

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/docker/docker/api/types"

	"github.com/podsim/podsim/network/splice"
)

// Tunnel dials from inside a running sandbox, with the engine as the way there: it serves where this machine does not
// route to the pod (D10). It knows the networks tcp, tcp4 and tcp6; names are looked up as the pod would. ctx holds until
// the connection is made. The connection has working deadlines and a method CloseWrite.
func Tunnel(engine ExecEngine, sandboxID string) Dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dialInside(ctx, engine, sandboxID, network, address)
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
}

// dialEnded is the error of a dial that its context ended, with the text that the net package has for it.
func dialEnded(network, address string, cause error) error {
	if errors.Is(cause, context.DeadlineExceeded) {
		return &splice.DialError{Text: fmt.Sprintf("dial %s %s: i/o timeout", network, address), TimedOut: true, Cause: cause}
	}
	return &splice.DialError{Text: fmt.Sprintf("dial %s %s: operation was canceled", network, address), Cause: cause}
}

func dialInside(ctx context.Context, engine ExecEngine, sandboxID, network, address string) (net.Conn, error) {
	verb := []string{"dial"}
	if deadline, ok := ctx.Deadline(); ok {
		left := time.Until(deadline)
		if left <= 0 {
			return nil, context.DeadlineExceeded
		}
		verb = append(verb, "-timeout", left.String())
	}
	_, stream, err := startAgent(ctx, engine, sandboxID, true, append(verb, network, address)...)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, stream.Close)
	c, err := newTunnelConn(stream)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		stream.Close()
		return nil, err
	}
	return c, nil
}

// newTunnelConn reads the agent's report from a stream and returns the connection that the stream is from there on.
func newTunnelConn(stream types.HijackedResponse) (*tunnelConn, error) {
	out := &demux{from: stream.Reader}
	in := bufio.NewReader(out)
	line, err := in.ReadSlice('\n')
	if err != nil && err != io.EOF {
		return nil, err
	}
	local, remote, err := splice.ParseReport(string(line))
	if errors.Is(err, splice.ErrNoReport) {
		// The engine's own words about a command that it could not run, or the agent's about how it was called.
		if words := bytes.TrimSpace(append(line, out.words.Bytes()...)); len(words) > 0 {
			err = errors.New(string(words))
		}
	}
	if err != nil {
		return nil, err
	}
	return &tunnelConn{
		stream: stream.Conn,
		local:  local,
		remote: remote,
		in:     splice.NewReader(in),
		out:    splice.NewWriter(stream.Conn),
	}, nil
}

// tunnelConn is a connection of the agent's, by way of the engine's stream of the exec.
type tunnelConn struct {
	stream        net.Conn
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

// Close ends the connection and, because its standard input ends, the agent's verb.
func (c *tunnelConn) Close() error {
	c.closed.Store(true)
	return c.failure("close", c.stream.Close())
}

func (c *tunnelConn) LocalAddr() net.Addr                { return c.local }
func (c *tunnelConn) RemoteAddr() net.Addr               { return c.remote }
func (c *tunnelConn) SetDeadline(t time.Time) error      { return c.stream.SetDeadline(t) }
func (c *tunnelConn) SetReadDeadline(t time.Time) error  { return c.stream.SetReadDeadline(t) }
func (c *tunnelConn) SetWriteDeadline(t time.Time) error { return c.stream.SetWriteDeadline(t) }

// failure words an error as one of this connection, not of the one to the engine.
func (c *tunnelConn) failure(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	var engine *net.OpError
	if errors.As(err, &engine) {
		err = engine.Err
	}
	return &net.OpError{Op: op, Net: "tcp", Source: c.local, Addr: c.remote, Err: err}
}
