package kubectl

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/kubectl/pkg/cmd/debug"
	"k8s.io/kubectl/pkg/util/templates"
)

// newDebug is kubectl debug for what the node can do: containers that are added to a pod, and copies of pods. What needs more is refused
// before anything is created.
func newDebug(getter genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams) *cobra.Command {
	cmd := adopt(debug.NewCmdDebug(getter, streams), `
		# Add a container to pod web that sees the processes of its container app
		podsim debug web --image=busybox:1.36 -c debugger --target=app -- sleep 1d

		# Open a shell in it
		podsim exec -it web -c debugger -- sh

		# Run a copy of pod web with another image
		podsim debug web --copy-to=web-debug --set-image=app=app:debug`)
	cmd.Use = "debug POD --image=IMAGE [-c NAME] [flags] [-- COMMAND [args...]]"
	cmd.Short = "Add a debugging container to a pod"
	cmd.Long = templates.LongDesc(`
		Add an ephemeral container to a pod that runs: it shares the pod's network and, with --target, the processes of a
		container. It cannot be removed again and ends with the pod.

		With --copy-to, run a changed copy of the pod instead.

		This command does not attach to the container: use podsim attach, or give the container a command that lasts, such as
		sleep 1d, and enter it with podsim exec.`)
	cmd.Flags().Lookup("attach").Usage = "Not supported, unless it is false: then -i and -t leave the container's stdin and terminal open for podsim attach"
	cmd.Flags().Lookup("set-image").Usage = "When used with '--copy-to', a list of name=image pairs for changing container images."
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := refuseDebug(cmd, args); err != nil {
			return err
		}
		return run(cmd, args)
	}
	return cmd
}

// refuseDebug is an error when the command would attach to the container, or debug what is no pod.
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
	attach, err := cmd.Flags().GetBool("attach")
	if err != nil {
		return err
	}
	for _, implies := range []string{"stdin", "tty"} {
		if set, err := cmd.Flags().GetBool(implies); err == nil && set && !cmd.Flags().Changed("attach") {
			attach = true
		}
	}
	if !attach {
		return nil
	}
	pod, container := "POD", "NAME"
	if len(targets) > 0 {
		pod = targets[0][strings.Index(targets[0], "/")+1:]
	}
	if copied, err := cmd.Flags().GetString("copy-to"); err == nil && copied != "" {
		pod = copied
	}
	if named, err := cmd.Flags().GetString("container"); err == nil && named != "" {
		container = named
	}
	return fmt.Errorf("podsim debug does not attach, and nothing was created; add --attach=false and attach with: podsim attach -it %[1]s -c %[2]s; "+
		"or leave out -i and -t, give the container the command -- sleep 1d, and enter it with: podsim exec -it %[1]s -c %[2]s -- sh", pod, container)
}
