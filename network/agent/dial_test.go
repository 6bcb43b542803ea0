//go:build linux

package main

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/podsim/podsim/network/splice"
)

// conversation is a call of the verb dial, seen from the caller.
type conversation struct {
	stdin  *io.PipeWriter
	out    *splice.Writer
	stdout *bufio.Reader
	report string
	ended  chan error
}

func startDial(t *testing.T, args ...string) *conversation {
	t.Helper()
	inReader, inWriter := io.Pipe()
	outReader, outWriter := io.Pipe()
	c := &conversation{stdin: inWriter, out: splice.NewWriter(inWriter), stdout: bufio.NewReader(outReader), ended: make(chan error, 1)}
	go func() {
		err := run("dial", args, inReader, outWriter)
		inReader.Close()
		outWriter.Close()
		c.ended <- err
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
	c := startDial(t, "-timeout", "1m", "tcp", listener.Addr().String())
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
	must(t, <-c.ended)
}

func TestDialEndsWhenItsCallerIsGone(t *testing.T) {
	listener := listen(t)
	c := startDial(t, "tcp", listener.Addr().String())
	server := accept(t, listener)
	_, err := c.out.Write([]byte("last words"))
	must(t, err)
	c.stdin.Close()
	must(t, <-c.ended)
	if got, err := io.ReadAll(server); err != nil || string(got) != "last words" {
		t.Errorf("the server got %q, error %v", got, err)
	}
}

func TestDialReportsWhyItFails(t *testing.T) {
	listener := listen(t)
	listener.Close()
	c := startDial(t, "tcp", listener.Addr().String())
	if want := "failed dial tcp " + listener.Addr().String() + ": connect: connection refused\n"; c.report != want {
		t.Errorf("the report is %q, want %q", c.report, want)
	}
	if err := <-c.ended; err == nil || exitCode(err) != exitFailure {
		t.Errorf("exit code %d, error %v", exitCode(err), err)
	}
}

func TestDialGivesUpWhenItsTimeIsOver(t *testing.T) {
	c := startDial(t, "-timeout", "1ns", "tcp", "127.0.0.1:9")
	if want := "timeout dial tcp 127.0.0.1:9: i/o timeout\n"; c.report != want {
		t.Errorf("the report is %q, want %q", c.report, want)
	}
}

func TestDialGivesUpWhenItsCallerIsGone(t *testing.T) {
	var out strings.Builder
	err := run("dial", []string{"tcp", "192.0.2.1:9"}, strings.NewReader(""), &out)
	if err == nil || !strings.HasPrefix(out.String(), "failed dial tcp 192.0.2.1:9: ") {
		t.Errorf("the report is %q, error %v", out.String(), err)
	}
}
