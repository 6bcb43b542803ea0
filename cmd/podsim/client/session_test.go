package client

import (
	"slices"
	"testing"
	"time"

	"github.com/podsim/podsim/cmd/podsim/nodeflags"
	"github.com/podsim/podsim/podspec"
)

func TestANodeInTheBackgroundGetsItsOptionsAsArguments(t *testing.T) {
	for _, c := range []struct {
		name        string
		idleTimeout string
		options     nodeflags.Options
		want        []string
	}{
		{"defaults", "", nodeflags.Options{}, []string{"node", "--host", "unix:///d.sock", "--idle-timeout", "15s"}},
		{"the environment sets the idle timeout", "1m", nodeflags.Options{}, []string{"node", "--host", "unix:///d.sock", "--idle-timeout", "1m0s"}},
		{"a back-off", "", nodeflags.Options{MaxRestartBackoff: 2 * time.Second}, []string{"node", "--host", "unix:///d.sock", "--idle-timeout", "15s", "--max-restart-backoff=2s"}},
		{"feature gates", "", nodeflags.Options{FeatureGates: podspec.FeatureGates{"MemoryQoS": true, "EnvFiles": false}},
			[]string{"node", "--host", "unix:///d.sock", "--idle-timeout", "15s", "--feature-gates=EnvFiles=false,MemoryQoS=true"}},
		{"nonsense", "soon", nodeflags.Options{}, nil},
		{"never ending is refused", "0s", nodeflags.Options{}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv(idleTimeoutVariable, c.idleTimeout)
			got, err := nodeArguments("unix:///d.sock", c.options)
			if !slices.Equal(got, c.want) || (err != nil) != (c.want == nil) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestTheNamespaceIsTheFlagsOrDefault(t *testing.T) {
	for _, c := range []struct {
		flag, want string
		given      bool
	}{{"", "default", false}, {"team", "team", true}} {
		session := &Session{Namespace: c.flag}
		got, given, err := session.Getter().ToRawKubeConfigLoader().Namespace()
		if got != c.want || given != c.given || err != nil {
			t.Errorf("%q: %q %v %v", c.flag, got, given, err)
		}
	}
}
