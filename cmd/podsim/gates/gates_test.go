package gates

import (
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/podsim/podsim/podspec"
)

// parse reads the arguments of a command that has the flag.
func parse(args ...string) (podspec.FeatureGates, error) {
	var gates podspec.FeatureGates
	cmd := &cobra.Command{Use: "up", Run: func(*cobra.Command, []string) {}, SilenceErrors: true, SilenceUsage: true}
	cmd.SetOut(io.Discard)
	AddFlag(cmd.Flags(), &gates)
	cmd.SetArgs(args)
	err := cmd.Execute()
	return gates, err
}

func TestGatesAreSetByTheFlag(t *testing.T) {
	for args, want := range map[string]string{
		"":                               "",
		"--feature-gates=":               "",
		"--feature-gates=EnvFiles=false": "EnvFiles=false",
		"--feature-gates EnvFiles=false": "EnvFiles=false",
		"--feature-gates=MemoryQoS=true,EnvFiles=false":                 "EnvFiles=false,MemoryQoS=true",
		"--feature-gates=EnvFiles=true --feature-gates=EnvFiles=false":  "EnvFiles=false",
		"--feature-gates=EnvFiles=true --feature-gates=MemoryQoS=false": "EnvFiles=true,MemoryQoS=false",
	} {
		gates, err := parse(strings.Fields(args)...)
		if err != nil || gates.String() != want {
			t.Errorf("%q: %v, %v; want %s", args, gates, err, want)
		}
	}
}

func TestAWrongGateIsAnErrorThatNamesIt(t *testing.T) {
	for arg, want := range map[string]string{
		"--feature-gates=Warp=true":      "Warp",
		"--feature-gates=EnvFiles=maybe": "EnvFiles",
		"--feature-gates=EnvFiles":       "EnvFiles",
	} {
		if gates, err := parse(arg); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "--feature-gates") {
			t.Errorf("%s: %v, %v", arg, gates, err)
		}
	}
}
