package kubectl

import (
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"
	"k8s.io/kubectl/pkg/cmd/exec"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/kubectl/pkg/scheme"
	"k8s.io/kubectl/pkg/util/completion"
	"k8s.io/kubectl/pkg/util/templates"
)

// newExec is kubectl exec with another executor: kubectl's own dials the server's address, which a unix socket has not.
// The flags are those of kubectl's command.
func newExec(factory cmdutil.Factory, executor exec.RemoteExecutor, streams genericiooptions.IOStreams) *cobra.Command {
	options := &exec.ExecOptions{StreamOptions: exec.StreamOptions{IOStreams: streams}, Executor: executor}
	cmd := &cobra.Command{
		Use:                   "exec POD [-c CONTAINER] [flags] -- COMMAND [args...]",
		DisableFlagsInUseLine: true,
		Short:                 "Execute a command in a container",
		Long: templates.LongDesc(`
			Execute a command in a container. The exit code is that of the command.`),
		Example: templates.Examples(`
			# Run 'date' in the first container of pod web
			podsim exec web -- date

			# Run a command in the container app
			podsim exec web -c app -- cat /etc/hosts

			# Open a shell on the terminal
			podsim exec -it web -c app -- sh`),
		ValidArgsFunction: completion.PodResourceNameCompletionFunc(factory),
		RunE: func(cmd *cobra.Command, args []string) error {
			return catch(func() {
				cmdutil.CheckErr(options.Complete(factory, cmd, args, cmd.ArgsLenAtDash()))
				cmdutil.CheckErr(options.Validate())
				options.Config = coreConfig(options.Config)
				cmdutil.CheckErr(options.Run())
			})
		},
	}
	cmdutil.AddPodRunningTimeoutFlag(cmd, time.Minute)
	cmdutil.AddJsonFilenameFlag(cmd.Flags(), &options.FilenameOptions.Filenames, "to use to exec into the resource")
	cmdutil.AddContainerVarFlags(cmd, &options.ContainerName, options.ContainerName)
	cmd.Flags().BoolVarP(&options.Stdin, "stdin", "i", false, "Pass stdin to the container")
	cmd.Flags().BoolVarP(&options.TTY, "tty", "t", false, "Stdin is a TTY")
	cmd.Flags().BoolVarP(&options.Quiet, "quiet", "q", false, "Only print output from the remote session")
	return cmd
}

// coreConfig is config for requests to the API's core group, which is where pods are.
func coreConfig(config *rest.Config) *rest.Config {
	config = rest.CopyConfig(config)
	config.APIPath = "/api"
	config.GroupVersion = &corev1.SchemeGroupVersion
	config.NegotiatedSerializer = scheme.Codecs.WithoutConversion()
	return config
}
