package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestAReadmeThatStopsHalfwayLeavesNothingOfItsOwn(t *testing.T) {
	docker, _, err := connect(t.Context())
	if err != nil {
		t.Skipf("no Docker Engine answers: %v", err)
	}
	defer docker.Close()
	for _, program := range []string{"bash", "docker"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(err)
		}
	}
	(&suite{}).ensureImages(t)
	name := fmt.Sprintf("halfway-%d", os.Getpid())
	readme := filepath.Join(t.TempDir(), "README.md")
	text := strings.ReplaceAll(`
    docker network create NAME
    docker run --detach --name NAME --network NAME busybox:1.36 sleep 600
    docker network create NAME
    docker rm --force NAME
`, "NAME", name)
	if err := os.WriteFile(readme, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), "./e2e/readmes/run", readme)
	run.Dir = ".."
	output, err := run.CombinedOutput()
	if err == nil || !strings.Contains(string(output), "already exists") {
		t.Errorf("%v:\n%s", err, output)
	}
	for _, kind := range []string{"container", "network"} {
		if output, err := exec.Command("docker", kind, "inspect", name).CombinedOutput(); err == nil {
			t.Errorf("the %s is left:\n%s", kind, output)
		}
	}
}
