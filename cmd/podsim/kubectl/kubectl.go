// Package kubectl makes podsim verbs of kubectl's own commands: get, logs, exec, attach, cp, port-forward, events, wait, describe, patch,
// set, create, apply, replace, edit, scale, label, annotate, delete, auth, debug, top, explain, api-resources and api-versions.
// The code, the flags and the output are kubectl's; only the server they talk to and the name in the help texts are podsim's.
package kubectl

import (
	"runtime"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/kubectl/pkg/cmd/annotate"
	"k8s.io/kubectl/pkg/cmd/apiresources"
	"k8s.io/kubectl/pkg/cmd/delete"
	"k8s.io/kubectl/pkg/cmd/describe"
	"k8s.io/kubectl/pkg/cmd/edit"
	"k8s.io/kubectl/pkg/cmd/events"
	"k8s.io/kubectl/pkg/cmd/exec"
	"k8s.io/kubectl/pkg/cmd/explain"
	"k8s.io/kubectl/pkg/cmd/get"
	"k8s.io/kubectl/pkg/cmd/label"
	"k8s.io/kubectl/pkg/cmd/logs"
	"k8s.io/kubectl/pkg/cmd/patch"
	"k8s.io/kubectl/pkg/cmd/replace"
	"k8s.io/kubectl/pkg/cmd/scale"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/kubectl/pkg/cmd/wait"
	"k8s.io/kubectl/pkg/util/completion"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/podsim/podsim/cmd/podsim/exit"
)

const program = "podsim"

// NewCommands makes the verbs that kubectl has. Getter reaches the node; executor runs a command in a container of it, and forwarder
// connects local ports with those of a pod.
func NewCommands(getter genericclioptions.RESTClientGetter, executor exec.RemoteExecutor, forwarder Forwarder,
	streams genericiooptions.IOStreams) []*cobra.Command {
	factory := cmdutil.NewFactory(getter)
	return []*cobra.Command{
		completed(factory, adopt(get.NewCmdGet(program, factory, streams), `
			# List all pods
			podsim get pods

			# List all pods with their addresses
			podsim get pods -o wide

			# Show the whole pod, status included
			podsim get pod web -o yaml

			# Show a single field
			podsim get pod web -o jsonpath='{.status.phase}'

			# List all pods, then watch for changes
			podsim get pods -w`)),
		adopt(logs.NewCmdLogs(factory, streams), `
			# Show the logs of pod web, which has one container
			podsim logs web

			# Follow the logs of one container
			podsim logs -f web -c app

			# Show the logs of the instance before the last restart
			podsim logs --previous web -c app

			# Show the last 20 lines of every container, each with the name of its container
			podsim logs web --all-containers --prefix --tail=20`),
		newExec(factory, executor, streams),
		newAttach(factory, executor, streams),
		newCopy(factory, executor, streams),
		newPortForward(factory, forwarder, streams),
		adopt(events.NewCmdEvents(getter, streams), `
			# List recent events
			podsim events

			# List the events of one pod, then wait for more
			podsim events --for pod/web --watch

			# List warnings only, as JSON
			podsim events --types=Warning -o json`),
		completed(factory, adopt(wait.NewCmdWait(getter, streams), `
			# Wait until the pod is ready
			podsim wait --for=condition=Ready pod/web

			# Wait until the pod has succeeded, for five minutes at most
			podsim wait --for=jsonpath='{.status.phase}'=Succeeded pod/web --timeout=5m

			# Wait until the pod is gone
			podsim wait --for=delete pod/web`)),
		adopt(describe.NewCmdDescribe(program, factory, streams), `
			# Describe a pod, with its events
			podsim describe pod web

			# Describe all pods
			podsim describe pods`),
		adopt(patch.NewCmdPatch(factory, streams), `
			# Let the condition of a readiness gate be true
			podsim patch pod web --subresource=status -p '{"status":{"conditions":[{"type":"example.com/gate","status":"True"}]}}'

			# Give a running container more memory
			podsim patch pod web --subresource=resize -p '{"spec":{"containers":[{"name":"app","resources":{"limits":{"memory":"256Mi"}}}]}}'

			# Put a label on a pod
			podsim patch pod web -p '{"metadata":{"labels":{"tier":"front"}}}'

			# Change a value of a ConfigMap
			podsim patch configmap settings --type=merge -p '{"data":{"level":"debug"}}'`),
		newSet(factory, streams),
		newApply(factory, streams),
		newCreate(factory, streams),
		adopt(replace.NewCmdReplace(validatedByNode{factory}, streams), `
			# Put what a manifest describes in place of what is there
			podsim replace -f settings.yaml`),
		adopt(edit.NewCmdEdit(validatedByNode{factory}, streams), `
			# Change a ConfigMap in your editor: volumes of running pods follow
			podsim edit configmap settings

			# Change a pod's labels or images with another editor
			KUBE_EDITOR=nano podsim edit pod web`),
		adopt(scale.NewCmdScale(factory, streams), `
			# Have three pods of a Deployment
			podsim scale deployment web --replicas=3`),
		adopt(label.NewCmdLabel(factory, streams), `
			# Put a label on a pod, or change it; files of downwardAPI volumes follow
			podsim label pod web tier=front --overwrite

			# Take it off
			podsim label pod web tier-`),
		adopt(annotate.NewCmdAnnotate(program, factory, streams), `
			# Annotate a pod
			podsim annotate pod web note='looked at'`),
		adopt(delete.NewCmdDelete(factory, streams), `
			# Delete a pod and wait until it is gone; podsim down removes what was made beside it too
			podsim delete pod web

			# Delete what a manifest describes
			podsim delete -f settings.yaml`),
		newAuth(factory, streams),
		newDebug(getter, executor, streams),
		newTop(factory, streams),
		adopt(explain.NewCmdExplain(program, factory, streams), `
			# Tell what a pod consists of
			podsim explain pod

			# Tell what a field is for, and which values it may have
			podsim explain pod.spec.containers.restartPolicy

			# Tell all fields of a field
			podsim explain pod.spec.containers.lifecycle --recursive`),
		adopt(apiresources.NewCmdAPIResources(getter, streams), `
			# List the kinds that the node serves
			podsim api-resources

			# List those of a group, with what can be done with them
			podsim api-resources --api-group=discovery.k8s.io -o wide`),
		adopt(apiresources.NewCmdAPIVersions(getter, streams), `
			# List the groups that the node serves, with their versions
			podsim api-versions`),
	}
}

