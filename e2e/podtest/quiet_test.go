package podtest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
)

// No other test runs beside it, as none does beside one that does not say that it is parallel.
func TestWhatIsReturnedIsNotToldBeside(t *testing.T) {
	RequireEngine(t)
	pod := Up(t, YAML(sleeper))
	pod.WaitReady()
	app := pod.Container("app")

	terminal, told := os.Stderr, filepath.Join(t.TempDir(), "stderr")
	file, err := os.Create(told)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	os.Stderr = file
	_, noCommand := app.ExecContext(t.Context(), nil, "nonesuch")
	_, unread := app.ExecContext(t.Context(), strings.NewReader(strings.Repeat(".", 64<<20)), "true")
	utilruntime.HandleError(errors.New("something of the test's own"))
	os.Stderr = terminal

	if noCommand == nil || !strings.Contains(noCommand.Error(), "executable file not found") || unread != nil {
		t.Errorf("no such command: %v; a command that does not read: %v", noCommand, unread)
	}
	content, err := os.ReadFile(told)
	if lines := strings.Split(strings.TrimSpace(string(content)), "\n"); err != nil || len(lines) != 1 ||
		!strings.Contains(lines[0], "quiet_test.go") || !strings.Contains(lines[0], "something of the test's own") {
		t.Errorf("told beside it:\n%s\nerror %v", content, err)
	}
}
