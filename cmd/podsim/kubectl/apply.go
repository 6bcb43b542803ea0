package kubectl

import (
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/kubectl/pkg/cmd/apply"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/kubectl/pkg/validation"
)

// newApply is kubectl apply, spared of what it asks servers of any age and kind: the node looks for unknown fields itself, and has the kinds
// of the release that kubectl's code has. To read the node's OpenAPI documents for the answers takes three times as long as all the rest.
func newApply(factory cmdutil.Factory, streams genericiooptions.IOStreams) *cobra.Command {
	cmd := adopt(apply.NewCmdApply(program, validatedByNode{factory}, streams), `
		# Bring objects to the node, or up to date: volumes of running pods follow their ConfigMaps and Secrets
		podsim apply -f settings.yaml

		# Let containers go on with the images that a changed manifest names
		podsim apply -f pod.yaml`)
	adoptBelow(cmd)
	patches := cmd.Flags().Lookup("openapi-patch")
	patches.DefValue = "false"
	if err := patches.Value.Set(patches.DefValue); err != nil {
		panic(err) // it is a boolean
	}
	return cmd
}

// validatedByNode is for commands that send objects to be validated as the user wishes.
type validatedByNode struct{ cmdutil.Factory }

// Validator implements cmdutil.Factory: there is nothing left to do before.
func (validatedByNode) Validator(string) (validation.Schema, error) {
	return validation.NullSchema{}, nil
}
