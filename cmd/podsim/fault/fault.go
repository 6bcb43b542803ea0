// Package fault is `podsim fault`: it does things to pods on purpose that happen to them by themselves in bad hours, and ends them.
package fault

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/podsim/podsim/cmd/podsim/client"
	"github.com/podsim/podsim/cmd/podsim/nodeflags"
	"github.com/podsim/podsim/runtime/endpoint"
	"github.com/podsim/podsim/runtime/fault"
)

// verbs are what all verbs of the command share.
type verbs struct {
	session *client.Session
	genericiooptions.IOStreams
}

// NewCommand makes the verb with its own verbs.
func NewCommand(session *client.Session, streams genericiooptions.IOStreams) *cobra.Command {
	v := &verbs{session, streams}
	cmd := &cobra.Command{
		Use:   "fault",
		Short: "Break a pod on purpose, and mend it",
		Long: templates.LongDesc(`
			Break a pod on purpose, to see what happens then: kill a container, freeze it, cut the pod off from its network or make
			that slow, fill a volume, let memory run out, or have an image fail to be pulled.

			Everything can be undone. What lasts ends with 'podsim fault clear', and with the pod; 'podsim fault list' shows it.
			Events tell of all of it.`),
		Example: templates.Examples(`
			# See what the pod does when a container is killed
			podsim fault kill web -c app

			# Let what the pod sends be late, and end that
			podsim fault network web --latency=200ms
			podsim fault clear web`),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(v.kill(), v.pause(), v.resume(), v.network(), v.fill(), v.memory(), v.pull(), v.list(), v.clear())
	for _, verb := range cmd.Commands() {
		verb.ValidArgsFunction = session.CompletePod
	}
	return cmd
}

// command is a verb that is about one pod and does what run does.
func command(use, short, long, examples string, run func(ctx context.Context, args []string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Long: templates.LongDesc(long), Example: templates.Examples(examples),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				args[0], _ = client.CutPod(args[0])
			}
			if len(args) == 0 || args[0] == "" {
				return fmt.Errorf("name a pod: %s", cmd.UseLine())
			}
			if strings.ContainsRune(args[0], '/') {
				return fmt.Errorf("faults are of pods, and %s is none", args[0])
			}
			return run(cmd.Context(), args)
		},
	}
}

// onePod refuses more than the name of one pod.
func onePod(args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("name one pod, not %d", len(args))
	}
	return nil
}

// with connects to the node and does something with the faults of a pod.
func (v *verbs) with(ctx context.Context, pod string, do func(endpoint.Faults) error) (err error) {
	connection, err := v.session.Connect(ctx, nodeflags.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, connection.Close(ctx)) }()
	namespace := v.session.Namespace
	if namespace == "" {
		namespace = metav1.NamespaceDefault
	}
	return do(endpoint.NewFaults(connection.Client.CoreV1().RESTClient(), namespace, pod))
}

// inject does a fault and says so.
func (v *verbs) inject(ctx context.Context, args []string, f fault.Fault) error {
	if err := onePod(args); err != nil {
		return err
	}
	return v.with(ctx, args[0], func(faults endpoint.Faults) error {
		done, err := faults.Inject(ctx, f)
		if err == nil {
			fmt.Fprintf(v.Out, "pod/%s: %s\n", args[0], done)
		}
		return err
	})
}

// end ends faults and says so.
func (v *verbs) end(ctx context.Context, pod string, ids ...string) error {
	return v.with(ctx, pod, func(faults endpoint.Faults) error {
		cleared, err := faults.Clear(ctx, ids...)
		for _, f := range cleared {
			fmt.Fprintf(v.Out, "pod/%s: no longer: %s\n", pod, f)
		}
		if err == nil && len(cleared) == 0 {
			fmt.Fprintf(v.ErrOut, "No faults found in pod %s.\n", pod)
		}
		return err
	})
}
