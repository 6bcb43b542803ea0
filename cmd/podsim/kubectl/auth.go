package kubectl

import (
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/kubectl/pkg/cmd/auth"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/kubectl/pkg/util/templates"
)

// newAuth is kubectl auth with all that it can do.
func newAuth(factory cmdutil.Factory, streams genericiooptions.IOStreams) *cobra.Command {
	cmd := auth.NewCmdAuth(factory, streams)
	adoptBelow(cmd)
	adopt(cmd, `
		# Tell whether the account of a pod may list pods, when the node runs with --authorization=rbac
		podsim auth can-i list pods --as=system:serviceaccount:default:web

		# Tell all that it may do
		podsim auth can-i --list --as=system:serviceaccount:default:web`)
	return cmd
}

// adoptBelow makes the commands below one of kubectl's podsim's, with their own examples.
func adoptBelow(cmd *cobra.Command) {
	for _, below := range cmd.Commands() {
		adoptBelow(below)
		examples := templates.Examples(rename(below.Example))
		adopt(below, examples)
	}
}
