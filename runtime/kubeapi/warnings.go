package kubeapi

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/podspec/manifest"
)

// warningsOf are what an API server says about an object that it accepts (S1.3.2).
func warningsOf(object metav1.Object) []string {
	var texts []string
	for _, w := range manifest.ServerWarnings(object) {
		texts = append(texts, w.Text)
	}
	return texts
}
