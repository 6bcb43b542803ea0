package enginetest

import (
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"
)

// ContainerLogs gives what the container printed; with Follow the stream ends when the container does.
func (c *Client) ContainerLogs(ctx context.Context, id string, options container.LogsOptions) (io.ReadCloser, error) {
	if err := c.enter(ctx, "ContainerLogs", id); err != nil {
		return nil, err
	}
	c.machine.mu.Lock()
	defer c.machine.mu.Unlock()
	found, err := c.machine.find(id)
	if err != nil {
		return nil, err
	}
	text, follow := lastLines(found.run.Output, options.Tail), options.Follow && found.running()
	reader, writer := io.Pipe()
	go func() {
		defer writer.Close()
		if options.ShowStdout {
			writeFrame(writer, stdcopy.Stdout, text)
		}
		if !follow {
			return
		}
		select {
		case <-found.exited:
		case <-ctx.Done():
		case <-c.dead:
		}
	}()
	return reader, nil
}

// lastLines is the end of a text, from so many lines before it; all of it if that is no number.
func lastLines(text, number string) string {
	n, err := strconv.Atoi(number)
	if lines := strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n"); err == nil && n < len(lines) {
		return text[len(strings.Join(lines[:len(lines)-n], "")):]
	}
	return text
}
