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

func TestOneReadmeThatFailsFailsTheRunAndNoOther(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	write := func(name, command string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("# An example\n\n    "+command+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, bad, last := write("good.md", "echo said by the first"), write("bad.md", "false"), write("last.md", "echo said by the last")
	run := exec.CommandContext(t.Context(), "./e2e/readmes/run", good, bad, last)
	run.Dir, run.Env = "..", append(os.Environ(), "JOBS=1")
	output, err := run.CombinedOutput()
	if err == nil {
		t.Error("the run did not fail")
	}
	for _, want := range []string{"\nsaid by the first\n", bad + " failed\n", "\nsaid by the last\n"} {
		if !strings.Contains(string(output), want) {
			t.Errorf("%q is missing in\n%s", want, output)
		}
	}
	if strings.Contains(string(output), good+" failed") {
		t.Errorf("the first did not fail:\n%s", output)
	}
}
