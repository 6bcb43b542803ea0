// Package local runs a node in this process: it puts together the lease of a state directory, the engine and the node, and takes them
// apart again. It reads what the environment says about all nodes of a user; what one node is to be like, the caller says.
package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/runtime"
	"github.com/podsim/podsim/runtime/endpoint"
	"github.com/podsim/podsim/runtime/engine"
)

// Place is where a node is.
type Place struct {
	// Host is the endpoint of its engine (see engine.Host).
	Host string
	// Dir is its state directory, with the lease and the socket.
	Dir string
	// Labels are put on all containers, networks and volumes that the node makes, beside its own; nil adds none.
	Labels map[string]string
}

// Node is a node that runs in this process and holds the lease.
type Node struct {
	*runtime.Node
	// Engine is the node's connection to its engine, as long as the node runs.
	Engine engine.Engine
	// Address is that of the node's socket.
	Address string

	dir     string
	cancel  context.CancelFunc // nil before the node runs
	closers []io.Closer        // what the node needs while it runs, in the order of closing
	ended   chan struct{}      // closed when the node has ended
	result  error              // why it ended; to be read after ended
}

// Start runs a node, which logs to log, or to the log file of nodes in the background when log is nil. Of the options it fills in what
// follows from the place and from the environment. It returns when the node has taken over the pods that it found. When ctx ends
// before, so does the node. The error is endpoint.ErrHeld, wrapped, when another process has the lease; nothing is left behind with
// any error.
func Start(ctx context.Context, place Place, options runtime.Options, log io.Writer) (_ *Node, err error) {
	n := &Node{dir: place.Dir, ended: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.Stop(context.WithoutCancel(ctx)))
		}
	}()
	lease, err := endpoint.Acquire(place.Dir)
	if err != nil {
		return nil, err
	}
	n.Address, n.closers = lease.Listener.Addr().String(), []io.Closer{lease}
	if log == nil {
		file, err := os.OpenFile(endpoint.LogPath(place.Dir), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, fmt.Errorf("opening the log of podsim's node: %w", err)
		}
		log, n.closers = file, append([]io.Closer{file}, n.closers...)
	}
	dial, err := network.ParseDialMode(os.Getenv(network.DialVariable))
	if err != nil {
		return nil, err
	}
	docker, err := engine.Connect(ctx, place.Host)
	if err != nil {
		return nil, err
	}
	n.closers = append([]io.Closer{docker}, n.closers...)
	n.Engine = engine.WithLabels(docker, place.Labels)
	options.ID = runtime.NodeID(place.Dir)
	options.EngineHost, options.Dial = place.Host, dial
	options.StateDir, options.TokenKeyFile = place.Dir, endpoint.TokenKeyPath(place.Dir)
	options.SeccompDir = endpoint.SeccompDirectory()
	options.Keychain = authn.DefaultKeychain
	options.Platform = os.Getenv("DOCKER_DEFAULT_PLATFORM")
	options.Logger = slog.New(slog.NewTextHandler(log, nil))
	n.Node = runtime.NewNode(n.Engine, options)
	// Once it serves, the node ends when it is told to, and not with the command that started it: that one still has to
	// clean up.
	nodeContext, cancel := context.WithCancel(context.WithoutCancel(ctx))
	n.cancel = cancel
	go func() {
		defer close(n.ended)
		n.result = n.Run(nodeContext, lease.Listener)
	}()
	select {
	case <-n.Ready():
		return n, nil
	case <-n.ended:
		return nil, fmt.Errorf("starting podsim's node: %w", n.result)
	case <-ctx.Done():
		return nil, fmt.Errorf("starting podsim's node: %w", context.Cause(ctx))
	}
}

// Ended is closed when the node has ended, whether it was stopped or not.
func (n *Node) Ended() <-chan struct{} { return n.ended }

// Err says why the node ended; nil is when it was stopped or has been idle for its time. It is for use after Ended.
func (n *Node) Err() error { return n.result }

// Stop ends the node if it runs, waits for it and gives the lease back. Its pods go on running. When ctx ends before the node, it
// returns with the lease still held.
func (n *Node) Stop(ctx context.Context) error {
	if n.cancel != nil {
		n.cancel()
		select {
		case <-n.ended:
		case <-ctx.Done():
			return fmt.Errorf("waiting for its end: %w", context.Cause(ctx))
		}
	}
	var errs []error
	if n.cancel != nil && n.result == nil && n.Vacant() {
		errs = append(errs, endpoint.ForgetTokenKey(n.dir))
	}
	for _, closer := range n.closers {
		errs = append(errs, closer.Close())
	}
	return errors.Join(errs...)
}
