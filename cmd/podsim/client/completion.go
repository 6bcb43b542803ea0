package client

import (
	"slices"

	"github.com/spf13/cobra"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/kubectl/pkg/util/completion"
)

// CompletePods has a shell complete the names of pods, of which there may be several, or of files.
func (s *Session) CompletePods(_ *cobra.Command, args []string, begin string) ([]string, cobra.ShellCompDirective) {
	pods := completion.CompGetResource(cmdutil.NewFactory(s.Getter()), "pods", begin)
	return slices.DeleteFunc(pods, func(pod string) bool { return slices.Contains(args, pod) }), cobra.ShellCompDirectiveDefault
}

// CompletePod has a shell complete the name of a pod, the first argument.
func (s *Session) CompletePod(cmd *cobra.Command, args []string, begin string) (pods []string, directive cobra.ShellCompDirective) {
	if len(args) == 0 {
		pods, _ = s.CompletePods(cmd, args, begin)
	}
	return pods, cobra.ShellCompDirectiveNoFileComp
}
