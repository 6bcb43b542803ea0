package kubectl

import (
	"net/url"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/kubectl/pkg/cmd/portforward"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/kubectl/pkg/util/completion"
	"k8s.io/kubectl/pkg/util/templates"
)

// Forwarder forwards local ports to a pod's; kubectl's own dials the server's address, which a unix socket has not.
type Forwarder interface {
	ForwardPorts(method string, url *url.URL, options portforward.PortForwardOptions) error
}

// newPortForward is kubectl port-forward with another forwarder.
func newPortForward(factory cmdutil.Factory, forwarder Forwarder, streams genericiooptions.IOStreams) *cobra.Command {
	options := portforward.NewDefaultPortForwardOptions(streams)
	options.PortForwarder = forwarder
	cmd := &cobra.Command{
		Use:                   "port-forward (POD | TYPE/NAME) [LOCAL_PORT:]REMOTE_PORT ... [flags]",
		DisableFlagsInUseLine: true,
		Short:                 "Forward local ports to a pod",
		Long: templates.LongDesc(`
			Forward local ports to ports of a pod, as its processes have them at localhost. The session ends with the pod, or with
			Ctrl-C.`),
		Example: templates.Examples(`
			# Have port 8080 of pod web here, too
			podsim port-forward web 8080

			# Have its port 80 at port 8888, and its port 443 at any port that is free
			podsim port-forward web 8888:80 :443

			# Have a pod behind Service web
			podsim port-forward service/web 8080:http`),
		ValidArgsFunction: completion.ResourceAndPortCompletionFunc(factory),
		RunE: func(cmd *cobra.Command, args []string) error {
			return catch(func() {
				cmdutil.CheckErr(options.Complete(factory, cmd, args))
				cmdutil.CheckErr(options.Validate())
				cmdutil.CheckErr(options.RunPortForwardContext(cmd.Context()))
			})
		},
	}
	cmdutil.AddPodRunningTimeoutFlag(cmd, time.Minute)
	cmd.Flags().StringSliceVar(&options.Address, "address", []string{"localhost"}, "Addresses to listen on (comma separated): IP addresses, or localhost for 127.0.0.1 and ::1")
	return cmd
}
