package podspec

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFeatureGatesAreRead(t *testing.T) {
	cases := []struct {
		text    string
		want    string // as String has it
		wantErr string
	}{
		{"", "", ""},
		{"MemoryQoS=false,ContainerStopSignals=true", "ContainerStopSignals=true,MemoryQoS=false", ""},
		{" EnvFiles = 0 , H2CContainerProbe=T,", "EnvFiles=false,H2CContainerProbe=true", ""},
		{"EnvFiles=true,EnvFiles=false", "EnvFiles=false", ""},
		{"HostnameOverride=true", "HostnameOverride=true", ""},
		{"HostnameOverride=false", "", "feature gate HostnameOverride: the feature is locked to true and cannot be turned off"},
		{"EnvFiles", "", "feature gate EnvFiles: no value, as in EnvFiles=true"},
		{"EnvFiles=on", "", `feature gate EnvFiles: "on" is neither true nor false`},
		{"EnvFiles=", "", `feature gate EnvFiles: "" is neither true nor false`},
		{"ContainerStopSignal=true", "", `unknown feature gate "ContainerStopSignal", did you mean ContainerStopSignals?`},
		{"envfiles=true,EnvFiles=x", "", "unknown feature gate \"envfiles\", did you mean EnvFiles?\nfeature gate EnvFiles: \"x\" is neither true nor false"},
	}
	for _, c := range cases {
		gates, err := ParseFeatureGates(c.text)
		message := ""
		if err != nil {
			message = err.Error()
		}
		if diff := cmp.Diff([]string{c.want, c.wantErr}, []string{gates.String(), message}); diff != "" {
			t.Errorf("%s: %s", c.text, diff)
		}
	}
}

func TestAnUnknownFeatureGateIsAnsweredWithTheKnownOnes(t *testing.T) {
	_, err := ParseFeatureGates("Teleportation=true")
	if err == nil || !strings.HasPrefix(err.Error(), `unknown feature gate "Teleportation", podsim knows AtomicWriteVolumeUserFields, ContainerRestartRules, `) {
		t.Error(err)
	}
}

func TestFeaturesHaveTheDefaultsOfKubernetes(t *testing.T) { // (S0)
	gates := FeatureGates{ContainerStopSignals: true, EnvFiles: false}
	for name, want := range map[string]bool{
		ContainerStopSignals: true, EnvFiles: false, // as set
		ContainerRestartRules: true, RestartAllContainersOnContainerExits: true, "HostnameOverride": true,
		H2CContainerProbe: false, ReduceDefaultCrashLoopBackOffDecay: false,
		"Teleportation": false,
	} {
		if got := gates.Enabled(name); got != want {
			t.Errorf("%s is %t, want %t", name, got, want)
		}
	}
	if !FeatureGates(nil).Enabled(ContainerRestartRules) {
		t.Error("without any gates set, ContainerRestartRules is off")
	}
}
