package network

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"
)

// ExecEngine is the piece of the engine that CallAgent and Tunnel need.
type ExecEngine interface {
	ContainerExecCreate(ctx context.Context, containerID string, options container.ExecOptions) (container.ExecCreateResponse, error)
	ContainerExecAttach(ctx context.Context, execID string, config container.ExecAttachOptions) (types.HijackedResponse, error)
	ContainerExecInspect(ctx context.Context, execID string) (container.ExecInspect, error)
}

// Exit codes of the agent's verb subpath.
const (
	// ExitCreating: a missing directory could not be created.
	ExitCreating = 3
	// ExitPreparing: the path cannot be used, for example because it leads out of its volume.
	ExitPreparing = 4
)

// VerbError is the failure of a verb of the agent.
type VerbError struct {
	Verb     []string
	ExitCode int
	Output   []byte // standard output
	Message  string // standard error
}

func (e *VerbError) Error() string {
	return fmt.Sprintf("agent %s: exit code %d: %s", strings.Join(e.Verb, " "), e.ExitCode, e.Message)
}

// CallAgent runs a verb of the agent, with its arguments, in a running sandbox and returns what it printed. stdin may
// be nil. A verb that fails gives a *VerbError.
func CallAgent(ctx context.Context, engine ExecEngine, sandboxID string, stdin []byte, verb ...string) (stdout []byte, err error) {
	execID, stream, err := startAgent(ctx, engine, sandboxID, stdin != nil, verb...)
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	stop := context.AfterFunc(ctx, stream.Close)
	defer stop()

	if stdin != nil {
		if _, err := stream.Conn.Write(stdin); err != nil {
			return nil, fmt.Errorf("writing to the agent's %s: %w", verb[0], err)
		}
		if err := stream.CloseWrite(); err != nil {
			return nil, fmt.Errorf("writing to the agent's %s: %w", verb[0], err)
		}
	}
	var out, words bytes.Buffer
	if _, err := stdcopy.StdCopy(&out, &words, stream.Reader); err != nil {
		return nil, fmt.Errorf("reading from the agent's %s: %w", verb[0], errors.Join(ctx.Err(), err))
	}
	code, err := exitCode(ctx, engine, execID)
	if err != nil {
		return nil, fmt.Errorf("waiting for the agent's %s: %w", verb[0], err)
	}
	if code != 0 {
		return nil, &VerbError{Verb: verb, ExitCode: code, Output: out.Bytes(), Message: strings.TrimSpace(words.String())}
	}
	return out.Bytes(), nil
}

// startAgent starts a verb of the agent in a running sandbox. The caller closes the stream, which carries the verb's standard
// output and standard error, and its standard input if withStdin.
func startAgent(ctx context.Context, engine ExecEngine, sandboxID string, withStdin bool, verb ...string) (execID string, stream types.HijackedResponse, err error) {
	created, err := engine.ContainerExecCreate(ctx, sandboxID, container.ExecOptions{
		Cmd:          append([]string{AgentPath}, verb...),
		AttachStdin:  withStdin,
		AttachStdout: true,
		AttachStderr: true,
	})
	if err == nil {
		stream, err = Attach(ctx, engine, created.ID, container.ExecAttachOptions{})
	}
	if err != nil {
		return "", types.HijackedResponse{}, fmt.Errorf("calling the agent's %s: %w", verb[0], err)
	}
	return created.ID, stream, nil
}

// Attach starts an exec and returns its stream, which the caller closes. The Docker client forgets the context while it waits
// for the engine's first answer, so that wait is left to a goroutine that closes a stream which comes too late.
func Attach(ctx context.Context, engine ExecEngine, execID string, options container.ExecAttachOptions) (types.HijackedResponse, error) {
	type answer struct {
		stream types.HijackedResponse
		err    error
	}
	answers := make(chan answer)
	go func() {
		stream, err := engine.ContainerExecAttach(ctx, execID, options)
		select {
		case answers <- answer{stream, err}:
		case <-ctx.Done():
			if err == nil {
				stream.Close()
			}
		}
	}()
	select {
	case a := <-answers:
		return a.stream, a.err
	case <-ctx.Done():
		return types.HijackedResponse{}, ctx.Err()
	}
}

// exitCode returns the exit code of an exec whose streams have ended. The engine may notice the process's end a little
// later than the end of its streams and has no call that waits for it.
func exitCode(ctx context.Context, engine ExecEngine, execID string) (int, error) {
	for {
		state, err := engine.ContainerExecInspect(ctx, execID)
		if err != nil {
			return 0, err
		}
		if !state.Running {
			return state.ExitCode, nil
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// Tail returns the last bytes of a regular file in a running sandbox, at most so many, however large the file is.
func Tail(ctx context.Context, engine ExecEngine, sandboxID, path string, bytes int) ([]byte, error) {
	return CallAgent(ctx, engine, sandboxID, nil, "tail", strconv.Itoa(bytes), path)
}

// WriteHosts rewrites the pod's managed /etc/hosts in place, so that running containers see it too. It is due at every
// container start (S10.1).
func WriteHosts(ctx context.Context, engine ExecEngine, sandboxID string, hosts []byte) error {
	_, err := CallAgent(ctx, engine, sandboxID, hosts, "write", MetaDir+"/hosts")
	return err
}
