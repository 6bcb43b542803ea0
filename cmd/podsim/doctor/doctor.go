// Package doctor is `podsim doctor`: it checks that podsim can work with the engine, and says what to do where not.
package doctor

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/podsim/podsim/cmd/podsim/client"
	"github.com/podsim/podsim/cmd/podsim/exit"
	"github.com/podsim/podsim/runtime"
)

// NewCommand makes the verb.
func NewCommand(session *client.Session, streams genericiooptions.IOStreams) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Check that podsim can work with the engine",
		Long: templates.LongDesc(`
			Check that podsim can work with the engine, and say what to do where it cannot. The exit code is 1 when a check
			fails; warnings do not count.`),
		Example: templates.Examples(`
			# Check the engine that DOCKER_HOST or the Docker context names
			podsim doctor

			# Check another engine
			podsim doctor --host unix:///run/user/1000/docker.sock`),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), session, streams.Out) },
	}
}

func run(ctx context.Context, session *client.Session, out io.Writer) error {
	host, err := session.EngineHost()
	if err != nil {
		return err
	}
	return print(out, runtime.Diagnose(ctx, host))
}

// print writes a line a check, and an indented one with advice below those that are not well.
func print(out io.Writer, checks []runtime.Check) error {
	failed := false
	for _, check := range checks {
		failed = failed || check.Outcome == runtime.Fail
		fmt.Fprintf(out, "%-4s  %s: %s\n", check.Outcome, check.Name, check.Detail)
		if check.Outcome != runtime.OK && check.Advice != "" {
			fmt.Fprintf(out, "      %s\n", check.Advice)
		}
	}
	if failed {
		return exit.Silently(exit.Failed)
	}
	return nil
}
