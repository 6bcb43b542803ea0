package client

import "testing"

func TestOnlyASurelyNewerPodsimReplacesANode(t *testing.T) {
	for _, c := range []struct {
		own, other string
		want       bool
	}{
		{"v1.3.0", "v1.2.9", true},
		{"v1.10.0", "v1.9.0", true},
		{"v1.2.3", "v1.2.3", false},
		{"v1.2.3", "v1.3.0", false},
		{"v1.3.0", "v1.3.0-rc.1", true},
		{"v0.0.0-20260201000000-abcdefabcdef", "v0.0.0-20260101000000-abcdefabcdef", true},
		{"v0.0.0-20260101000000-abcdefabcdef+dirty", "v0.0.0-20260101000000-abcdefabcdef", false},
		{"(devel)", "v1.2.3", false},
		{"v1.2.3", "(devel)", false},
		{"(devel)", "(devel)", false},
		{"v1.2.3", "", false},
	} {
		if got := isNewer(c.own, c.other); got != c.want {
			t.Errorf("%q is newer than %q: %v", c.own, c.other, got)
		}
	}
}
