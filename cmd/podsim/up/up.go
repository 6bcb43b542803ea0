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
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/kubectl/pkg/util/templates"
	"k8s.io/kubectl/pkg/util/term"

	"github.com/podsim/podsim/cmd/podsim/client"
	"github.com/podsim/podsim/cmd/podsim/exit"
	"github.com/podsim/podsim/cmd/podsim/input"
	"github.com/podsim/podsim/cmd/podsim/nodeflags"
	"github.com/podsim/podsim/cmd/podsim/progress"
	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/podspec/manifest"
	"github.com/podsim/podsim/runtime/podstate"
)

type options struct {
	session    *client.Session
	inputs     []string
	node       nodeflags.Options
	replicas   int
	keepToken  bool
	isDetached bool
	wait       bool
	timeout    time.Duration
	replaced   []string // --image
	network    string
	built      []string // --build
	watch      bool
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
			Ctrl-C at once. The exit code is 0 when every pod succeeded, 1 when one failed, 2 when a manifest is bad, and 130
			after Ctrl-C (143 after SIGTERM).

			With --build, the image of a container is built from a directory with a Dockerfile, on the engine, and with --watch
			again whenever something changes there: that container alone is started again with it.

			With --detach, up returns when the pods have started; it does not wait for an init container or a postStart hook
			that runs for more than a second. With --wait it returns when they are ready or have ended. The pods run until podsim down.`),
		Example: templates.Examples(`
			# Run a pod and follow its logs until it ends
			podsim up pod.yaml

			# Run all pods of a directory in the background
			podsim up --detach manifests/

			# Run two pods of each workload of a chart
			helm template ./chart | podsim up --replicas=2 -

			# Try another image in one container of a manifest
			podsim up --image=app=web:dev pod.yaml

			# Run a pod on the network of other containers, such as those of a test
			podsim up --network=my-test pod.yaml

			# Build the image of one container from a directory with a Dockerfile, and again whenever something changes in it
			podsim up --build=app=. --watch pod.yaml

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
	flags.StringArrayVar(&o.replaced, "image", nil, "Run a container with another image, as CONTAINER=IMAGE, or POD/CONTAINER=IMAGE; may be given several times")
	flags.StringVar(&o.network, "network", "", "Have the pods join this network of the engine, by name or id, instead of their namespace's")
	flags.StringArrayVar(&o.built, "build", nil, "Build a container's image from a directory with a Dockerfile, as CONTAINER=DIR, or POD/CONTAINER=DIR; may be given several times")
	flags.BoolVar(&o.watch, "watch", false, "With --build, in the foreground: when a directory changes, build its image again and restart the container with it")
	o.node.AddTo(cmd)
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
	case o.watch && len(o.built) == 0:
		return exit.WithCode(exit.BadManifest, errors.New("--watch needs --build"))
	case o.watch && o.isDetached:
		return exit.WithCode(exit.BadManifest, errors.New("--watch works in the foreground only, without --detach and --wait"))
	}
	return o.node.Validate()
}

func (o *options) run(ctx context.Context) error {
	images, err := parseImages(o.replaced, o.built)
	if err != nil {
		return err
	}
	amender := amender{images: images}
	m, err := input.Load(ctx, o.inputs, manifest.Options{
		Stdin: o.In, Namespace: o.session.Namespace, FeatureGates: o.node.FeatureGates,
		Replicas: o.replicas, KeepTokenVolume: o.keepToken, ClusterAPI: o.node.ClusterAPI, Amend: amender.amend,
	}, o.ErrOut)
	if err != nil {
		return err
	}
	if err := amender.check(); err != nil {
		return err
	}
	o.joinNetwork(m.Pods)
	builds, err := newBuilds(images, m, o.ErrOut)
	if err != nil {
		return err
	}
	if o.isDetached {
		return o.detach(ctx, m, builds)
	}
	return o.foreground(ctx, m, builds)
}

// joinNetwork has the pods join the network that was named. It stays with each pod, whichever node runs it.
func (o *options) joinNetwork(pods []*corev1.Pod) {
	for _, pod := range pods {
		if o.network != "" {
			metav1.SetMetaDataAnnotation(&pod.ObjectMeta, network.AnnotationNetwork, o.network)
		}
	}
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
	for _, name := range o.node.Names() {
		fmt.Fprintf(o.ErrOut, "Warning: %s is ignored, because podsim runs already on this engine\n", name)
	}
}
