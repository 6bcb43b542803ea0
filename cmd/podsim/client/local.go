package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/podsim/podsim/cmd/podsim/nodeflags"
	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/runtime"
	"github.com/podsim/podsim/runtime/endpoint"
	"github.com/podsim/podsim/runtime/engine"
)

// localNode is a node that runs in this process and holds the lease.
type localNode struct {
	node    *runtime.Node
	target  target
	options nodeflags.Options
	cancel  context.CancelFunc // nil before the node runs
	address string             // of the socket
	closers []io.Closer        // what the node needs while it runs, in the order of closing
	pulls   chan runtime.PullProgress

	ended  chan struct{} // closed when the node has ended
	result error         // why it ended; to be read after ended
}

// startLocal runs a node in this process, which logs to log, or to the log file of nodes in the background when log is
// nil. It returns when the node has taken over the pods that it found. When ctx ends before, so does the node. The error is
// endpoint.ErrHeld, wrapped, when another process has the lease; nothing is left behind with any error.
func startLocal(ctx context.Context, t target, options nodeflags.Options, log io.Writer) (_ *localNode, err error) {
	n := &localNode{target: t, options: options, pulls: make(chan runtime.PullProgress, 64), ended: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.stop(context.WithoutCancel(ctx)))
		}
	}()
	lease, err := endpoint.Acquire(t.dir)
	if err != nil {
		return nil, err
	}
	n.address, n.closers = lease.Listener.Addr().String(), []io.Closer{lease}
	if log == nil {
		file, err := os.OpenFile(endpoint.LogPath(t.dir), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, fmt.Errorf("opening the log of podsim's node: %w", err)
		}
		log, n.closers = file, append([]io.Closer{file}, n.closers...)
	}
	dial, err := network.ParseDialMode(os.Getenv(network.DialVariable))
	if err != nil {
		return nil, err
	}
	docker, err := engine.Connect(ctx, t.host)
	if err != nil {
		return nil, err
	}
	n.closers = append([]io.Closer{docker}, n.closers...)
	n.node = runtime.NewNode(docker, runtime.Options{
		ID:                runtime.NodeID(t.dir),
		MaxRestartBackoff: options.MaxRestartBackoff,
		Log:               options.Log,
		VolumeUpdateDelay: options.VolumeUpdateDelay,
		ClusterAPI:        options.ClusterAPI,
		FeatureGates:      options.FeatureGates,
		Network:           options.Network,
		EngineHost:        t.host,
		Dial:              dial,
		TokenKeyFile:      endpoint.TokenKeyPath(t.dir),
		StateDir:          t.dir,
		Listen:            options.Listen,
		SeccompDir:        endpoint.SeccompDirectory(),
		Keychain:          authn.DefaultKeychain,
		PullProgress:      n.pulled,
		Platform:          os.Getenv("DOCKER_DEFAULT_PLATFORM"),

		MaxParallelImagePulls: options.MaxParallelImagePulls,
		IdleTimeout:           options.IdleTimeout,
		Logger:                slog.New(slog.NewTextHandler(log, nil)),
	})
	// Once it serves, the node ends when it is told to, and not with the command that started it: that one still has to
	// clean up.
	nodeContext, cancel := context.WithCancel(context.WithoutCancel(ctx))
	n.cancel = cancel
	go func() {
		defer close(n.ended)
		n.result = n.node.Run(nodeContext, lease.Listener)
	}()
	select {
	case <-n.node.Ready():
		return n, nil
	case <-n.ended:
		return nil, fmt.Errorf("starting podsim's node: %w", n.result)
	case <-ctx.Done():
		return nil, fmt.Errorf("starting podsim's node: %w", context.Cause(ctx))
	}
}

// pulled takes in the progress of a pull. Where nobody looks it is dropped, so that no pull waits.
func (n *localNode) pulled(p runtime.PullProgress) {
	select {
	case n.pulls <- p:
	default:
	}
}

// stop ends the node if it runs, waits for it and gives the lease back. Its pods go on running. When ctx ends before the node, it
// returns with the lease still held.
func (n *localNode) stop(ctx context.Context) error {
	if n.cancel != nil {
		n.cancel()
		select {
		case <-n.ended:
		case <-ctx.Done():
			return fmt.Errorf("waiting for its end: %w", context.Cause(ctx))
		}
	}
	var errs []error
	if n.cancel != nil && n.result == nil && n.node.Empty() {
		errs = append(errs, endpoint.ForgetTokenKey(n.target.dir))
	}
	for _, closer := range n.closers {
		errs = append(errs, closer.Close())
	}
	return errors.Join(errs...)
}

// ConnectOrServe finds the node that runs for the engine, or runs it in this process with options until the connection
// is closed.
func (s *Session) ConnectOrServe(ctx context.Context, options nodeflags.Options) (*Connection, error) {
	t, err := s.target()
	if err != nil {
		return nil, err
	}
	local, err := startLocal(ctx, t, options, nil)
	if errors.Is(err, endpoint.ErrHeld) {
		return s.Connect(ctx, options)
	}
	if err != nil {
		return nil, err
	}
	connection, err := newConnection(t, options)
	if err != nil {
		return nil, errors.Join(err, local.stop(context.WithoutCancel(ctx)))
	}
	connection.StartedNode = true
	connection.local = local
	return connection, nil
}

// Serve is the node in this process until ctx ends or it has been idle for long enough. Its log goes to log.
func (s *Session) Serve(ctx context.Context, options nodeflags.Options, log io.Writer) error {
	t, err := s.target()
	if err != nil {
		return errors.Join(err, endpoint.Report(err))
	}
	n, err := startLocal(ctx, t, options, log)
	if reportErr := endpoint.Report(err); err == nil && reportErr != nil {
		err = errors.Join(reportErr, n.stop(context.WithoutCancel(ctx)))
	}
	if errors.Is(err, endpoint.ErrHeld) && options.Listen != "" {
		err = fmt.Errorf("%w; podsim kubeconfig has it listen on a TCP port", err)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(log, "podsim serves the Kubernetes API on unix://%s\n", n.address)
	select {
	case <-ctx.Done():
		return n.stop(context.WithoutCancel(ctx))
	case <-n.ended:
		return errors.Join(n.result, n.stop(context.WithoutCancel(ctx)))
	}
}
