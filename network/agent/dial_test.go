//go:build linux

package main

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/podsim/podsim/network/splice"
)

// conversation is a dial, seen from the caller.
type conversation struct {
	stdin  *io.PipeWriter
	out    *splice.Writer
	stdout *bufio.Reader
	report string
	ended  chan struct{}
}

func startDial(t *testing.T, request splice.Request) *conversation {
	t.Helper()
	inReader, inWriter := io.Pipe()
	outReader, outWriter := io.Pipe()
	c := &conversation{stdin: inWriter, out: splice.NewWriter(inWriter), stdout: bufio.NewReader(outReader), ended: make(chan struct{})}
	go func() {
		dial(request, inReader, outWriter)
		inReader.Close()
		outWriter.Close()
		close(c.ended)
	}()
	t.Cleanup(func() { inWriter.Close(); outReader.Close() })
	c.report, _ = c.stdout.ReadString('\n')
	return c
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { listener.Close() })
	return listener
}

func accept(t *testing.T, listener net.Listener) *net.TCPConn {
	t.Helper()
	server, err := listener.Accept()
	must(t, err)
	t.Cleanup(func() { server.Close() })
	return server.(*net.TCPConn)
}

func TestDialSplicesBothDirectionsUntilBothAreClosed(t *testing.T) {
	listener := listen(t)
	c := startDial(t, splice.Request{Network: "tcp", Address: listener.Addr().String(), Timeout: time.Minute})
	server := accept(t, listener)
	if want := "connected " + server.RemoteAddr().String() + " " + listener.Addr().String() + "\n"; c.report != want {
		t.Errorf("the report is %q, want %q", c.report, want)
	}

	_, err := c.out.Write([]byte("question"))
	must(t, err)
	must(t, c.out.End(nil))
	if got, err := io.ReadAll(server); err != nil || string(got) != "question" {
		t.Errorf("the server got %q, error %v", got, err)
	}
	io.WriteString(server, "answer")
	server.CloseWrite()
	if got, err := io.ReadAll(splice.NewReader(c.stdout)); err != nil || string(got) != "answer" {
		t.Errorf("got %q, error %v", got, err)
	}
	<-c.ended
}

func TestDialEndsWhenItsCallerIsGone(t *testing.T) {
	listener := listen(t)
	c := startDial(t, splice.Request{Network: "tcp", Address: listener.Addr().String()})
	server := accept(t, listener)
	_, err := c.out.Write([]byte("last words"))
	must(t, err)
	c.stdin.Close()
	<-c.ended
	if got, err := io.ReadAll(server); err != nil || string(got) != "last words" {
		t.Errorf("the server got %q, error %v", got, err)
	}
}

func TestDialReportsWhyItFails(t *testing.T) {
	listener := listen(t)
	listener.Close()
	c := startDial(t, splice.Request{Network: "tcp", Address: listener.Addr().String()})
	if want := "failed dial tcp " + listener.Addr().String() + ": connect: connection refused\n"; c.report != want {
		t.Errorf("the report is %q, want %q", c.report, want)
	}
	<-c.ended
}

func TestDialGivesUpWhenItsTimeIsOver(t *testing.T) {
	c := startDial(t, splice.Request{Network: "tcp", Address: "127.0.0.1:9", Timeout: 1})
	if want := "timeout dial tcp 127.0.0.1:9: i/o timeout\n"; c.report != want {
		t.Errorf("the report is %q, want %q", c.report, want)
	}
}

func TestDialGivesUpWhenItsCallerIsGone(t *testing.T) {
	var out strings.Builder
	dial(splice.Request{Network: "tcp", Address: "192.0.2.1:9"}, strings.NewReader(""), &out)
	if !strings.HasPrefix(out.String(), "failed dial tcp 192.0.2.1:9: ") {
		t.Errorf("the report is %q", out.String())
	}
}

func TestDialKnowsTCPAlone(t *testing.T) {
	c := startDial(t, splice.Request{Network: "udp", Address: "127.0.0.1:9"})
	if want := "failed a tunnel knows no network \"udp\"\n"; c.report != want {
		t.Errorf("the report is %q, want %q", c.report, want)
	}
}
