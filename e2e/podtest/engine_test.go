package podtest

import (
	"testing"

	"github.com/podsim/podsim/runtime/engine"
)

// RequireEngine skips a test that needs an engine before it brings a pod up.
func RequireEngine(t *testing.T) {
	t.Helper()
	host, err := engine.Host("")
	if err != nil {
		t.Fatal(err)
	}
	docker, err := engine.Connect(t.Context(), host)
	if err != nil {
		t.Skipf("skipped: %v", err)
	}
	docker.Close()
}
