package kubectl

import (
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/kubectl/pkg/cmd/top"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/kubectl/pkg/util/templates"
)

// newTop is kubectl top for pods: podsim's node is no machine of its own that could be measured.
func newTop(factory cmdutil.Factory, streams genericiooptions.IOStreams) *cobra.Command {
	pod := adopt(top.NewCmdTopPod(factory, nil, streams), `
		# Show what all pods use
		podsim top pod

		# Show what each container of pod web uses
		podsim top pod web --containers`)
	pod.Long = templates.LongDesc(`
		Display how much processor time and memory pods use.

		The engine is asked at once: the processor time is that since the command before, if that was not more than a minute ago, else
		that of one second. Memory is what cannot be given back at once, as in a cluster.`)
	cmd := &cobra.Command{
		Use:        "top",
		Short:      "Display resource (CPU/memory) usage",
		Long:       pod.Long,
		Example:    pod.Example,
		RunE:       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		Args:       cobra.NoArgs,
		SuggestFor: []string{"stats"},
	}
	cmd.AddCommand(pod)
	return cmd
}
