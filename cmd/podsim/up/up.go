// Package up is `podsim up`: it brings the pods of manifests to a node and shows what they do, in the foreground until
// they end, or until they have started on a node in the background.
package up

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/kubectl/pkg/util/templates"
	"k8s.io/kubectl/pkg/util/term"

	"github.com/podsim/podsim/cmd/podsim/client"
	"github.com/podsim/podsim/cmd/podsim/gates"
	"github.com/podsim/podsim/cmd/podsim/input"
	"github.com/podsim/podsim/cmd/podsim/podstate"
	"github.com/podsim/podsim/cmd/podsim/progress"
	"github.com/podsim/podsim/podspec/manifest"
)

type options struct {
	session     *client.Session
	inputs      []string
	nodeOptions client.NodeOptions
	replicas    int
	keepToken   bool
	isDetached  bool
	wait        bool
	timeout     time.Duration
	genericiooptions.IOStreams
}

// NewCommand makes the verb.
func NewCommand(session *client.Session, streams genericiooptions.IOStreams) *cobra.Command {
	o := &options{session: session, IOStreams: streams}
	cmd := &cobra.Command{
		Use:   "up (FILE|DIR|URL|-) ...",
		Short: "Run the pods of manifests",
		Long: templates.LongDesc(`
			Run the pods of manifests, with the ConfigMaps, Secrets and PersistentVolumeClaims beside them. Of a Deployment,
			ReplicaSet, StatefulSet, DaemonSet, Job or CronJob, one pod is run as its controller would make it, or as many as
			--replicas says.

			In the foreground, up shows what the containers do and their logs, and ends when every pod has ended; then it
			removes all that it made, except the data of PersistentVolumeClaims. Ctrl-C ends the pods gracefully, a second
			Ctrl-C at once. The exit code is 0 when every pod succeeded, 1 when one failed, and 2 when a manifest is bad.

			With --detach, up returns when the pods have started; it does not wait for an init container or a postStart hook
			that runs for more than a second. With --wait it returns when they are ready or have ended. The pods run until podsim down.`),
		Example: templates.Examples(`
			# Run a pod and follow its logs until it ends
			podsim up pod.yaml

			# Run all pods of a directory in the background
			podsim up --detach manifests/

			# Run two pods of each workload of a chart
			helm template ./chart | podsim up --replicas=2 -

			# Run a pod of a cluster, and wait until it is ready
			kubectl get pod web -o yaml | podsim up --detach --wait --timeout=2m -`),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.inputs = append(o.inputs, args...)
			if err := o.validate(); err != nil {
				return err
			}
			return o.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&o.inputs, "filename", "f", nil, "A file, directory or URL, or - for standard input; may be given several times")
	flags.BoolVarP(&o.isDetached, "detach", "d", false, "Run the pods in the background and return when they have started")
	flags.BoolVar(&o.wait, "wait", false, "Return when every pod is ready or has ended; implies --detach")
	flags.DurationVar(&o.timeout, "timeout", 0, "With --detach: how long to wait for the pods; 0 waits without end")
	flags.IntVar(&o.replicas, "replicas", 0, "How many pods to run of each workload; 0 means one, or none where the workload says 0 itself")
	flags.BoolVar(&o.keepToken, "keep-token-volume", false, "Keep the volume with a service account's token that a cluster added to its pods")
	gates.AddFlag(cmd, &o.nodeOptions.FeatureGates)
	flags.DurationVar(&o.nodeOptions.MaxRestartBackoff, "max-restart-backoff", 0, "The longest pause between restarts of a crashing container; 0 means 5m")
	return cmd
}

func (o *options) validate() error {
	o.isDetached = o.isDetached || o.wait
	switch {
	case len(o.inputs) == 0:
		return errors.New("name a file, a directory or a URL, or - for standard input")
	case o.replicas < 0:
		return errors.New("--replicas must not be negative")
	case o.timeout < 0:
		return errors.New("--timeout must not be negative")
	case o.timeout > 0 && !o.isDetached:
		return errors.New("--timeout needs --detach or --wait")
	case o.nodeOptions.MaxRestartBackoff != 0 && o.nodeOptions.MaxRestartBackoff < time.Second:
		return errors.New("--max-restart-backoff must be at least 1s")
	}
	return nil
}

func (o *options) run(ctx context.Context) error {
	m, err := input.Load(ctx, o.inputs, manifest.Options{
		Stdin: o.In, Namespace: o.session.Namespace, FeatureGates: o.nodeOptions.FeatureGates,
		Replicas: o.replicas, KeepTokenVolume: o.keepToken,
	}, o.ErrOut)
	if err != nil {
		return err
	}
	if o.isDetached {
		return o.detach(ctx, m)
	}
	return o.foreground(ctx, m)
}

// newDisplay shows pods as it suits the output: live on a terminal that has room for a line per container, plain
// elsewhere.
func (o *options) newDisplay(pods []*corev1.Pod) progress.Display {
	containers := 0
	for _, pod := range pods {
		containers += len(podstate.ContainerNames(pod))
	}
	out, errOut := term.TTY{Out: o.Out}, term.TTY{Out: o.ErrOut}
	colours := out.IsTerminalOut() && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	labels := progress.NewLabels(pods, colours)
	size := out.GetSize()
	if size == nil || !errOut.IsTerminalOut() || os.Getenv("TERM") == "dumb" || containers+2 > int(size.Height) {
		return progress.NewPlain(o.Out, o.ErrOut, labels)
	}
	width := func() int {
		if now := out.GetSize(); now != nil {
			return int(now.Width)
		}
		return int(size.Width)
	}
	return progress.NewLive(o.Out, width, pods, labels)
}

// warnIgnored names the flags that belong to the node and mean nothing when one runs already, which keeps what it was started with.
func (o *options) warnIgnored(connection *client.Connection) {
	if connection.StartedNode {
		return
	}
	const warning = "Warning: %s is ignored, because podsim runs already on this engine\n"
	if o.nodeOptions.MaxRestartBackoff != 0 {
		fmt.Fprintf(o.ErrOut, warning, "--max-restart-backoff")
	}
	if len(o.nodeOptions.FeatureGates) > 0 {
		fmt.Fprintf(o.ErrOut, warning, "--feature-gates")
	}
}
