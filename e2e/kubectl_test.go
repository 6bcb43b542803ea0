package e2e

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	kubectl "k8s.io/kubectl/pkg/cmd"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
)

// TestMain lets scripts run kubectl, all of it, as Kubernetes releases it.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"kubectl": func() { cmdutil.CheckErr(kubectl.NewDefaultKubectlCommand().Execute()) },
	})
}
