package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"

	"github.com/containerd/errdefs"
	dockercontainer "github.com/docker/docker/api/types/container"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/plan"
	"github.com/podsim/podsim/runtime/state"
	"github.com/podsim/podsim/volumes"
)

const (
	// maxMessage is how much of the end of a termination log becomes the message, in bytes (S10.31).
	maxMessage = 4096
	// lastLines and maxLastLines, in bytes, are how much of the end of a log stands in for an empty termination log (S10.32).
	lastLines, maxLastLines = 80, 2048
	// fetchedWhole is up to which size, in bytes, a termination log is fetched as a whole. The end of a larger one is cut off inside the
	// sandbox, if that runs.
	fetchedWhole = 64 << 10
)

// readMessage completes the end of an instance with what its container left to say: the runtime's own message comes first (S10.31).
func (w *worker) readMessage(ctx context.Context, pod *corev1.Pod, container string, ended *state.Instance) {
	if ended.Reason == plan.ReasonStartError { // then it had no time to say anything
		return
	}
	c, _ := podspec.FindContainer(pod, container)
	if c == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, engineTimeout) // it must not hold the pod for ever
	defer cancel()
	ended.Message = joinMessages(ended.Message, w.terminationMessage(ctx, c, ended))
}

// joinMessages puts the words of a container behind those of the runtime.
func joinMessages(runtime, container string) string {
	if runtime == "" || container == "" {
		return runtime + container
	}
	return runtime + ": " + container
}

// terminationMessage is what the container of an instance that has ended wrote into its termination log, or where the log's end is to
// stand in for that, the end of the log (S10.31, S10.32).
func (w *worker) terminationMessage(ctx context.Context, c *corev1.Container, ended *state.Instance) string {
	var content []byte
	err := w.node.insist(ctx, "reading a termination log", func() (err error) {
		content, err = w.terminationLog(ctx, c, ended)
		return err
	})
	if ctx.Err() == context.Canceled {
		return "" // nobody waits for it any more, or the next node reads it
	}
	if err != nil {
		return fmt.Sprintf("Error on reading termination log %s: %s", c.TerminationMessagePath, engineText(err))
	}
	if len(content) > 0 || ended.ExitCode == 0 || c.TerminationMessagePolicy != corev1.TerminationMessageFallbackToLogsOnError {
		return string(content)
	}
	err = w.node.insist(ctx, "reading the end of a log", func() (err error) {
		content, err = w.endOfLog(ctx, ended.ID, c.TTY)
		return err
	})
	if err != nil {
		return fmt.Sprintf("Error on reading termination message from logs: %s", engineText(err))
	}
	return string(content)
}

// terminationLog is the end of an instance's termination log, as the sandbox has it in the meta volume, or as the instance itself has it
// if the sandbox is gone.
func (w *worker) terminationLog(ctx context.Context, c *corev1.Container, ended *state.Instance) ([]byte, error) {
	if c.TerminationMessagePath == "" {
		return nil, nil
	}
	if sandbox := w.state.Sandbox; sandbox != nil {
		content, err := w.endOfFile(ctx, sandbox.ID, path.Join(network.MetaDir, volumes.TerminationLog(c.Name, ended.Attempt)), sandbox.Ready)
		if !errdefs.IsNotFound(err) {
			return content, err
		}
	}
	content, err := w.endOfFile(ctx, ended.ID, path.Join("/", c.TerminationMessagePath), false)
	if errdefs.IsNotFound(err) {
		return nil, nil
	}
	return content, err
}

// endOfFile is the end of a regular file in one of the engine's containers. That the file is empty, as most are, is cheap to learn.
func (w *worker) endOfFile(ctx context.Context, id, at string, sandboxRuns bool) ([]byte, error) {
	seen, err := w.node.engine.ContainerStatPath(ctx, id, at)
	switch {
	case err != nil:
		return nil, err
	case !seen.Mode.IsRegular():
		return nil, errors.New("it is not a regular file")
	case seen.Size == 0:
		return nil, nil
	case seen.Size > fetchedWhole && sandboxRuns:
		return network.Tail(ctx, w.node.engine, id, at, maxMessage)
	}
	end := &tailBuffer{limit: maxMessage}
	err = copyEntry(ctx, w.node.engine, id, at, end)
	return end.content, err
}

// endOfLog is the end of an instance's log, both streams mixed.
func (w *worker) endOfLog(ctx context.Context, id string, tty bool) ([]byte, error) {
	stream, err := w.node.engine.ContainerLogs(ctx, id, dockercontainer.LogsOptions{ShowStdout: true, ShowStderr: true, Tail: strconv.Itoa(lastLines)})
	if err != nil {
		return nil, err
	}
	text := demultiplex(stream, tty)
	defer text.Close()
	end := &tailBuffer{limit: maxLastLines}
	_, err = io.Copy(end, text)
	return end.content, err
}

// tailBuffer keeps the last bytes that are written to it.
type tailBuffer struct {
	limit   int
	content []byte
}

var _ io.Writer = (*tailBuffer)(nil)

func (b *tailBuffer) Write(p []byte) (int, error) {
	b.content = append(b.content, p[max(0, len(p)-b.limit):]...)
	b.content = b.content[max(0, len(b.content)-b.limit):]
	return len(p), nil
}