// adopt makes a command of kubectl one of podsim: its name and examples in the help texts, and errors that are returned
// instead of ending the process.
func adopt(cmd *cobra.Command, examples string) *cobra.Command {
	cmd.Example = templates.Examples(examples)
	cmd.Short = rename(cmd.Short)
	cmd.Long = rename(cmd.Long)
	cmd.Flags().VisitAll(func(flag *pflag.Flag) { flag.Usage = rename(flag.Usage) })
	run := cmd.Run
	if run == nil {
		return cmd // it only has commands below it
	}
	cmd.Run = nil
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return catch(func() { run(cmd, args) })
	}
	return cmd
}

// completed has a shell complete kinds and names, for commands that leave that to who puts kubectl together, or to nobody.
func completed(factory cmdutil.Factory, cmd *cobra.Command) *cobra.Command {
	cmd.ValidArgsFunction = completion.ResourceTypeAndNameCompletionFunc(factory)
	return cmd
}

func rename(text string) string { return strings.ReplaceAll(text, "kubectl", program) }

// catch runs kubectl's code and returns the first error with which it would have ended the process, worded by kubectl. Some of that code,
// that of cp, does so in goroutines of its own; the others end by themselves then.
func catch(run func()) error {
	var mu sync.Mutex
	var first error
	cmdutil.BehaviorOnFatal(func(message string, code int) {
		mu.Lock()
		if first == nil {
			first = exit.WithWords(code, message)
		}
		mu.Unlock()
		runtime.Goexit()
	})
	defer cmdutil.DefaultBehaviorOnFatal()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		run()
	}()
	<-ended
	mu.Lock()
	defer mu.Unlock()
	return first
}
