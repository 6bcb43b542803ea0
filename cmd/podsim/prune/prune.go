// Package prune is `podsim prune`: it removes what podsim made on an engine and nobody can use any more.
package prune

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/podsim/podsim/cmd/podsim/client"
	"github.com/podsim/podsim/runtime"
	"github.com/podsim/podsim/runtime/engine"
)

type options struct {
	session *client.Session
	runtime.PruneOptions
	genericiooptions.IOStreams
}

// NewCommand makes the verb.
func NewCommand(session *client.Session, streams genericiooptions.IOStreams) *cobra.Command {
	o := &options{session: session, IOStreams: streams}
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Remove leftovers from the engine",
		Long: templates.LongDesc(`
			Remove what podsim made on the engine and nobody can use any more: containers, networks and volumes of pods that
			are gone, and the images that up --build made for them. Only things that podsim made are removed. Pods that run stay, also when their podsim was killed: any
			podsim command takes those over again, and podsim down ends them.`),
		Example: templates.Examples(`
			# See what would be removed
			podsim prune --dry-run

			# Remove leftovers, and the data of PersistentVolumeClaims that no pod uses
			podsim prune --volumes`),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	cmd.Flags().BoolVar(&o.Volumes, "volumes", false, "Also remove the volumes of PersistentVolumeClaims that no pod uses, with their data")
	cmd.Flags().BoolVar(&o.DryRun, "dry-run", false, "Only print what would be removed")
	return cmd
}

func (o *options) run(ctx context.Context) (err error) {
	host, err := o.session.EngineHost()
	if err != nil {
		return err
	}
	e, err := engine.Connect(ctx, host)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	removed, err := runtime.Prune(ctx, e, o.PruneOptions)
	return errors.Join(print(o.Out, removed, o.DryRun), err)
}

// print writes a line for each thing that is gone or would go.
func print(out io.Writer, removed []string, dryRun bool) error {
	verb := "removed"
	if dryRun {
		verb = "would remove"
	}
	for _, what := range removed {
		if _, err := fmt.Fprintf(out, "%s %s\n", verb, what); err != nil {
			return err
		}
	}
	if len(removed) == 0 {
		_, err := fmt.Fprintln(out, "nothing to remove")
		return err
	}
	return nil
}
