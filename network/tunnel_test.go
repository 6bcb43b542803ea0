package network

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"
	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/yamux"

	"github.com/podsim/podsim/network/splice"
)

// streamEngine is an engine whose execs are functions. They own the stream, multiplexed in one direction as an engine's is.
type streamEngine struct {
	run     func(command []string, stream net.Conn)
	options container.ExecOptions
}

func (e *streamEngine) ContainerExecCreate(_ context.Context, _ string, options container.ExecOptions) (container.ExecCreateResponse, error) {
	e.options = options
	return container.ExecCreateResponse{ID: "exec"}, nil
}

func (e *streamEngine) ContainerExecAttach(context.Context, string, container.ExecAttachOptions) (types.HijackedResponse, error) {
	if e.run == nil {
		select {} // an engine that does not answer
	}
	near, far := net.Pipe()
	go e.run(e.options.Cmd, far)
	return types.HijackedResponse{Conn: near, Reader: bufio.NewReader(near)}, nil
}

func (e *streamEngine) ContainerExecInspect(context.Context, string) (container.ExecInspect, error) {
	return container.ExecInspect{}, errors.New("nobody asks")
}

// says is an exec that prints something, closes its streams and ends.
func says(stream stdcopy.StdType, text string) func([]string, net.Conn) {
	return func(_ []string, conn net.Conn) {
		io.WriteString(stdcopy.NewStdWriter(conn, stream), text)
		conn.Close()
	}
}

// hangs is an exec that does nothing until its standard input ends.
func hangs(_ []string, conn net.Conn) { io.Copy(io.Discard, conn) }

// answers is an exec of a session whose agent answers each request with a text, and then ends the stream; requests gets the requests.
func answers(text string, requests chan<- splice.Request) func([]string, net.Conn) {
	return func(_ []string, conn net.Conn) {
		out := stdcopy.NewStdWriter(conn, stdcopy.Stdout)
		io.WriteString(out, splice.Greeting)
		config := yamux.DefaultConfig()
		config.LogOutput = io.Discard
		session, err := yamux.Server(struct {
			io.Reader
			io.Writer
			io.Closer
		}{conn, out, conn}, config)
		for err == nil {
			var stream net.Conn
			if stream, err = session.Accept(); err != nil {
				return
			}
			line, _ := bufio.NewReader(stream).ReadString('\n')
			request, _ := splice.ParseRequest(line)
			requests <- request
			io.WriteString(stream, text)
			stream.Close()
		}
	}
}

func TestTheAgentIsToldHowMuchTimeIsLeft(t *testing.T) {
	requests := make(chan splice.Request, 1)
	engine := &streamEngine{run: answers("failed dial tcp 10.0.0.5:80: connect: no route to host\n", requests)}
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	_, err := Tunnel(engine, "sandbox")(ctx, "tcp", "10.0.0.5:80")
	if err == nil || err.Error() != "dial tcp 10.0.0.5:80: connect: no route to host" {
		t.Errorf("got %v", err)
	}
	got := <-requests
	if left := got.Timeout; left <= 0 || left >= time.Hour {
		t.Errorf("the agent has %v", left)
	}
	got.Timeout = 0
	if diff := cmp.Diff(splice.Request{Network: "tcp", Address: "10.0.0.5:80"}, got); diff != "" {
		t.Error(diff)
	}
	want := container.ExecOptions{Cmd: []string{"/podsim/agent", "tunnel"}, AttachStdin: true, AttachStdout: true, AttachStderr: true}
	if diff := cmp.Diff(want, engine.options); diff != "" {
		t.Error(diff)
	}
}

