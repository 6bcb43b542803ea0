package kubectl

import (
	"bytes"
	"io"
	"net/url"
	"sync"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/kubectl/pkg/cmd/cp"
	"k8s.io/kubectl/pkg/cmd/exec"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/kubectl/pkg/util/templates"
)

// newCopy is kubectl cp with the executor of newExec.
func newCopy(factory cmdutil.Factory, executor exec.RemoteExecutor, streams genericiooptions.IOStreams) *cobra.Command {
	options := cp.NewCopyOptions(streams)
	cmd := &cobra.Command{
		Use:                   "cp SOURCE DESTINATION [-c CONTAINER] [flags]",
		DisableFlagsInUseLine: true,
		Short:                 "Copy files and directories to and from containers",
		Long: templates.LongDesc(`
			Copy files and directories to and from containers, whose paths are POD:PATH or NAMESPACE/POD:PATH. The container must have
			the program tar.`),
		Example: templates.Examples(`
			# Copy a directory into the first container of pod web
			podsim cp ./site web:/srv/site

			# Copy a file out of container app
			podsim cp web:/var/log/app.log app.log -c app`),
		RunE: func(cmd *cobra.Command, args []string) error {
			return catch(func() {
				cmdutil.CheckErr(options.Complete(factory, cmd, args))
				cmdutil.CheckErr(options.Validate())
				commands := &commands{RemoteExecutor: executor, copied: make(chan struct{})}
				options.Executor, options.ClientConfig = commands, coreConfig(options.ClientConfig)
				cmdutil.CheckErr(options.Run())
				cmdutil.CheckErr(commands.wait())
			})
		},
	}
	cmdutil.AddContainerVarFlags(cmd, &options.Container, options.Container)
	cmd.Flags().BoolVar(&options.NoPreserve, "no-preserve", false, "The copied file/directory's ownership and permissions will not be preserved in the container")
	cmd.Flags().IntVar(&options.MaxTries, "retries", 0, "How often to go on with a copy from a container that broke off; negative means without end")
	return cmd
}

// commands are the commands that a copy runs in a container. The copy does not wait for them: it ends with the archive's last file, and
// what went wrong with the command that writes the archive would never be known.
type commands struct {
	exec.RemoteExecutor
	running sync.WaitGroup
	copied  chan struct{} // closed when nobody reads their output any more

	mu     sync.Mutex
	failed error // of the last command
}

// Execute implements exec.RemoteExecutor.
func (c *commands) Execute(url *url.URL, config *rest.Config, stdin io.Reader, stdout, stderr io.Writer, tty bool, sizes remotecommand.TerminalSizeQueue) error {
	c.running.Add(1)
	defer c.running.Done()
	if stdout != nil {
		output := &abandonable{to: stdout, abandoned: c.copied, chunks: make(chan []byte), written: make(chan error)}
		defer close(output.chunks)
		go output.run()
		stdout = output
	}
	err := c.RemoteExecutor.Execute(url, config, stdin, stdout, stderr, tty, sizes)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed = err
	return err
}

// wait lets the commands come to their end, once the copy has, and says how the last of them ended: an earlier one asked whether the
// destination is a directory, or was tried again.
func (c *commands) wait() error {
	close(c.copied)
	c.running.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failed
}

// abandonable is an output whose reader may stop reading: what is written from then on is dropped.
type abandonable struct {
	to        io.Writer
	abandoned <-chan struct{}
	chunks    chan []byte
	written   chan error
}

// run writes the chunks. It never ends if the reader stops while it writes; the process does.
func (a *abandonable) run() {
	for chunk := range a.chunks {
		_, err := a.to.Write(chunk)
		select {
		case a.written <- err:
		case <-a.abandoned:
			return
		}
	}
}

// Write implements io.Writer.
func (a *abandonable) Write(p []byte) (int, error) {
	select {
	case <-a.abandoned:
		return len(p), nil
	case a.chunks <- bytes.Clone(p):
	}
	select {
	case err := <-a.written:
		return len(p), err
	case <-a.abandoned:
		return len(p), nil
	}
}
