// Package node is `podsim node`: it runs the node in the foreground until it is told to stop or has been idle for long
// enough. The other verbs start it in the background when they need one.
package node

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/podsim/podsim/cmd/podsim/client"
	"github.com/podsim/podsim/cmd/podsim/nodeflags"
)

type options struct {
	session *client.Session
	node    nodeflags.Options
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
	o.node.AddTo(cmd)
	cmd.Flags().StringVar(&o.node.Network, "network", "", "The network of the engine, by name or id, that pods join unless they name another; each namespace has its own when unset")
	return cmd
}

func (o *options) run(ctx context.Context) error {
	if err := o.node.Validate(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	return o.session.Serve(ctx, o.node, o.ErrOut)
}
