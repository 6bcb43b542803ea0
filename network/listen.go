package network

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"github.com/hashicorp/yamux"
)

// Listener accepts the connections of a pod's own containers, wherever the engine is. It ends with the sandbox.
type Listener struct {
	session *yamux.Session
	address netip.AddrPort
}

var _ net.Listener = (*Listener)(nil)

// Listen has a running sandbox take connections at a free port of its loopback device, and brings them here: the agent hands them on by
// the engine's exec call. ctx holds until it listens. The caller closes the listener.
func Listen(ctx context.Context, engine ExecEngine, sandboxID string) (*Listener, error) {
	l := &Listener{}
	carrier, err := startCarrier(ctx, engine, sandboxID, "listen", func(carrier *execStream) (err error) {
		if err = carrier.greet(); err == nil {
			l.address, err = carrier.readAddress()
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listening in the sandbox: %w", err)
	}
	if l.session, err = newSession(carrier); err != nil {
		return nil, fmt.Errorf("listening in the sandbox: %w", err)
	}
	return l, nil
}

// readAddress reads a line that has an address and a port, byte by byte, as what follows is for somebody else.
func (e *execStream) readAddress() (netip.AddrPort, error) {
	var line []byte
	for next := make([]byte, 1); len(line) < maxAddress; line = append(line, next...) {
		if _, err := e.Read(next); err != nil {
			return netip.AddrPort{}, err
		}
		if next[0] == '\n' {
			break
		}
	}
	return netip.ParseAddrPort(string(line))
}

// maxAddress is longer than any address.
const maxAddress = 100

// Accept returns the next connection.
func (l *Listener) Accept() (net.Conn, error) {
	stream, err := l.session.AcceptStream()
	if err != nil {
		return nil, fmt.Errorf("accepting from the sandbox: %w", err)
	}
	return stream, nil
}

// Close ends the listener and all its connections.
func (l *Listener) Close() error { return l.session.Close() }

// Addr is Address.
func (l *Listener) Addr() net.Addr { return net.TCPAddrFromAddrPort(l.address) }

// Address is where the pod's containers find the listener.
func (l *Listener) Address() netip.AddrPort { return l.address }

// HasEnded reports whether nothing comes any more.
func (l *Listener) HasEnded() bool { return l.session.IsClosed() }
