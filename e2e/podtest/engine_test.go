package podtest_test

import (
	"testing"

	"github.com/podsim/podsim/runtime/engine"
)

// requireEngine skips a test that needs an engine before it brings a pod up.
func requireEngine(t *testing.T) {
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
