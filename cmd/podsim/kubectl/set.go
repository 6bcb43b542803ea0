package kubectl

import (
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/kubectl/pkg/cmd/set"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/kubectl/pkg/util/templates"
)

// newSet is kubectl set for images: nothing else that it sets can change of a pod.
func newSet(factory cmdutil.Factory, streams genericiooptions.IOStreams) *cobra.Command {
	image := adopt(set.NewCmdImage(factory, streams), `
		# Let container app of pod web go on with another image: it alone is started again
		podsim set image pod/web app=web:2`)
	image.Short = "Update the images of a pod's containers"
	image.Long = templates.LongDesc(`
		Update the images of a pod's containers.

		A main container or a sidecar that runs is stopped and started again with its new image; the others go on running.`)
	cmd := &cobra.Command{
		Use:     "set",
		Short:   "Set the images of a pod's containers",
		Long:    image.Long,
		Example: image.Example,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		Args:    cobra.NoArgs,
	}
	cmd.AddCommand(image)
	return cmd
}