func TestConnectionsShareOneExecUntilItIsIdle(t *testing.T) {
	const many = 50
	requests := make(chan splice.Request, many+10)
	answer := answers("connected 10.0.0.5:43210 10.0.0.5:80\n", requests)
	var execs atomic.Int32
	ended := make(chan struct{}, 10)
	engine := &streamEngine{run: func(command []string, conn net.Conn) {
		execs.Add(1)
		answer(command, conn)
		ended <- struct{}{}
	}}
	s := &sessions{engine: engine, sandboxID: "sandbox", idle: 10 * time.Millisecond}
	dialled := make(chan net.Conn, many)
	for range many {
		go func() {
			c, err := s.dial(t.Context(), "tcp", "10.0.0.5:80")
			if err != nil {
				t.Error(err)
			}
			dialled <- c
		}()
	}
	var held net.Conn
	for range many {
		if held != nil {
			held.Close()
			held.Close() // counts once
		}
		if held = <-dialled; held == nil {
			t.FailNow()
		}
	}
	select {
	case <-ended:
		t.Error("the session ended under an open connection")
	case <-time.After(5 * s.idle):
	}
	if n := execs.Load(); n != 1 {
		t.Errorf("%d execs", n)
	}
	held.Close()
	<-ended
	c, err := s.dial(t.Context(), "tcp", "10.0.0.5:80")
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	<-ended
	if n := execs.Load(); n != 2 {
		t.Errorf("%d execs after an idle time", n)
	}
}

func TestASessionThatBrokeIsReplaced(t *testing.T) {
	requests := make(chan splice.Request, 10)
	answer := answers("connected 10.0.0.5:43210 10.0.0.5:80\n", requests)
	carriers := make(chan net.Conn, 10)
	engine := &streamEngine{run: func(command []string, conn net.Conn) {
		carriers <- conn
		answer(command, conn)
	}}
	dial := Tunnel(engine, "sandbox")
	for range 3 {
		c, err := dial(t.Context(), "tcp", "10.0.0.5:80")
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		(<-carriers).Close() // as when the engine restarts; whether the next dial knows already is left to chance
	}
}

func TestADialThroughTheTunnelEndsWithItsContext(t *testing.T) {
	tests := []struct {
		name    string
		cancel  bool
		run     func([]string, net.Conn)
		want    string
		is      error
		timeout bool
	}{
		{"a deadline, nobody answers the dial", false, hangs, "dial tcp 10.0.0.5:80: i/o timeout", context.DeadlineExceeded, true},
		{"a deadline, the engine does not answer", false, nil, "dial tcp 10.0.0.5:80: i/o timeout", context.DeadlineExceeded, true},
		{"cancelled", true, hangs, "dial tcp 10.0.0.5:80: operation was canceled", context.Canceled, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			defer cancel()
			if tt.cancel {
				ctx, cancel = context.WithCancel(t.Context())
				cancel()
			}
			_, err := Tunnel(&streamEngine{run: tt.run}, "sandbox")(ctx, "tcp", "10.0.0.5:80")
			var failure net.Error
			if !errors.As(err, &failure) || err.Error() != tt.want || failure.Timeout() != tt.timeout || !errors.Is(err, tt.is) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestWhatTheEngineSaysInPlaceOfTheAgentIsTheError(t *testing.T) {
	tests := []struct {
		name string
		run  func([]string, net.Conn)
		want string
	}{
		{"no agent", says(stdcopy.Stdout, "OCI runtime exec failed: no such file\r\n"), "OCI runtime exec failed: no such file"},
		{"wrong arguments", says(stdcopy.Stderr, "tunnel wants no arguments\n"), "tunnel wants no arguments"},
		{"an agent that dies", says(stdcopy.Stdout, ""), "no report of the agent"},
		{"an agent of another version", says(stdcopy.Stdout, "unknown verb \"tunnel\", of which there is no more to say\n"), `unknown verb "tunnel", of which there is no more to say`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Tunnel(&streamEngine{run: tt.run}, "sandbox")(t.Context(), "tcp", "10.0.0.5:80")
			if want := "dial tcp 10.0.0.5:80: " + tt.want; err == nil || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		})
	}
}

func TestASandboxThatEndsCutsTheConnection(t *testing.T) {
	engine := &streamEngine{run: answers("connected 10.0.0.5:43210 10.0.0.5:80\n", make(chan splice.Request, 1))}
	c, err := Tunnel(engine, "sandbox")(t.Context(), "tcp", "web:80")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if addresses := c.LocalAddr().String() + " " + c.RemoteAddr().String(); addresses != "10.0.0.5:43210 10.0.0.5:80" {
		t.Errorf("the connection is between %s", addresses)
	}
	_, err = c.Read(make([]byte, 1))
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.HasPrefix(err.Error(), "read tcp 10.0.0.5:43210->10.0.0.5:80: ") {
		t.Errorf("got %v", err)
	}
}
