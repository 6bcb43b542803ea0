//go:build linux

package network

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

func listenInside(t *testing.T) *Listener {
	t.Helper()
	listener, err := Listen(t.Context(), agentEngine(t), "sandbox")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

func TestConnectionsInAPodComeHere(t *testing.T) {
	listener := listenInside(t)
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				asked, _ := io.ReadAll(c) // until the other end has said all
				fmt.Fprintf(c, "heard %d", len(asked))
			}()
		}
	}()
	dial := func() *net.TCPConn {
		c, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c.(*net.TCPConn)
	}
	silent, first, second := dial(), dial(), dial()
	for i, c := range []*net.TCPConn{second, first} {
		size := 1_000_000 * (i + 1)
		if _, err := io.WriteString(c, strings.Repeat("x", size)); err != nil {
			t.Fatal(err)
		}
		c.CloseWrite()
		if got, err := io.ReadAll(c); err != nil || string(got) != fmt.Sprintf("heard %d", size) {
			t.Errorf("%q, %v", got, err)
		}
	}
	listener.Close()
	if got, err := io.ReadAll(silent); err != nil || len(got) > 0 {
		t.Errorf("%q, %v", got, err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		c, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			return
		}
		c.Close()
		if time.Now().After(deadline) {
			t.Fatal("the agent listens on")
		}
	}
}

func TestAListenerEndsWithItsSandbox(t *testing.T) {
	engine := agentEngine(t)
	ended := make(chan struct{})
	run := engine.run
	engine.run = func(command []string, stream net.Conn) {
		go func() {
			<-ended
			stream.Close()
		}()
		run(command, stream)
	}
	listener, err := Listen(t.Context(), engine, "sandbox")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	close(ended)
	if _, err := listener.Accept(); err == nil {
		t.Error("there is a connection")
	}
	if !listener.HasEnded() {
		t.Error("it does not know")
	}
}

func TestASandboxWithoutTheVerb(t *testing.T) {
	engine := &streamEngine{run: func(_ []string, stream net.Conn) {
		io.WriteString(stream, strings.Repeat("no frame of the engine's ", 10))
		stream.Close()
	}}
	if _, err := Listen(t.Context(), engine, "sandbox"); err == nil {
		t.Error("it listens")
	}
}
