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
		Use:   "node",
		Short: "Run podsim's node in the foreground",
		Long: templates.LongDesc(`
			Run podsim's node in the foreground: take over the pods that run on the engine, and serve the Kubernetes API on a
			unix socket. The other commands start a node by themselves, in the background, which ends when it has been idle for
			a while. Pods that are there when the node ends go on running.

			With --listen the API is served over TCP, too, with TLS, to clients that have what podsim kubeconfig writes. The port is
			remembered: the nodes that follow listen there without --listen, so that kubeconfigs stay good.`),
		Example: templates.Examples(`
			# Run a node until it is interrupted
			podsim node

			# Run a node that kubectl and client-go reach, too
			podsim node --listen=127.0.0.1:0

			# Run a node that ends a minute after its last pod
			podsim node --idle-timeout=1m

			# Run a node with an alpha feature
			podsim node --feature-gates=ContainerStopSignals=true`),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	cmd.Flags().DurationVar(&o.node.IdleTimeout, "idle-timeout", 0, "End this long after the last pod is gone and the last request answered; 0 means never")
	cmd.Flags().StringVar(&o.node.Listen, "listen", "", "A loopback address and port to serve the API on over TCP, such as 127.0.0.1:6443; port 0 means the one that an earlier node had, or any that is free")
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
