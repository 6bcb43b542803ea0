package network

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"
	"github.com/google/go-cmp/cmp"
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

func TestTheAgentIsToldHowMuchTimeIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := &streamEngine{run: says(stdcopy.Stdout, "failed dial tcp 10.0.0.5:80: connect: no route to host\n")}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		_, err := Tunnel(engine, "sandbox")(ctx, "tcp", "10.0.0.5:80")
		if err == nil || err.Error() != "dial tcp 10.0.0.5:80: connect: no route to host" {
			t.Errorf("got %v", err)
		}
		want := container.ExecOptions{
			Cmd:         []string{"/podsim/agent", "dial", "-timeout", "3s", "tcp", "10.0.0.5:80"},
			AttachStdin: true, AttachStdout: true, AttachStderr: true,
		}
		if diff := cmp.Diff(want, engine.options); diff != "" {
			t.Error(diff)
		}
	})
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
		{"wrong arguments", says(stdcopy.Stderr, "dial knows no network \"udp\"\n"), `dial knows no network "udp"`},
		{"an agent that dies", says(stdcopy.Stdout, ""), "no report of the agent"},
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
	engine := &streamEngine{run: says(stdcopy.Stdout, "connected 10.0.0.5:43210 10.0.0.5:80\n")}
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
