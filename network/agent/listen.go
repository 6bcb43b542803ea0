//go:build linux

package main

import (
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/hashicorp/yamux"

	"github.com/podsim/podsim/network/splice"
)

// listenAndHandOn takes connections at a free port of the loopback device, and hands each on as a stream of a session on standard input and output,
// until its caller is gone. The caller learns the port first.
func listenAndHandOn(stdin io.Reader, stdout io.Writer) error {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(stdout, "%s%s\n", splice.Greeting, listener.Addr()); err != nil {
		return err
	}
	session, err := newSession(stdin, stdout)
	if err != nil {
		return err
	}
	go func() {
		<-session.CloseChan()
		listener.Close()
	}()
	for {
		connection, err := listener.Accept()
		if err != nil {
			return nil // the caller is gone
		}
		go handOn(connection.(*net.TCPConn), session)
	}
}

// handOn joins a connection with a new stream. What either end closes for writing the other one sees.
func handOn(connection *net.TCPConn, session *yamux.Session) {
	defer connection.Close()
	stream, err := session.OpenStream()
	if err != nil {
		return
	}
	defer stream.Close()
	var sending sync.WaitGroup
	sending.Go(func() {
		io.Copy(stream, connection)
		stream.Close() // what comes back is read all the same
	})
	io.Copy(connection, stream)
	connection.CloseWrite()
	sending.Wait()
}
