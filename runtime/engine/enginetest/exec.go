package enginetest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"

	"github.com/podsim/podsim/network"
)

// Exec is a command that is run in a container.
type Exec struct {
	// ID is the engine's id of the container; Pod, Container and Attempt are by its labels.
	ID, Pod, Container string
	Attempt            int
	Command            []string
	// Input is all that was written to it; nil if nothing was attached.
	Input []byte
}

// ExecResult is what the command does.
type ExecResult struct {
	// Takes is how long it runs; Forever means until its container ends.
	Takes          time.Duration
	Stdout, Stderr string
	Code           int
	// Err means that it cannot be run at all.
	Err error
}

// OnExec answers all later commands, those of the sandbox's agent too. The function must not call the engine. Without one every command
// ends at once with code 0.
func (e *Engine) OnExec(answer func(Exec) ExecResult) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.onExec = answer
}

// fakeExec is a command; the engine's lock guards what is below killed.
type fakeExec struct {
	container *fakeContainer
	options   container.ExecOptions
	pid       int
	killed    chan struct{} // closed by SIGKILL
	begun     bool
	ended     bool
	code      int
}

// firstPid is above any process id that the engine's machine has for itself.
const firstPid = 10000

// ContainerExecCreate prepares a command in a running container.
func (c *Client) ContainerExecCreate(ctx context.Context, id string, options container.ExecOptions) (container.ExecCreateResponse, error) {
	if err := c.enter(ctx, "ContainerExecCreate", id); err != nil {
		return container.ExecCreateResponse{}, err
	}
	e := c.machine
	e.mu.Lock()
	defer e.mu.Unlock()
	found, err := e.find(id)
	if err != nil {
		return container.ExecCreateResponse{}, err
	}
	if !found.running() {
		return container.ExecCreateResponse{}, fmt.Errorf("container %s is not running: %w", id, errdefs.ErrConflict)
	}
	if found.frozen {
		return container.ExecCreateResponse{}, fmt.Errorf("container %s is paused, unpause the container before exec: %w", id, errdefs.ErrConflict)
	}
	execID := e.nextID()
	e.execs[execID] = &fakeExec{container: found, options: options, pid: firstPid + e.serial, killed: make(chan struct{})}
	return container.ExecCreateResponse{ID: execID}, nil
}

// findExec returns a command of a container that is there. The caller holds the lock.
func (e *Engine) findExec(id string) (*fakeExec, error) {
	x := e.execs[id]
	if x == nil || e.containers[x.container.id] == nil {
		return nil, fmt.Errorf("no such exec instance: %s: %w", id, errdefs.ErrNotFound)
	}
	return x, nil
}

// ContainerExecAttach runs the command and connects its streams.
func (c *Client) ContainerExecAttach(ctx context.Context, execID string, _ container.ExecAttachOptions) (types.HijackedResponse, error) {
	if err := c.enter(ctx, "ContainerExecAttach", execID); err != nil {
		return types.HijackedResponse{}, err
	}
	e := c.machine
	e.mu.Lock()
	defer e.mu.Unlock()
	x, err := e.findExec(execID)
	if err != nil {
		return types.HijackedResponse{}, err
	}
	input, toInput := io.Pipe()
	fromOutput, output := io.Pipe()
	go e.execute(x, input, output)
	stream := &duplex{Reader: fromOutput, Writer: toInput, closeWrite: toInput.Close, close: func() error {
		_ = toInput.CloseWithError(net.ErrClosed) // after closeWrite it changes nothing
		return fromOutput.Close()
	}}
	return types.HijackedResponse{Conn: stream, Reader: bufio.NewReader(stream)}, nil
}

// execute reads the command's input, lets it run, and writes its output.
func (e *Engine) execute(x *fakeExec, input *io.PipeReader, output *io.PipeWriter) {
	defer output.Close()
	defer input.Close()
	c := x.container
	asked := Exec{ID: c.id, Pod: c.pod, Container: c.container, Attempt: c.attempt, Command: x.options.Cmd}
	if x.options.AttachStdin {
		var err error
		if asked.Input, err = io.ReadAll(input); err != nil {
			e.mu.Lock()
			defer e.mu.Unlock()
			x.ended, x.code = true, 1 // whoever wrote it broke off, and the command knows nothing to do with a part
			return
		}
	}
	result := e.answerExec(x, asked)
	result = x.await(result)
	if result.Err != nil {
		result.Stdout, result.Stderr, result.Code = "OCI runtime exec failed: "+result.Err.Error(), "", 126 // as the engine writes it
	}
	e.mu.Lock()
	x.ended, x.code = true, result.Code
	e.mu.Unlock()
	if x.options.Tty {
		_, _ = io.WriteString(output, result.Stdout+result.Stderr)
		return
	}
	writeFrame(output, stdcopy.Stdout, result.Stdout)
	writeFrame(output, stdcopy.Stderr, result.Stderr)
}

