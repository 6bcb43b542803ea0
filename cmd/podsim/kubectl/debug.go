package kubectl

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"
	"k8s.io/kubectl/pkg/cmd/attach"
	"k8s.io/kubectl/pkg/cmd/debug"
	"k8s.io/kubectl/pkg/cmd/exec"
	"k8s.io/kubectl/pkg/cmd/logs"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/kubectl/pkg/util/completion"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/podsim/podsim/runtime/status"
)

// newDebug is kubectl debug for what the node can do: containers that are added to a pod, and copies of pods. What needs more is refused
// before anything is created. It attaches with the executor of newExec.
func newDebug(getter genericclioptions.RESTClientGetter, executor exec.RemoteExecutor, streams genericiooptions.IOStreams) *cobra.Command {
	options := debug.NewDebugOptions(streams)
	options.AttachFunc = func(ctx context.Context, getter genericclioptions.RESTClientGetter, path, namespace, pod, container string) error {
		attaching := attach.NewAttachOptions(streams)
		attaching.Attach, attaching.CommandName = remoteAttach{executor}, path+" attach"
		attaching.Stdin, attaching.TTY, attaching.Quiet = options.Interactive, options.TTY, options.Quiet
		attaching.Namespace, attaching.PodName, attaching.ContainerName = namespace, pod, container
		return attachWhenItRuns(ctx, getter, attaching)
	}
	cmd := &cobra.Command{
		Use:                   "debug POD --image=IMAGE [-c NAME] [flags] [-- COMMAND [args...]]",
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     completion.PodResourceNameCompletionFunc(cmdutil.NewFactory(getter)),
		Short:                 "Add a debugging container to a pod",
		Long: templates.LongDesc(`
			Add an ephemeral container to a pod that runs: it shares the pod's network and, with --target, the processes of a
			container. It cannot be removed again and ends with the pod.

			With --copy-to, run a changed copy of the pod instead.

			With -i the command attaches to the new container as soon as it runs; --attach=false leaves it running by itself.`),
		Example: templates.Examples(`
			# Open a shell in a new container of pod web that sees the processes of its container app
			podsim debug -it web --image=busybox:1.36 --target=app -- sh

			# Add a container that lasts, and enter it later with podsim exec
			podsim debug web --image=busybox:1.36 -c debugger --target=app -- sleep 1d

			# Run a copy of pod web with another image
			podsim debug web --copy-to=web-debug --set-image=app=app:debug`),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := refuseDebug(cmd, args); err != nil {
				return err
			}
			return catch(func() {
				cmdutil.CheckErr(options.Complete(getter, cmd, args))
				cmdutil.CheckErr(options.Validate())
				cmdutil.CheckErr(options.Run(getter, cmd))
			})
		},
	}
	options.AddFlags(cmd)
	cmd.Flags().Lookup("attach").Usage = rename(cmd.Flags().Lookup("attach").Usage)
	cmd.Flags().Lookup("set-image").Usage = "When used with '--copy-to', a list of name=image pairs for changing container images."
	return cmd
}

// refuseDebug is an error when the command would debug what is no pod.
func refuseDebug(cmd *cobra.Command, args []string) error {
	targets := args
	if dash := cmd.ArgsLenAtDash(); dash >= 0 {
		targets = args[:dash]
	}
	for _, target := range targets {
		kind, _, named := strings.Cut(target, "/")
		switch kind = strings.ToLower(kind); {
		case named && (kind == "node" || kind == "nodes" || kind == "no"):
			return errors.New("podsim debug works on pods; podsim's node is no machine that could be debugged")
		case named && kind != "pod" && kind != "pods" && kind != "po":
			return fmt.Errorf("podsim debug works on pods, not on %s", target)
		}
	}
	return nil
}

// attachWhenItRuns attaches to a container as soon as it runs. One that has ended by then has its log shown, and so has one that is told
// nothing: its log, followed, begins with what it said before anybody could attach.
func attachWhenItRuns(ctx context.Context, getter genericclioptions.RESTClientGetter, options *attach.AttachOptions) error {
	config, err := getter.ToRESTConfig()
	if err != nil {
		return err
	}
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	pod, err := awaitStart(ctx, clients, options)
	if err != nil {
		return err
	}
	if options.Stdin && status.Container(pod, options.ContainerName).State.Terminated == nil {
		options.Pod, options.Config = pod, coreConfig(config)
		err := options.Run()
		if err == nil {
			return nil
		}
		fmt.Fprintf(options.ErrOut, "warning: couldn't attach to pod/%s, falling back to streaming logs: %v\n", options.PodName, err)
	}
	log := clients.CoreV1().Pods(options.Namespace).GetLogs(options.PodName, &corev1.PodLogOptions{Container: options.ContainerName, Follow: true})
	return logs.DefaultConsumeRequest(ctx, log, options.Out)
}

// awaitStart waits until a container runs or has run, and says meanwhile what it waits for.
func awaitStart(ctx context.Context, clients kubernetes.Interface, options *attach.AttachOptions) (*corev1.Pod, error) {
	pods, only := clients.CoreV1().Pods(options.Namespace), fields.OneTermEqualSelector("metadata.name", options.PodName).String()
	lister := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			o.FieldSelector = only
			return pods.List(ctx, o)
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			o.FieldSelector = only
			return pods.Watch(ctx, o)
		},
	}
	said := ""
	event, err := watchtools.UntilWithSync(ctx, lister, &corev1.Pod{}, nil, func(event watch.Event) (bool, error) {
		pod, ok := event.Object.(*corev1.Pod)
		if !ok || event.Type == watch.Deleted {
			return false, fmt.Errorf("pod %s went away before its container %s ran", options.PodName, options.ContainerName)
		}
		s := status.Container(pod, options.ContainerName)
		if s == nil {
			return false, nil
		}
		if w := s.State.Waiting; w != nil && w.Message != "" && w.Message != said && !options.Quiet {
			said = w.Message
			fmt.Fprintf(options.ErrOut, "Waiting for container %s: %s\n", s.Name, w.Message)
		}
		return s.State.Running != nil || s.State.Terminated != nil, nil
	})
	if err != nil {
		return nil, err
	}
	return event.Object.(*corev1.Pod), nil
}
