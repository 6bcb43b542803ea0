package network

import (
	"bufio"
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"
	"github.com/google/go-cmp/cmp"
)

// execEngine runs one exec that prints some words and ends with a code.
type execEngine struct {
	stdout, stderr string
	code           int
	running        int // how many inspections still find the process running

	command []string
	stdin   []byte
	hangs   bool
}

func (e *execEngine) ContainerExecCreate(_ context.Context, _ string, options container.ExecOptions) (container.ExecCreateResponse, error) {
	e.command = options.Cmd
	if options.AttachStdin {
		e.stdin = []byte{}
	}
	return container.ExecCreateResponse{ID: "exec"}, nil
}

func (e *execEngine) ContainerExecAttach(context.Context, string, container.ExecAttachOptions) (types.HijackedResponse, error) {
	ours, theirs := net.Pipe()
	go func() {
		if e.hangs {
			return
		}
		defer ours.Close()
		if e.stdin != nil {
			buffer := make([]byte, 100)
			n, _ := ours.Read(buffer)
			e.stdin = buffer[:n]
		}
		stdcopy.NewStdWriter(ours, stdcopy.Stdout).Write([]byte(e.stdout))
		stdcopy.NewStdWriter(ours, stdcopy.Stderr).Write([]byte(e.stderr))
	}()
	return types.HijackedResponse{Conn: theirs, Reader: bufio.NewReader(theirs)}, nil
}

func (e *execEngine) ContainerExecInspect(context.Context, string) (container.ExecInspect, error) {
	if e.running > 0 {
		e.running--
		return container.ExecInspect{Running: true}, nil
	}
	return container.ExecInspect{ExitCode: e.code}, nil
}

func TestCallAgentReturnsWhatTheVerbPrints(t *testing.T) {
	engine := &execEngine{stdout: "a\nb\n", stderr: "by the way\n", running: 2}
	out, err := CallAgent(t.Context(), engine, "sandbox", nil, "subpath", "/podsim/volumes/v", "a")
	if err != nil || string(out) != "a\nb\n" {
		t.Errorf("got %q, error %v", out, err)
	}
	if diff := cmp.Diff([]string{"/podsim/agent", "subpath", "/podsim/volumes/v", "a"}, engine.command); diff != "" {
		t.Error(diff)
	}
}

func TestAVerbThatFailsIsAVerbError(t *testing.T) {
	engine := &execEngine{stdout: "a\n", stderr: "b leads out of the volume\n", code: 4}
	_, err := CallAgent(t.Context(), engine, "sandbox", nil, "subpath", "d", "a", "d", "b")
	var failed *VerbError
	if !errors.As(err, &failed) || failed.ExitCode != ExitPreparing || string(failed.Output) != "a\n" {
		t.Fatalf("got %#v", err)
	}
	if want := "agent subpath d a d b: exit code 4: b leads out of the volume"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

func TestWriteHostsSendsTheFile(t *testing.T) {
	engine := &execEngine{}
	if err := WriteHosts(t.Context(), engine, "sandbox", []byte("hosts")); err != nil {
		t.Fatal(err)
	}
	if string(engine.stdin) != "hosts" || strings.Join(engine.command, " ") != "/podsim/agent write /podsim/meta/hosts" {
		t.Errorf("%v read %q", engine.command, engine.stdin)
	}
}

func TestACallEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := CallAgent(ctx, &execEngine{hangs: true}, "sandbox", nil, "own"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
