// Package gates is the flag --feature-gates, which several verbs have.
package gates

import (
	"maps"

	"github.com/spf13/pflag"

	"github.com/podsim/podsim/podspec"
)

// AddFlag makes the flag that sets feature gates, as a kubelet's flag does. A gate that is not known is an error of usage.
func AddFlag(flags *pflag.FlagSet, gates *podspec.FeatureGates) {
	flags.Var(value{gates}, "feature-gates", "Features of Kubernetes to turn on or off, such as ContainerStopSignals=true,EnvFiles=false; "+
		"the others are as in Kubernetes v1.37")
}

// value is the flag's value; what is given later counts.
type value struct{ gates *podspec.FeatureGates }

func (v value) String() string {
	if v.gates == nil {
		return ""
	}
	return v.gates.String()
}

func (v value) Set(text string) error {
	more, err := podspec.ParseFeatureGates(text)
	if err != nil {
		return err
	}
	if *v.gates == nil {
		*v.gates = podspec.FeatureGates{}
	}
	maps.Copy(*v.gates, more)
	return nil
}

func (value) Type() string { return "NAME=BOOL,..." }
