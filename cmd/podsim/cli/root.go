// Package cli puts the verbs of podsim together under one command.
package cli

import (
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/podsim/podsim/cmd/podsim/client"
	"github.com/podsim/podsim/cmd/podsim/doctor"
	"github.com/podsim/podsim/cmd/podsim/down"
	"github.com/podsim/podsim/cmd/podsim/fault"
	"github.com/podsim/podsim/cmd/podsim/kubeconfig"
	"github.com/podsim/podsim/cmd/podsim/kubectl"
	"github.com/podsim/podsim/cmd/podsim/node"
	"github.com/podsim/podsim/cmd/podsim/prune"
	"github.com/podsim/podsim/cmd/podsim/up"
	"github.com/podsim/podsim/cmd/podsim/validate"
	"github.com/podsim/podsim/cmd/podsim/version"
	"github.com/podsim/podsim/runtime/endpoint"
)

// NewCommand makes podsim's command. release is the version that the linker was given, or empty.
func NewCommand(release string, streams genericiooptions.IOStreams) *cobra.Command {
	session := &client.Session{Version: version.Info(release).GitVersion}
	root := &cobra.Command{
		Use:   "podsim",
		Short: "Run Kubernetes Pods on a plain Docker Engine",
		Long: templates.LongDesc(`
			podsim runs Kubernetes Pods on a plain Docker Engine as a real kubelet does: init containers, sidecars, restarts,
			probes, hooks, volumes, statuses and events. There is no cluster; the verbs are kubectl's.`),
		Example: templates.Examples(`
			# Run a pod until it ends
			podsim up pod.yaml

			# Run it in the background, look at it, and take it down
			podsim up --detach pod.yaml
			podsim get pods
			podsim logs -f web -c app
			podsim down web`),
		SilenceErrors: true, // main words errors
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return cmdutil.UsageErrorf(cmd, "%v", err) })
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.ErrOut)
	root.PersistentFlags().StringVarP(&session.Host, "host", "H", "", "The Docker Engine to use, such as unix:///var/run/docker.sock; DOCKER_HOST and the Docker context count without it")
	root.PersistentFlags().StringVarP(&session.Namespace, "namespace", "n", "", "The namespace of the pods; \"default\" without it")

	root.AddCommand(up.NewCommand(session, streams), down.NewCommand(session, streams))
	for _, verb := range kubectl.NewCommands(session.Getter(), endpoint.Executor{}, endpoint.Forwarder{IOStreams: streams}, streams) {
		kubectl.AddImpersonation(verb, &session.As)
		root.AddCommand(verb)
	}
	root.AddCommand(
		validate.NewCommand(&session.Namespace, streams),
		node.NewCommand(session, streams),
		kubeconfig.NewCommand(session, streams),
		fault.NewCommand(session, streams),
		doctor.NewCommand(session, streams),
		prune.NewCommand(session, streams),
		version.NewCommand(release, streams),
	)
	return root
}
