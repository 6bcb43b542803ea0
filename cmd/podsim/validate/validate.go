// Package validate is `podsim validate`: what an API server would say to manifests, and what podsim cannot simulate,
// without an engine and without a cluster.
package validate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/podsim/podsim/cmd/podsim/exit"
	"github.com/podsim/podsim/cmd/podsim/gates"
	"github.com/podsim/podsim/cmd/podsim/input"
	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/manifest"
)

// The exit codes of validate.
const (
	invalid    = 1
	unreadable = 2
)

type options struct {
	inputs    []string
	namespace *string
	gates     podspec.FeatureGates
	output    string
	genericiooptions.IOStreams
}

// NewCommand makes the verb. namespace is the value of the global flag.
func NewCommand(namespace *string, streams genericiooptions.IOStreams) *cobra.Command {
	o := &options{namespace: namespace, IOStreams: streams}
	cmd := &cobra.Command{
		Use:   "validate (FILE|DIR|URL|-) ...",
		Short: "Check manifests offline",
		Long: templates.LongDesc(`
			Check manifests as an API server would, and name what podsim cannot simulate. No engine and no cluster is needed.

			The exit code is 0 when everything is valid, 1 when something is not, and 2 when an input cannot be read.`),
		Example: templates.Examples(`
			# Check a manifest
			podsim validate pod.yaml

			# Check a pod of a cluster
			kubectl get pod web -o yaml | podsim validate -

			# Check every manifest of a directory, for a program to read
			podsim validate manifests/ -o json

			# Check a manifest that uses an alpha feature
			podsim validate --feature-gates=ContainerStopSignals=true pod.yaml`),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.inputs = append(o.inputs, args...)
			return o.run(cmd.Context())
		},
	}
	cmd.Flags().StringArrayVarP(&o.inputs, "filename", "f", nil, "A file, directory or URL, or - for standard input; may be given several times")
	gates.AddFlag(cmd, &o.gates)
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "'json' for a report on standard output")
	return cmd
}

func (o *options) run(ctx context.Context) error {
	if len(o.inputs) == 0 {
		return errors.New("name a file, a directory or a URL, or - for standard input")
	}
	if o.output != "" && o.output != "json" {
		return errors.New("--output must be 'json'")
	}
	loaded, err := manifest.Load(ctx, o.inputs, manifest.Options{
		Stdin: o.In, Namespace: *o.namespace, WithoutPod: true, FeatureGates: o.gates,
	})
	if o.output == "json" {
		return printReport(o.Out, loaded, err)
	}
	if err != nil {
		return input.Error(code(err), err)
	}
	input.PrintWarnings(o.ErrOut, loaded.Warnings)
	return printValid(o.Out, loaded)
}

// code tells what cannot be read from what is not valid; where both occur, the worse one counts.
func code(err error) int {
	if manifest.IsUnreadable(err) {
		return unreadable
	}
	return invalid
}

// printValid names every object of a valid manifest.
func printValid(out io.Writer, m *manifest.Contents) error {
	var names []string
	for _, o := range m.Pods {
		names = append(names, "pod/"+o.Name)
	}
	for _, o := range m.ConfigMaps {
		names = append(names, "configmap/"+o.Name)
	}
	for _, o := range m.Secrets {
		names = append(names, "secret/"+o.Name)
	}
	for _, o := range m.Claims {
		names = append(names, "persistentvolumeclaim/"+o.Name)
	}
	for _, name := range names {
		if _, err := fmt.Fprintf(out, "%s is valid\n", name); err != nil {
			return err
		}
	}
	return nil
}

// report is the result for programs.
type report struct {
	Valid    bool      `json:"valid"`
	Problems []problem `json:"problems"`
	Warnings []string  `json:"warnings"`
}

type problem struct {
	Source   string `json:"source"`
	Document int    `json:"document,omitempty"`
	Line     int    `json:"line,omitempty"`
	Kind     string `json:"kind,omitempty"`
	Name     string `json:"name,omitempty"`
	Path     string `json:"path,omitempty"`
	// Reason is Unreadable, Invalid or NotSupported.
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

func printReport(out io.Writer, m *manifest.Contents, loadErr error) error {
	r := report{Valid: loadErr == nil, Problems: []problem{}, Warnings: []string{}}
	if m != nil {
		r.Warnings = append(r.Warnings, m.Warnings...)
	}
	var problems manifest.Problems
	if loadErr != nil && !errors.As(loadErr, &problems) {
		return exit.WithCode(code(loadErr), loadErr)
	}
	for _, p := range problems {
		r.Problems = append(r.Problems, describe(p))
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	if loadErr != nil {
		return exit.Silently(code(loadErr))
	}
	return nil
}

func describe(p *manifest.Problem) problem {
	d := problem{Source: p.Source, Document: p.Document, Line: p.Line, Kind: p.Kind, Name: p.Name, Message: p.Err.Error()}
	switch p.Reason {
	case manifest.Unreadable:
		d.Reason = "Unreadable"
	case manifest.Invalid:
		d.Reason = "Invalid"
	case manifest.NotSupported:
		d.Reason = "NotSupported"
	}
	var fieldErr *field.Error
	if errors.As(p.Err, &fieldErr) {
		d.Path, d.Message = fieldErr.Field, fieldErr.ErrorBody()
	}
	return d
}
