package nodeflags

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/instance"
)

func TestArgumentsSetTheSameOptionsAgain(t *testing.T) {
	for _, row := range []struct {
		options Options
		want    []string
	}{
		{Options{}, nil},
		{Options{IdleTimeout: time.Minute}, nil},
		{Options{
			MaxRestartBackoff: 2 * time.Second, VolumeUpdateDelay: time.Minute, MaxParallelImagePulls: 1, Log: instance.LogLimits{MaxSize: 1 << 20, MaxFiles: 3},
			ClusterAPI: true, RBAC: true, FeatureGates: podspec.FeatureGates{"MemoryQoS": true, "EnvFiles": false},
		}, []string{
			"--authorization=rbac", "--cluster-api=true", "--container-log-max-files=3", "--container-log-max-size=1Mi", "--feature-gates=EnvFiles=false,MemoryQoS=true",
			"--max-parallel-image-pulls=1", "--max-restart-backoff=2s", "--volume-update-delay=1m0s",
		}},
	} {
		args := row.options.Arguments()
		if !slices.Equal(args, row.want) {
			t.Errorf("%+v: got %q", row.options, args)
		}
		again, err := parse(args)
		row.options.IdleTimeout = 0 // has no flag here
		if diff := cmp.Diff(row.options, again); diff != "" || err != nil {
			t.Errorf("%q: error %v, -want +got:\n%s", args, err, diff)
		}
	}
}

func TestOptionsThatAreRefused(t *testing.T) {
	for _, row := range []struct {
		options Options
		want    string
	}{
		{Options{MaxRestartBackoff: time.Millisecond}, "--max-restart-backoff must be at least 1s"},
		{Options{VolumeUpdateDelay: -1}, "--volume-update-delay must not be negative"},
		{Options{MaxParallelImagePulls: -1}, "--max-parallel-image-pulls must not be negative"},
		{Options{IdleTimeout: -1}, "--idle-timeout must not be negative"},
	} {
		if err := row.options.Validate(); err == nil || err.Error() != row.want {
			t.Errorf("%+v: got %v", row.options, err)
		}
	}
}
