package kubectl

import (
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/kubectl/pkg/cmd/create"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
)

// notServed are the kinds that kubectl creates from flags and the node does not have.
var notServed = []string{"ingress", "poddisruptionbudget", "priorityclass", "quota"}

// newCreate is kubectl create for the kinds that the node serves.
func newCreate(factory cmdutil.Factory, streams genericiooptions.IOStreams) *cobra.Command {
	cmd := create.NewCmdCreate(validatedByNode{factory}, streams)
	for _, below := range cmd.Commands() {
		if slices.Contains(notServed, below.Name()) {
			cmd.RemoveCommand(below)
		}
	}
	adoptBelow(cmd)
	adopt(cmd, `
		# Create what a manifest describes
		podsim create -f settings.yaml

		# Create a ConfigMap
		podsim create configmap settings --from-literal=level=debug

		# Let the account of a pod read pods
		podsim create role reader --verb=get,list,watch --resource=pods
		podsim create rolebinding reader --role=reader --serviceaccount=default:web

		# Print a token of a service account
		podsim create token default`)
	return cmd
}
