package nodeflags

import (
	"slices"
	"testing"
)

func TestAuthorizationIsByRolesOrNotAtAll(t *testing.T) {
	for _, row := range []struct {
		args  []string
		rbac  bool
		again []string
	}{
		{nil, false, nil},
		{[]string{"--authorization=always-allow"}, false, nil},
		{[]string{"--authorization=rbac"}, true, []string{"--authorization=rbac"}},
		{[]string{"--authorization=rbac", "--authorization=always-allow"}, false, nil},
	} {
		got, err := parse(row.args)
		if again := got.Arguments(); err != nil || got.RBAC != row.rbac || !slices.Equal(again, row.again) {
			t.Errorf("%q: %v, set again by %q, error %v", row.args, got.RBAC, again, err)
		}
	}
	const want = `invalid argument "RBAC" for "--authorization" flag: "RBAC" is neither rbac nor always-allow`
	if _, err := parse([]string{"--authorization=RBAC"}); err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}