// answerExec asks the test what the command does.
func (e *Engine) answerExec(x *fakeExec, asked Exec) ExecResult {
	e.mu.Lock()
	answer := e.onExec
	e.mu.Unlock()
	var result ExecResult
	if answer != nil {
		result = answer(asked)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	x.begun = true
	if x.container.container != network.SandboxContainer {
		end := strconv.Itoa(result.Code)
		if result.Err != nil {
			end = "error"
		}
		e.recordLasting(x.container, Executed, strings.Join(asked.Command, " ")+": "+end, result.Takes)
	}
	return result
}

// await lets the command run; SIGKILL and the end of its container end it early.
func (x *fakeExec) await(result ExecResult) ExecResult {
	var done <-chan time.Time
	if result.Takes != Forever {
		timer := time.NewTimer(result.Takes)
		defer timer.Stop()
		done = timer.C
	}
	select {
	case <-done:
		return result
	case <-x.killed:
	case <-x.container.exited:
	}
	return ExecResult{Code: codeKilled}
}

// killProcess ends the command of a container that has the process id, if it runs. The caller holds the lock.
func (e *Engine) killProcess(containerID string, pid int) {
	for _, x := range e.execs {
		if x.container.id == containerID && x.pid == pid && x.begun && !x.ended {
			x.ended, x.code = true, codeKilled
			close(x.killed)
			e.record(x.container, ExecKilled, strings.Join(x.options.Cmd, " "))
		}
	}
}

// writeFrame writes one frame of a multiplexed stream, whose reader may be gone.
func writeFrame(to io.Writer, stream stdcopy.StdType, text string) {
	if text != "" {
		_, _ = stdcopy.NewStdWriter(to, stream).Write([]byte(text))
	}
}

// ContainerExecInspect tells whether the command still runs.
func (c *Client) ContainerExecInspect(ctx context.Context, execID string) (container.ExecInspect, error) {
	if err := c.enter(ctx, "ContainerExecInspect", execID); err != nil {
		return container.ExecInspect{}, err
	}
	c.machine.mu.Lock()
	defer c.machine.mu.Unlock()
	x, err := c.machine.findExec(execID)
	if err != nil {
		return container.ExecInspect{}, err
	}
	seen := container.ExecInspect{ExecID: execID, ContainerID: x.container.id, Running: !x.ended, ExitCode: x.code}
	if x.begun {
		seen.Pid = x.pid
	}
	return seen, nil
}

// ContainerExecResize does nothing: there is no terminal.
func (c *Client) ContainerExecResize(ctx context.Context, execID string, _ container.ResizeOptions) error {
	return c.enter(ctx, "ContainerExecResize", execID)
}

// ContainerAttach connects with a running container, which reads its input and says nothing until it ends.
func (c *Client) ContainerAttach(ctx context.Context, id string, _ container.AttachOptions) (types.HijackedResponse, error) {
	if err := c.enter(ctx, "ContainerAttach", id); err != nil {
		return types.HijackedResponse{}, err
	}
	e := c.machine
	e.mu.Lock()
	defer e.mu.Unlock()
	found, err := e.find(id)
	if err != nil {
		return types.HijackedResponse{}, err
	}
	if !found.running() {
		return types.HijackedResponse{}, fmt.Errorf("container %s is not running: %w", id, errdefs.ErrConflict)
	}
	input, toInput := io.Pipe()
	fromOutput, output := io.Pipe()
	go func() { _, _ = io.Copy(io.Discard, input) }()
	left := make(chan struct{})
	go func() {
		defer output.Close()
		select {
		case <-found.exited:
		case <-left:
		}
	}()
	stream := &duplex{Reader: fromOutput, Writer: toInput, closeWrite: toInput.Close, close: sync.OnceValue(func() error {
		close(left)
		_ = toInput.Close()
		return fromOutput.Close()
	})}
	return types.HijackedResponse{Conn: stream, Reader: bufio.NewReader(stream)}, nil
}

// ContainerResize does nothing: there is no terminal.
func (c *Client) ContainerResize(ctx context.Context, id string, _ container.ResizeOptions) error {
	return c.enter(ctx, "ContainerResize", id)
}

// duplex is a connection of two pipes, of which one direction can be closed.
type duplex struct {
	net.Conn // nil: nothing else of it is used
	io.Reader
	io.Writer
	closeWrite, close func() error
}

func (d *duplex) Read(p []byte) (int, error)  { return d.Reader.Read(p) }
func (d *duplex) Write(p []byte) (int, error) { return d.Writer.Write(p) }

// CloseWrite ends the input of the command.
func (d *duplex) CloseWrite() error { return d.closeWrite() }

// Close breaks both directions off.
func (d *duplex) Close() error { return d.close() }
