package client

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/podsim/podsim/cmd/podsim/nodeflags"
	"github.com/podsim/podsim/runtime"
	"github.com/podsim/podsim/runtime/endpoint"
	"github.com/podsim/podsim/runtime/local"
)

// localNode is a node that runs in this process and holds the lease.
type localNode struct {
	*local.Node
	target  target
	options nodeflags.Options
	pulls   chan runtime.PullProgress
}

// startLocal runs a node in this process, which logs to log, or to the log file of nodes in the background when log is
// nil. It returns when the node has taken over the pods that it found. When ctx ends before, so does the node. The error is
// endpoint.ErrHeld, wrapped, when another process has the lease; nothing is left behind with any error.
func startLocal(ctx context.Context, t target, options nodeflags.Options, log io.Writer) (*localNode, error) {
	n := &localNode{target: t, options: options, pulls: make(chan runtime.PullProgress, 64)}
	var err error
	n.Node, err = local.Start(ctx, local.Place{Host: t.host, Dir: t.dir}, runtime.Options{
		MaxRestartBackoff:     options.MaxRestartBackoff,
		Log:                   options.Log,
		VolumeUpdateDelay:     options.VolumeUpdateDelay,
		ClusterAPI:            options.ClusterAPI,
		RBAC:                  options.RBAC,
		FeatureGates:          options.FeatureGates,
		Network:               options.Network,
		Listen:                options.Listen,
		PullProgress:          n.pulled,
		MaxParallelImagePulls: options.MaxParallelImagePulls,
		IdleTimeout:           options.IdleTimeout,
		Identity:              endpoint.NewIdentity(t.version),
	}, log)
	if err != nil {
		return nil, err
	}
	return n, nil
}

// pulled takes in the progress of a pull. Where nobody looks it is dropped, so that no pull waits.
func (n *localNode) pulled(p runtime.PullProgress) {
	select {
	case n.pulls <- p:
	default:
	}
}

// ConnectOrServe finds the node that runs for the engine, or runs it in this process with options until the connection
// is closed.
func (s *Session) ConnectOrServe(ctx context.Context, options nodeflags.Options) (*Connection, error) {
	t, err := s.target()
	if err != nil {
		return nil, err
	}
	node, err := startLocal(ctx, t, options, nil)
	if errors.Is(err, endpoint.ErrHeld) {
		return s.Connect(ctx, options)
	}
	if err != nil {
		return nil, err
	}
	connection, err := newConnection(t, options)
	if err != nil {
		return nil, errors.Join(err, node.Stop(context.WithoutCancel(ctx)))
	}
	connection.StartedNode = true
	connection.local = node
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
		err = errors.Join(reportErr, n.Stop(context.WithoutCancel(ctx)))
	}
	if errors.Is(err, endpoint.ErrHeld) && options.Listen != "" {
		err = fmt.Errorf("%w; podsim kubeconfig has it listen on a TCP port", err)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(log, "podsim serves the Kubernetes API on unix://%s\n", n.Address)
	select {
	case <-ctx.Done():
		return n.Stop(context.WithoutCancel(ctx))
	case <-n.Ended():
		return errors.Join(n.Err(), n.Stop(context.WithoutCancel(ctx)))
	}
}
