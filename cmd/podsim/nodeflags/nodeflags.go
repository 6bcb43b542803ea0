// Package nodeflags is the flags that say how a node runs. The verbs that may start a node have them, and give them on to the process
// that runs it.
package nodeflags

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/podsim/podsim/cmd/podsim/gates"
	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/instance"
	"github.com/podsim/podsim/runtime/plan"
)

// Options say how a node runs that has to be started first. The zero value is the default of each.
type Options struct {
	// MaxRestartBackoff is the longest pause between restarts of a crashing container; 0 means the node's default, 5m.
	MaxRestartBackoff time.Duration
	// Log bounds the logs of containers; the zero value is a kubelet's limits.
	Log instance.LogLimits
	// VolumeUpdateDelay is how long changes of objects wait until volumes show them; 0 means not at all.
	VolumeUpdateDelay time.Duration
	// MaxParallelImagePulls is how many images are pulled at a time; 0 sets no limit.
	MaxParallelImagePulls int
	// ClusterAPI has pods reach the node's API as those of a cluster do.
	ClusterAPI bool
	// RBAC has what clients ask of the API authorized by roles and bindings.
	RBAC bool
	// FeatureGates are those that were set.
	FeatureGates podspec.FeatureGates
	// Network is the network that pods join unless they name one. It is no flag of this package: up has one that is about its pods alone.
	Network string
	// Listen is the loopback address to serve the API on beside the socket; "" means that of an earlier node, if there was one. It is no
	// flag of this package: a node that is started in the background gets its port when a client asks for access.
	Listen string
	// IdleTimeout ends the node this long after its last pod is gone; 0 means never. It is no flag of this package, because a node that
	// is started in the background has one of its own.
	IdleTimeout time.Duration
}

// AddTo lets a command set the options.
func (o *Options) AddTo(cmd *cobra.Command) { o.bind(cmd.Flags()) }

// bind makes a flag of each option; its default is the value that the option has.
func (o *Options) bind(flags *pflag.FlagSet) {
	flags.BoolVar(&o.ClusterAPI, "cluster-api", o.ClusterAPI, "Let pods reach the node's API as they would reach a cluster's, with a token of their service account")
	addAuthorization(flags, &o.RBAC)
	gates.AddFlag(flags, &o.FeatureGates)
	addLogLimits(flags, &o.Log)
	flags.IntVar(&o.MaxParallelImagePulls, "max-parallel-image-pulls", o.MaxParallelImagePulls, "How many images are pulled at a time; 0 sets no limit, a kubelet's default is 1")
	flags.DurationVar(&o.MaxRestartBackoff, "max-restart-backoff", o.MaxRestartBackoff, "The longest pause between restarts of a crashing container; 0 means 5m")
	flags.DurationVar(&o.VolumeUpdateDelay, "volume-update-delay", o.VolumeUpdateDelay, "How long volumes show changed ConfigMaps, Secrets and labels later; a kubelet takes about 1m")
}

// Validate says what is wrong with values that each are well-formed.
func (o Options) Validate() error {
	if err := plan.CheckMaxBackOff(o.MaxRestartBackoff); err != nil {
		return fmt.Errorf("--max-restart-backoff %w", err)
	}
	switch {
	case o.VolumeUpdateDelay < 0:
		return errors.New("--volume-update-delay must not be negative")
	case o.MaxParallelImagePulls < 0:
		return errors.New("--max-parallel-image-pulls must not be negative")
	case o.IdleTimeout < 0:
		return errors.New("--idle-timeout must not be negative")
	}
	return nil
}

// Names are the flags, such as --feature-gates, whose options differ from their defaults.
func (o Options) Names() []string {
	var names []string
	o.visitSet(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	return names
}

// Arguments are the flags that set the options again.
func (o Options) Arguments() []string {
	var args []string
	o.visitSet(func(f *pflag.Flag) { args = append(args, "--"+f.Name+"="+f.Value.String()) })
	return args
}

// visitSet visits the flags whose options differ from their defaults, in the order of their names.
func (o Options) visitSet(visit func(*pflag.Flag)) {
	var defaults Options
	unset, flags := pflag.NewFlagSet("", pflag.ContinueOnError), pflag.NewFlagSet("", pflag.ContinueOnError)
	defaults.bind(unset)
	o.bind(flags)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Value.String() != unset.Lookup(f.Name).Value.String() {
			visit(f)
		}
	})
}
