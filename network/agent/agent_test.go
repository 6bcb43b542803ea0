//go:build linux

package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// holdVariable makes the test program behave as the agent without arguments.
const holdVariable = "AGENT_TEST_HOLD"

func TestMain(m *testing.M) {
	if os.Getenv(holdVariable) != "" {
		os.Stdout.WriteString("holding\n")
		hold()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestTheAgentHoldsUntilASignalEndsIt(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		agent := exec.Command(os.Args[0])
		agent.Env = append(os.Environ(), holdVariable+"=1")
		out, err := agent.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := agent.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		// The signal may come before hold has asked for it; then it ends the process with the signal itself.
		agent.Process.Signal(signal)
		if err := agent.Wait(); err != nil && !strings.HasPrefix(err.Error(), "signal: ") {
			t.Errorf("%v: %v", signal, err)
		}
	}
}

func TestBadArgumentsAreUsageErrors(t *testing.T) {
	for _, args := range []string{
		"nonsense", "hostpath", "hostpath File", "subpath", "subpath d", "own", "own x Always d", "own 1 Always", "usage", "write", "write a b", "tail", "tail 1", "tail x f", "tail -1 f",
		"tunnel x",
		"kill", "kill 1 2 3", "kill -container c", "kill -container c x", "kill -container c 0", "kill -container c -5",
	} {
		fields := strings.Fields(args)
		err := run(fields[0], fields[1:], strings.NewReader(""), &bytes.Buffer{})
		if err == nil || exitCode(err) != exitUsage {
			t.Errorf("%q: exit code %d, error %v", args, exitCode(err), err)
		}
	}
}

func TestWriteKeepsTheInode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(path, []byte("a much longer file"), 0o644); err != nil {
		t.Fatal(err)
	}
	before := inode(t, path)
	if err := run("write", []string{path}, strings.NewReader("new\n"), nil); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil || string(content) != "new\n" {
		t.Errorf("the file holds %q, error %v", content, err)
	}
	if inode(t, path) != before {
		t.Error("the file has another inode")
	}
}

func inode(t *testing.T, path string) uint64 {
	t.Helper()
	var stat syscall.Stat_t
	if err := syscall.Stat(path, &stat); err != nil {
		t.Fatal(err)
	}
	return stat.Ino
}

func TestOrphansAreCollected(t *testing.T) {
	child := exec.Command("true")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	for {
		reap()
		if err := syscall.Kill(child.Process.Pid, 0); errors.Is(err, syscall.ESRCH) {
			return
		}
		if t.Context().Err() != nil {
			t.Fatal("the child stays a zombie")
		}
	}
}
