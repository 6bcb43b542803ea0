package kubectl

import (
	"errors"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	utilexec "k8s.io/utils/exec"

	"github.com/podsim/podsim/cmd/podsim/exit"
)

func TestHelpTextsSpeakOfPodsimOnly(t *testing.T) {
	streams, _, _, _ := genericiooptions.NewTestIOStreams()
	root := &cobra.Command{Use: program}
	root.AddCommand(NewCommands(genericclioptions.NewTestConfigFlags(), nil, nil, streams)...)
	commands := root.Commands()
	for i := 0; i < len(commands); i++ {
		commands = append(commands, commands[i].Commands()...)
	}
	for _, cmd := range commands {
		t.Run(cmd.CommandPath(), func(t *testing.T) {
			isGroup := cmd.HasSubCommands() && cmd.Parent() != root // such as podsim create secret
			if !isGroup && !strings.Contains(cmd.Example, cmd.CommandPath()) {
				t.Errorf("examples: %q", cmd.Example)
			}
			for _, text := range []string{cmd.Use, cmd.Short, cmd.Long, cmd.Example} {
				if strings.Contains(text, "kubectl") {
					t.Errorf("speaks of kubectl: %q", text)
				}
			}
		})
	}
}

func TestErrorsOfKubectlAreReturned(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		code int
		text string
	}{
		{"nothing", nil, 0, ""},
		{"not found", apierrors.NewNotFound(schema.GroupResource{Resource: "pods"}, "x"), 1, "Error from server (NotFound): pods \"x\" not found\n"},
		{"a plain error", errors.New("pod kubectl is odd"), 1, "error: pod kubectl is odd\n"},
		{"the exit code of a command", utilexec.CodeExitError{Err: errors.New("command terminated with exit code 42"), Code: 42}, 42, "command terminated with exit code 42\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := adopt(&cobra.Command{Run: func(*cobra.Command, []string) { cmdutil.CheckErr(c.err) }}, "")
			code, text := exit.Report(cmd.RunE(cmd, nil))
			if code != c.code || text != c.text {
				t.Errorf("got %d %q, want %d %q", code, text, c.code, c.text)
			}
		})
	}
}

func TestDebugRefusesWhatItCannotDo(t *testing.T) {
	for args, want := range map[string]string{
		"node/podsim --image=i":                       "podsim debug works on pods; podsim's node is no machine",
		"deployment/web --image=i":                    "podsim debug works on pods, not on deployment/web",
		"web --image=i -it -c look -- sh":             reached,
		"web --image=i --attach=false -- node/sh -it": reached,
		"web --image=i":                               reached,
	} {
		streams, _, _, _ := genericiooptions.NewTestIOStreams()
		cmd := newDebug(unreachable{genericclioptions.NewConfigFlags(false)}, nil, streams)
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		cmd.SetArgs(strings.Fields(args))
		if err := cmd.Execute(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("debug %s: %v, want %s", args, err, want)
		}
	}
}

const reached = "the node was asked for"

// unreachable is a node that no command gets to.
type unreachable struct {
	genericclioptions.RESTClientGetter
}

func (unreachable) ToRESTConfig() (*rest.Config, error) { return nil, errors.New(reached) }
