//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"

	"github.com/podsim/podsim/network/splice"
)

// dial connects to an address as the pod sees it, reports, and then splices the connection with the caller's stream, in the words of
// package splice. The end of what the caller says, at any time, means that the caller is gone, and ends it.
func dial(request splice.Request, from io.Reader, to io.Writer) {
	network, address := request.Network, request.Address
	if network != "tcp" && network != "tcp4" && network != "tcp6" {
		io.WriteString(to, splice.Failed(fmt.Errorf("a tunnel knows no network %q", network)))
		return
	}
	dialer := net.Dialer{Timeout: request.Timeout}

	ctx, hangUp := context.WithCancel(context.Background())
	defer hangUp()
	caller := bufio.NewReader(from)
	heard := make(chan struct{}) // the caller has said something or is gone
	go func() {
		defer close(heard)
		if _, err := caller.Peek(1); err != nil {
			hangUp()
		}
	}()
	connection, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		io.WriteString(to, splice.Failed(err))
		return
	}
	defer connection.Close()
	if _, err := io.WriteString(to, splice.Connected(connection)); err != nil {
		return
	}
	converse(connection.(*net.TCPConn), caller, heard, to)
}

// converse carries bytes both ways until both directions are closed or the caller is gone. Nobody may read from caller
// before heard is closed.
func converse(connection *net.TCPConn, caller *bufio.Reader, heard <-chan struct{}, to io.Writer) {
	sent, gone := make(chan struct{}), make(chan struct{})
	go func() {
		<-heard
		if _, err := io.Copy(connection, splice.NewReader(caller)); err == nil {
			connection.CloseWrite()
		}
		close(sent)
		io.Copy(io.Discard, caller)
		close(gone)
	}()
	received := make(chan struct{})
	go func() {
		out := splice.NewWriter(to)
		_, err := io.Copy(out, connection)
		out.End(err)
		close(received)
	}()
	select {
	case <-gone:
		return
	case <-received:
	}
	select {
	case <-gone:
	case <-sent:
	}
}
