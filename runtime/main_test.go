package runtime

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain lets the garbage of the many small worlds lie a little longer than usual: they hold next to nothing that lives.
func TestMain(m *testing.M) {
	debug.SetGCPercent(800)
	os.Exit(m.Run())
}
