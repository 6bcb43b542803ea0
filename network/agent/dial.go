//go:build linux

package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"time"

	"github.com/podsim/podsim/network/splice"
)

// dial connects to an address as the pod sees it, reports, and then splices the connection with standard input and output,
// in the words of package splice. args: [-timeout DURATION] NETWORK ADDRESS, with a network of the tcp family. Without a
// timeout the kernel's own holds. The end of standard input at any time means that the caller is gone, and ends it.
func dial(args []string, stdin io.Reader, stdout io.Writer) error {
	var dialer net.Dialer
	if len(args) > 1 && args[0] == "-timeout" {
		timeout, err := time.ParseDuration(args[1])
		if err != nil || timeout <= 0 {
			return usage("%q is not a positive duration", args[1])
		}
		dialer.Timeout = timeout
		args = args[2:]
	}
	if len(args) != 2 {
		return usage("dial wants a network and an address")
	}
	network, address := args[0], args[1]
	if network != "tcp" && network != "tcp4" && network != "tcp6" {
		return usage("dial knows no network %q", network)
	}

	ctx, hangUp := context.WithCancel(context.Background())
	defer hangUp()
	caller := bufio.NewReader(stdin)
	heard := make(chan struct{}) // the caller has said something or is gone
	go func() {
		defer close(heard)
		if _, err := caller.Peek(1); err != nil {
			hangUp()
		}
	}()
	connection, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		io.WriteString(stdout, splice.Failed(err))
		return err
	}
	defer connection.Close()
	if _, err := io.WriteString(stdout, splice.Connected(connection)); err != nil {
		return err
	}
	converse(connection.(*net.TCPConn), caller, heard, stdout)
	return nil
}

// converse carries bytes both ways until both directions are closed or the caller is gone. Nobody may read from caller
// before heard is closed.
func converse(connection *net.TCPConn, caller *bufio.Reader, heard <-chan struct{}, stdout io.Writer) {
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
		out := splice.NewWriter(stdout)
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
