package kubectl

import (
	"github.com/spf13/cobra"
	"k8s.io/client-go/rest"
)

// AddImpersonation makes the flags with which a verb does what it does as somebody else.
func AddImpersonation(verb *cobra.Command, as *rest.ImpersonationConfig) {
	flags := verb.PersistentFlags()
	flags.StringVar(&as.UserName, "as", "", "The user to be for this command, such as system:serviceaccount:NAMESPACE:NAME")
	flags.StringArrayVar(&as.Groups, "as-group", nil, "A group to be in for this command; may be given several times")
	flags.StringVar(&as.UID, "as-uid", "", "The UID to have for this command")
}
