package nodeflags

import (
	"fmt"

	"github.com/spf13/pflag"
)

// The values of the flag that says who may do what.
const (
	alwaysAllow = "always-allow"
	byRBAC      = "rbac"
)

// addAuthorization makes the flag that says whether roles and bindings decide what clients may do.
func addAuthorization(flags *pflag.FlagSet, rbac *bool) {
	flags.Var(authorization{rbac}, "authorization", "Who may do what with the node's API: rbac asks Roles and RoleBindings, always-allow nobody")
}

type authorization struct{ rbac *bool }

func (v authorization) String() string {
	if v.rbac != nil && *v.rbac {
		return byRBAC
	}
	return alwaysAllow
}

func (v authorization) Set(text string) error {
	if text != byRBAC && text != alwaysAllow {
		return fmt.Errorf("%q is neither %s nor %s", text, byRBAC, alwaysAllow)
	}
	*v.rbac = text == byRBAC
	return nil
}

func (authorization) Type() string { return "MODE" }
