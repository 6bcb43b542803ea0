// Package version is `podsim version`. It asks nobody: neither an engine nor a node.
package version

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
	apiversion "k8s.io/apimachinery/pkg/version"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/kubectl/pkg/util/templates"
	"sigs.k8s.io/yaml"
)

// NewCommand makes the verb; release is the version that the linker was given, or empty.
func NewCommand(release string, streams genericiooptions.IOStreams) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version of podsim",
		Example: templates.Examples(`
			# Print the version
			podsim version

			# Print what it was built from, as JSON
			podsim version -o json`),
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return print(streams.Out, Info(release), output)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "One of 'yaml' or 'json'.")
	return cmd
}

// Info describes this program: release if it is not empty, else the module's version in the build information.
func Info(release string) apiversion.Info {
	info := apiversion.Info{
		GitVersion: release,
		GoVersion:  runtime.Version(),
		Compiler:   runtime.Compiler,
		Platform:   runtime.GOOS + "/" + runtime.GOARCH,
	}
	build, ok := debug.ReadBuildInfo()
	if !ok {
		build = &debug.BuildInfo{}
	}
	if info.GitVersion == "" {
		info.GitVersion = build.Main.Version
	}
	if info.GitVersion == "" {
		info.GitVersion = "(devel)"
	}
	for _, setting := range build.Settings {
		switch setting.Key {
		case "vcs.revision":
			info.GitCommit = setting.Value
		case "vcs.time":
			info.BuildDate = setting.Value
		case "vcs.modified":
			info.GitTreeState = map[string]string{"true": "dirty", "false": "clean"}[setting.Value]
		}
	}
	return info
}

// print writes info as kubectl version --client does.
func print(out io.Writer, info apiversion.Info, output string) error {
	versions := struct {
		ClientVersion apiversion.Info `json:"clientVersion"`
	}{info}
	switch output {
	case "":
		_, err := fmt.Fprintf(out, "Client Version: %s\n", info.GitVersion)
		return err
	case "json":
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(versions)
	case "yaml":
		text, err := yaml.Marshal(versions)
		if err != nil {
			return fmt.Errorf("writing the version as YAML: %w", err)
		}
		_, err = out.Write(text)
		return err
	}
	return errors.New("--output must be 'yaml' or 'json'")
}
