package doctor

import (
	"bytes"
	"testing"

	"github.com/podsim/podsim/cmd/podsim/exit"
	"github.com/podsim/podsim/runtime"
)

func TestChecksArePrintedWithAdviceWhereItIsNeeded(t *testing.T) {
	fine := runtime.Check{Name: "engine", Outcome: runtime.OK, Detail: "Docker 28"}
	limited := runtime.Check{Name: "cgroup", Outcome: runtime.Warn, Detail: "version 1", Advice: "use version 2"}
	broken := runtime.Check{Name: "sandbox image", Outcome: runtime.Fail, Detail: "refused", Advice: "look at the engine's log"}
	for _, c := range []struct {
		name   string
		checks []runtime.Check
		code   int
		want   string
	}{
		{"well", []runtime.Check{fine}, 0, "ok    engine: Docker 28\n"},
		{"warnings do not count", []runtime.Check{fine, limited}, 0, "ok    engine: Docker 28\nwarn  cgroup: version 1\n      use version 2\n"},
		{"a failure does", []runtime.Check{broken}, 1, "fail  sandbox image: refused\n      look at the engine's log\n"},
	} {
		var out bytes.Buffer
		code, text := exit.Report(print(&out, c.checks))
		if code != c.code || text != "" || out.String() != c.want {
			t.Errorf("%s: exit %d %q, got %q, want %q", c.name, code, text, out.String(), c.want)
		}
	}
}
