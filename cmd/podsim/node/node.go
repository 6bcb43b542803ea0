// Package node is `podsim node`: it runs the node in the foreground until it is told to stop or has been idle for long
// enough. The other verbs start it in the background when they need one.
package node

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/podsim/podsim/cmd/podsim/client"
	"github.com/podsim/podsim/cmd/podsim/gates"
)

type options struct {
	session *client.Session
	node    client.NodeOptions
	genericiooptions.IOStreams
}

// NewCommand makes the verb.
func NewCommand(session *client.Session, streams genericiooptions.IOStreams) *cobra.Command {
	o := &options{session: session, IOStreams: streams}
	cmd := &cobra.Command{
		Use:    "node",
		Short:  "Run podsim's node in the foreground",
		Hidden: true,
		Long: templates.LongDesc(`
			Run podsim's node in the foreground: take over the pods that run on the engine, and serve the Kubernetes API on a
			unix socket. The other commands start a node by themselves. Pods that are there when the node ends go on running.`),
		Example: templates.Examples(`
			# Run a node until it is interrupted
			podsim node

			# Run a node that ends a minute after its last pod
			podsim node --idle-timeout=1m

			# Run a node with an alpha feature
			podsim node --feature-gates=ContainerStopSignals=true`),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	cmd.Flags().DurationVar(&o.node.IdleTimeout, "idle-timeout", 0, "End this long after the last pod is gone and the last request answered; 0 means never")
	gates.AddFlag(cmd, &o.node.FeatureGates)
	cmd.Flags().DurationVar(&o.node.MaxRestartBackoff, "max-restart-backoff", 0, "The longest pause between restarts of a crashing container; 0 means 5m")
	return cmd
}

func (o *options) run(ctx context.Context) error {
	if o.node.IdleTimeout < 0 || o.node.MaxRestartBackoff != 0 && o.node.MaxRestartBackoff < time.Second {
		return errors.New("--idle-timeout must not be negative, and --max-restart-backoff must be at least 1s")
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	return o.session.Serve(ctx, o.node, o.ErrOut)
}
