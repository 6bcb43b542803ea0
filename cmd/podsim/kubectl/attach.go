package kubectl

import (
	"io"
	"net/url"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/kubectl/pkg/cmd/attach"
	"k8s.io/kubectl/pkg/cmd/exec"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/kubectl/pkg/util/completion"
	"k8s.io/kubectl/pkg/util/templates"
)

// remoteAttach attaches as an executor runs commands: the same streams, at another URL.
type remoteAttach struct{ exec.RemoteExecutor }

// Attach implements attach.RemoteAttach.
func (r remoteAttach) Attach(url *url.URL, config *rest.Config, stdin io.Reader, stdout, stderr io.Writer, tty bool, sizes remotecommand.TerminalSizeQueue) error {
	return r.Execute(url, config, stdin, stdout, stderr, tty, sizes)
}

// newAttach is kubectl attach, with the executor of newExec.
func newAttach(factory cmdutil.Factory, executor exec.RemoteExecutor, streams genericiooptions.IOStreams) *cobra.Command {
	options := attach.NewAttachOptions(streams)
	options.Attach = remoteAttach{executor}
	cmd := &cobra.Command{
		Use:                   "attach POD [-c CONTAINER] [flags]",
		DisableFlagsInUseLine: true,
		Short:                 "Attach to a running container",
		Long: templates.LongDesc(`
			Attach to the process that a running container was started with: see its output from now on and, with -i, write to its
			stdin if the pod's manifest gives it one. Ctrl-C leaves the container running.`),
		Example: templates.Examples(`
			# Follow the output of the only container of pod web
			podsim attach web

			# Talk to a container with stdin: true and tty: true
			podsim attach -it web -c shell`),
		ValidArgsFunction: completion.PodResourceNameCompletionFunc(factory),
		RunE: func(cmd *cobra.Command, args []string) error {
			return catch(func() {
				cmdutil.CheckErr(options.Complete(factory, cmd, args))
				cmdutil.CheckErr(options.Validate())
				options.Config = coreConfig(options.Config)
				cmdutil.CheckErr(options.Run())
			})
		},
	}
	cmdutil.AddPodRunningTimeoutFlag(cmd, time.Minute)
	cmdutil.AddContainerVarFlags(cmd, &options.ContainerName, options.ContainerName)
	cmd.Flags().BoolVarP(&options.Stdin, "stdin", "i", false, "Pass stdin to the container")
	cmd.Flags().BoolVarP(&options.TTY, "tty", "t", false, "Stdin is a TTY")
	cmd.Flags().BoolVarP(&options.Quiet, "quiet", "q", false, "Only print output from the remote session")
	cmd.Flags().StringVar(&options.DetachKeys, "detach-keys", "ctrl-p,ctrl-q", "Override the key sequence for detaching a container")
	return cmd
}
