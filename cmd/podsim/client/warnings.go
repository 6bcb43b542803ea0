package client

import (
	"io"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/podsim/podsim/podspec/manifest"
)

// warnings shows those that come with the node's answers, each once, and none that its user has read already.
type warnings struct {
	rest.WarningHandler
	read *sync.Map // texts
}

func newWarnings(out io.Writer, read *sync.Map) warnings {
	return warnings{rest.NewWarningWriter(out, rest.WarningWriterOptions{Deduplicate: true}), read}
}

// HandleWarningHeader implements rest.WarningHandler.
func (w warnings) HandleWarningHeader(code int, agent, text string) {
	if _, read := w.read.Load(text); !read {
		w.WarningHandler.HandleWarningHeader(code, agent, text)
	}
}

// HasReadWarnings says that the user knows what the node will say about an object: its manifest's warnings have been shown.
func (c *Connection) HasReadWarnings(of metav1.Object) {
	for _, w := range manifest.ServerWarnings(of) {
		c.readWarnings.Store(w.Text, true)
	}
}
