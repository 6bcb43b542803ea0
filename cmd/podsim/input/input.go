// Package input loads what a command's arguments name: it hands warnings to the person at once, and makes of a bad
// manifest an error with the right exit code and one line a problem.
package input

import (
	"context"
	"fmt"
	"io"

	"github.com/podsim/podsim/cmd/podsim/exit"
	"github.com/podsim/podsim/podspec/manifest"
)

// Load reads inputs and prints their warnings to warnings. An error has the exit code for bad manifests.
func Load(ctx context.Context, inputs []string, options manifest.Options, warnings io.Writer) (*manifest.Contents, error) {
	loaded, err := manifest.Load(ctx, inputs, options)
	if err != nil {
		return nil, Error(exit.BadManifest, err)
	}
	PrintWarnings(warnings, loaded.Warnings)
	return loaded, nil
}

// Error makes the error of a Load one that ends with code and prints as one line a problem, each led by its place.
func Error(code int, err error) error { return exit.WithWords(code, err.Error()) }

// PrintWarnings prints one line a warning, as kubectl does.
func PrintWarnings(out io.Writer, warnings manifest.Problems) {
	for _, line := range warnings.Lines() {
		fmt.Fprintf(out, "Warning: %s\n", line)
	}
}
