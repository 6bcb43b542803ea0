// Package validate is `podsim validate`: what an API server would say to manifests, and what podsim cannot simulate,
// without an engine and without a cluster.
package validate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/podsim/podsim/cmd/podsim/exit"
	"github.com/podsim/podsim/cmd/podsim/gates"
	"github.com/podsim/podsim/cmd/podsim/input"
	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/manifest"
	"github.com/podsim/podsim/podspec/podsecurity"
)

// The exit codes of validate.
const (
	invalid    = 1
	unreadable = 2
)

type options struct {
	inputs      []string
	namespace   *string
	gates       podspec.FeatureGates
	output      string
	strict      bool
	podSecurity string
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

			Beside each object with pods stands the strictest Pod Security Standard that they meet: what a namespace could
			enforce with the label pod-security.kubernetes.io/enforce.

			The exit code is 0 when an API server would take everything, 1 when it would refuse something, and 2 when an
			input cannot be read. With --strict it is 1, too, when podsim cannot run something or has no effect for a field.`),
		Example: templates.Examples(`
			# Check a manifest
			podsim validate pod.yaml

			# Check a pod of a cluster
			kubectl get pod web -o yaml | podsim validate -

			# Check that a chart's pods would be let into a namespace that enforces the restricted standard
			helm template ./chart | podsim validate --pod-security=restricted -

			# Check every manifest of a directory, for a program to read
			podsim validate manifests/ -o json

			# Check a manifest that uses an alpha feature
			podsim validate --feature-gates=ContainerStopSignals=true pod.yaml`),
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
	flags.BoolVar(&o.strict, "strict", false, "Also fail on what podsim cannot run and on fields that have no effect on a single machine")
	flags.StringVar(&o.podSecurity, "pod-security", "", "Also fail when a pod does not meet this Pod Security Standard: privileged, baseline or restricted")
	gates.AddFlag(cmd.Flags(), &o.gates)
	flags.StringVarP(&o.output, "output", "o", "", "'json' for a report on standard output")
	return cmd
}

func (o *options) validate() error {
	switch {
	case len(o.inputs) == 0:
		return errors.New("name a file, a directory or a URL, or - for standard input")
	case o.output != "" && o.output != "json":
		return errors.New("--output must be 'json'")
	case o.podSecurity != "" && !slices.Contains(podsecurity.Levels, o.podSecurity):
		return errors.New("--pod-security must be privileged, baseline or restricted")
	}
	return nil
}

func (o *options) run(ctx context.Context) error {
	standards, err := podsecurity.NewEvaluator()
	if err != nil {
		return err
	}
	contents, err := manifest.Load(ctx, o.inputs, manifest.Options{
		Stdin: o.In, Namespace: *o.namespace, WithoutPod: true, WarnUnsupported: true, FeatureGates: o.gates,
	})
	v := verdict{}
	if err != nil && !errors.As(err, &v.problems) {
		return err
	}
	if contents != nil {
		v.warnings = contents.Warnings
		v.judge(contents.Objects, standards, o.podSecurity)
	}
	if o.strict {
		v.makeStrict()
	}
	if o.output == "json" {
		return printReport(o.Out, v)
	}
	input.PrintWarnings(o.ErrOut, v.warnings)
	if len(v.problems) > 0 {
		return input.Error(code(v.problems), v.problems)
	}
	return printValid(o.Out, v.objects)
}

// code tells what cannot be read from what is not valid; where both occur, the worse one counts.
func code(problems manifest.Problems) int {
	if problems.Has(manifest.Unreadable) {
		return unreadable
	}
	return invalid
}

// printValid names every object of a valid manifest.
func printValid(out io.Writer, objects []judged) error {
	for _, o := range objects {
		line := o.String() + " is valid"
		if o.security != nil {
			line += fmt.Sprintf(" (pod security: %s)", o.security.Level)
		}
		if _, err := fmt.Fprintln(out, line); err != nil {
			return err
		}
	}
	return nil
}

// failed ends the command after its report, which has said why.
func failed(problems manifest.Problems) error {
	if len(problems) == 0 {
		return nil
	}
	return exit.Silently(code(problems))
}
