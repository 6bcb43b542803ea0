package prune

import (
	"bytes"
	"testing"
)

func TestPrunePrintsALineAThing(t *testing.T) {
	for _, c := range []struct {
		removed []string
		dryRun  bool
		want    string
	}{
		{nil, false, "nothing to remove\n"},
		{[]string{"volume podsim_1_data", "network podsim_default"}, false, "removed volume podsim_1_data\nremoved network podsim_default\n"},
		{[]string{"volume podsim_1_data"}, true, "would remove volume podsim_1_data\n"},
	} {
		var out bytes.Buffer
		if err := print(&out, c.removed, c.dryRun); err != nil || out.String() != c.want {
			t.Errorf("%v: got %q, want %q", err, out.String(), c.want)
		}
	}
}
