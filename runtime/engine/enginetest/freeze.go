package enginetest

import (
	"context"
	"fmt"

	"github.com/containerd/errdefs"
)

// ContainerPause freezes a running container: it goes on only when it is thawed, and takes no commands until then.
func (c *Client) ContainerPause(ctx context.Context, id string) error {
	return c.freeze(ctx, "ContainerPause", id, true)
}

// ContainerUnpause thaws a frozen container.
func (c *Client) ContainerUnpause(ctx context.Context, id string) error {
	return c.freeze(ctx, "ContainerUnpause", id, false)
}

func (c *Client) freeze(ctx context.Context, method, id string, frozen bool) error {
	if err := c.enter(ctx, method, id); err != nil {
		return err
	}
	e := c.machine
	e.mu.Lock()
	defer e.mu.Unlock()
	found, err := e.find(id)
	switch {
	case err != nil:
		return err
	case !found.running():
		return fmt.Errorf("container %s is not running: %w", id, errdefs.ErrConflict)
	case found.frozen == frozen:
		return fmt.Errorf("container %s is already so: %w", id, errdefs.ErrConflict)
	}
	found.frozen = frozen
	action := Thawed
	if frozen {
		action = Frozen
	}
	e.record(found, action, "")
	return nil
}
