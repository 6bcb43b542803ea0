package kubeapi

import (
	"net/http"
	goruntime "runtime"

	"k8s.io/apimachinery/pkg/version"

	"github.com/podsim/podsim/podspec"
)

// serveVersion tells the Kubernetes release whose behaviour podsim shows.
func serveVersion(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, &version.Info{
		Major: "1", Minor: "37", GitVersion: podspec.KubernetesVersion,
		GoVersion: goruntime.Version(), Compiler: goruntime.Compiler, Platform: goruntime.GOOS + "/" + goruntime.GOARCH,
	})
}
