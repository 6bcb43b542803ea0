package podspec

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// FeatureGates are the feature gates that somebody set; every other one has its default. The nil map sets none.
type FeatureGates map[string]bool

// The feature gates that podsim asks about. They have the names that Kubernetes has for them.
const (
	AtomicWriteVolumeUserFields          = "AtomicWriteVolumeUserFields"
	ContainerRestartRules                = "ContainerRestartRules"
	ContainerStopSignals                 = "ContainerStopSignals"
	EmptyDirVolumeMode                   = "EmptyDirVolumeMode"
	EnvFiles                             = "EnvFiles"
	EvictionRequestAPI                   = "EvictionRequestAPI"
	GenericWorkload                      = "GenericWorkload"
	GRPCContainerProbeTLS                = "GRPCContainerProbeTLS"
	H2CContainerProbe                    = "H2CContainerProbe"
	KubeletCrashLoopBackOffMax           = "KubeletCrashLoopBackOffMax"
	PodLevelResources                    = "PodLevelResources"
	ReduceDefaultCrashLoopBackOffDecay   = "ReduceDefaultCrashLoopBackOffDecay"
	RestartAllContainersOnContainerExits = "RestartAllContainersOnContainerExits"
	VolumeBindMountOptions               = "VolumeBindMountOptions"
)

// stage says how finished a feature is, and with that whether its gate is on unless somebody sets it.
type stage int

const (
	alpha  stage = iota + 1 // off
	beta                    // on
	stable                  // on, and cannot be turned off
)

// featureGates are the gates of Kubernetes v1.37 that change what a pod does (S0).
var featureGates = map[string]stage{
	AtomicWriteVolumeUserFields:            alpha,
	ContainerRestartRules:                  beta,
	ContainerStopSignals:                   alpha,
	"DefaultPodSysctls":                    alpha,
	EmptyDirVolumeMode:                     alpha,
	EnvFiles:                               beta,
	EvictionRequestAPI:                     alpha,
	GenericWorkload:                        alpha,
	GRPCContainerProbeTLS:                  alpha,
	H2CContainerProbe:                      alpha,
	"HostnameOverride":                     stable,
	"ImageVolume":                          stable,
	"ImageVolumeWithDigest":                alpha,
	"InPlacePodVerticalScaling":            stable,
	KubeletCrashLoopBackOffMax:             beta,
	"KubeletEnsureSecretPulledImages":      beta,
	"MemoryQoS":                            beta,
	"PLEGOnDemandRelist":                   stable,
	PodLevelResources:                      beta,
	"PodLogsQuerySplitStreams":             alpha,
	"PodReadyToStartContainersCondition":   stable,
	"ProcMountType":                        stable,
	"RecursiveReadOnlyMounts":              stable,
	ReduceDefaultCrashLoopBackOffDecay:     alpha,
	"RelaxedEnvironmentVariableValidation": stable,
	RestartAllContainersOnContainerExits:   beta,
	"SupplementalGroupsPolicy":             stable,
	"UserNamespacesSupport":                stable,
	VolumeBindMountOptions:                 alpha,
}

// ParseFeatureGates reads a list such as "ContainerStopSignals=true,EnvFiles=false"; an empty one sets none, and of a name given
// twice the last value counts. The error tells everything that is wrong: names that podsim does not know, values that are
// neither true nor false, and features that are finished, so that they cannot be turned off.
func ParseFeatureGates(text string) (FeatureGates, error) {
	gates := FeatureGates{}
	var errs []error
	for item := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(item) == "" {
			continue
		}
		if err := gates.parse(item); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return gates, nil
}

func (g FeatureGates) parse(item string) error {
	name, value, given := strings.Cut(item, "=")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	if featureGates[name] == 0 {
		return unknownGate(name)
	}
	if !given {
		return fmt.Errorf("feature gate %s: no value, as in %s=true", name, name)
	}
	on, err := strconv.ParseBool(value)
	if err != nil {
		return fmt.Errorf("feature gate %s: %q is neither true nor false", name, value)
	}
	if !on && featureGates[name] == stable {
		return fmt.Errorf("feature gate %s: the feature is locked to true and cannot be turned off", name)
	}
	g[name] = on
	return nil
}

// unknownGate names the gate that may have been meant, or else all there are.
func unknownGate(name string) error {
	known := slices.Sorted(maps.Keys(featureGates))
	if i := slices.IndexFunc(known, func(k string) bool { return name != "" && Alike(k, name) }); i >= 0 {
		return fmt.Errorf("unknown feature gate %q, did you mean %s?", name, known[i])
	}
	return fmt.Errorf("unknown feature gate %q, podsim knows %s", name, strings.Join(known, ", "))
}

// Enabled tells whether a feature is on: as it was set, else as Kubernetes v1.37 has it. A name that podsim does not know is off.
func (g FeatureGates) Enabled(name string) bool {
	if on, ok := g[name]; ok {
		return on
	}
	return featureGates[name] >= beta
}

// String lists the gates that are set in the order of their names, in the form that ParseFeatureGates reads.
func (g FeatureGates) String() string {
	items := make([]string, 0, len(g))
	for _, name := range slices.Sorted(maps.Keys(g)) {
		items = append(items, fmt.Sprintf("%s=%t", name, g[name]))
	}
	return strings.Join(items, ",")
}
