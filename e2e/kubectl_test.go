package e2e

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	kubectl "k8s.io/kubectl/pkg/cmd"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"

	"github.com/podsim/podsim/e2e/controller"
)

// TestMain lets scripts run kubectl, all of it, as Kubernetes releases it, and the controller that they also run in pods.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"controller": controller.Main,
		"kubectl":    func() { cmdutil.CheckErr(kubectl.NewDefaultKubectlCommand().Execute()) },
	})
}
