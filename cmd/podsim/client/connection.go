package client

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/podsim/podsim/cmd/podsim/nodeflags"
	"github.com/podsim/podsim/runtime"
	"github.com/podsim/podsim/runtime/endpoint"
	"github.com/podsim/podsim/runtime/follow"
)

// Connection reaches a node.
type Connection struct {
	// Client is the node's API.
	Client kubernetes.Interface
	// Config is how other clients reach it.
	Config *rest.Config
	// StartedNode is true when no node ran before, so that the pods it has are those that it found on the engine.
	StartedNode bool
	// Reconnect makes sure that a node answers after a connection broke, and starts one in the background if need be.
	Reconnect follow.Reconnect
	// readWarnings are texts of which the user need not hear again.
	readWarnings sync.Map
	stateDir     string     // of the node
	local        *localNode // nil when the node runs in another process
}

// NodeEnded is closed when the node of this process has ended; it is nil when the node runs in another process.
func (c *Connection) NodeEnded() <-chan struct{} {
	if c.local == nil {
		return nil
	}
	return c.local.Ended()
}

// Pulls tells how far the node of this process is with the images that it pulls; it is nil when the node runs in another process.
func (c *Connection) Pulls() <-chan runtime.PullProgress {
	if c.local == nil {
		return nil
	}
	return c.local.pulls
}

// NodeError says why the node of this process ended. It is for use after NodeEnded.
func (c *Connection) NodeError() error {
	if c.local.Err() == nil {
		return errors.New("podsim's node ended unexpectedly")
	}
	return fmt.Errorf("podsim's node ended: %w", c.local.Err())
}

// Access lets a client in over TCP that knows nothing of podsim.
func (c *Connection) Access(ctx context.Context) (endpoint.Access, error) {
	return endpoint.AskAccess(ctx, c.stateDir)
}

// Gone waits until the pod is gone.
func (c *Connection) Gone(ctx context.Context, pod *corev1.Pod) error {
	return follow.Gone(ctx, c.Client.CoreV1(), pod, c.Reconnect)
}

// Close ends the connection. A node of this process ends with it; if it still has pods, a node in the background is
// started that takes them over. It returns early when ctx ends; a node of this process then ends with the process.
func (c *Connection) Close(ctx context.Context) error {
	if c.local == nil {
		return nil
	}
	err := c.local.Stop(ctx)
	if err != nil {
		err = fmt.Errorf("ending podsim's node: %w", err)
	}
	if c.local.Empty() { // nobody can bring it pods any more
		return err
	}
	if _, spawnErr := c.local.target.ensureNode(ctx, c.local.options); spawnErr != nil {
		err = errors.Join(err, fmt.Errorf("handing the other pods over to a node in the background: %w", spawnErr))
	}
	return err
}

// newConnection makes the clients for a node. Should the node end, the next one is started with options, as this one was.
func newConnection(t target, options nodeflags.Options) (*Connection, error) {
	config := endpoint.Config(t.dir)
	c := &Connection{
		Config:   config,
		stateDir: t.dir,
		Reconnect: func(ctx context.Context) error {
			_, err := t.ensureNode(ctx, options)
			return err
		},
	}
	config.WarningHandler = newWarnings(os.Stderr, &c.readWarnings)
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("connecting to podsim's node: %w", err)
	}
	c.Client = client
	return c, nil
}
