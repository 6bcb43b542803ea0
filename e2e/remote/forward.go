//go:build linux

package main

import (
	"io"
	"net"
	"sync"
)

// forward connects each connection to the listener with one of its own, until the listener is closed.
func forward(listener net.Listener, dial func() (net.Conn, error)) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer client.Close()
			server, err := dial()
			if err != nil {
				return
			}
			defer server.Close()
			var both sync.WaitGroup
			both.Go(func() { oneWay(server, client) })
			both.Go(func() { oneWay(client, server) })
			both.Wait()
		}()
	}
}

// oneWay copies until the end, and passes the end on: the engine's streams are closed one direction at a time.
func oneWay(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}
