package nodeflags

import (
	"slices"
	"testing"

	"github.com/spf13/cobra"

	"github.com/podsim/podsim/runtime/instance"
)

func parse(args []string) (Options, error) {
	var options Options
	cmd := &cobra.Command{}
	options.AddTo(cmd)
	err := cmd.ParseFlags(args)
	return options, err
}

func TestTheLimitsOfLogs(t *testing.T) {
	for _, row := range []struct {
		args  []string
		want  instance.LogLimits
		again []string
	}{
		{nil, instance.LogLimits{}, nil},
		{[]string{"--container-log-max-size=1Mi"}, instance.LogLimits{MaxSize: 1 << 20}, []string{"--container-log-max-size=1Mi"}},
		{[]string{"--container-log-max-size=1500", "--container-log-max-files=2"}, instance.LogLimits{MaxSize: 1500, MaxFiles: 2},
			[]string{"--container-log-max-files=2", "--container-log-max-size=1500"}},
	} {
		got, err := parse(row.args)
		if err != nil || got.Log != row.want {
			t.Errorf("%q: got %+v, error %v", row.args, got.Log, err)
		}
		if again := got.Arguments(); !slices.Equal(again, row.again) {
			t.Errorf("%q: set again by %q", row.args, again)
		}
	}
}

func TestLimitsThatAreRefused(t *testing.T) {
	for _, row := range [][2]string{
		{"--container-log-max-size=0", `invalid argument "0" for "--container-log-max-size" flag: "0" is not a size such as 10Mi`},
		{"--container-log-max-size=-1Mi", `invalid argument "-1Mi" for "--container-log-max-size" flag: "-1Mi" is not a size such as 10Mi`},
		{"--container-log-max-size=big", `invalid argument "big" for "--container-log-max-size" flag: "big" is not a size such as 10Mi`},
		{"--container-log-max-files=1", `invalid argument "1" for "--container-log-max-files" flag: "1" is not a number of at least 2`},
	} {
		if _, err := parse(row[:1]); err == nil || err.Error() != row[1] {
			t.Errorf("%s: got %v", row[0], err)
		}
	}
}
