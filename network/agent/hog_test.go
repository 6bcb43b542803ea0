//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const someContainer = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func TestWhereAContainersMemoryIsAndHowMuch(t *testing.T) {
	for _, test := range []struct{ about, group, file, content, want string }{
		{"version 1", "memory/docker/" + someContainer, "memory.limit_in_bytes", "67108864\n", ""},
		{"version 1 under systemd", "memory/system.slice/docker-" + someContainer + ".scope", "memory.limit_in_bytes", "67108864\n", ""},
		{"version 2", "system.slice/docker-" + someContainer + ".scope", "memory.max", "67108864\n", ""},
		{"version 1 without a limit", "memory/docker/" + someContainer, "memory.limit_in_bytes", "9223372036854771712\n", "no limit of memory"},
		{"version 2 without a limit", "docker/" + someContainer, "memory.max", "max\n", "no limit of memory"},
	} {
		root := t.TempDir()
		dir := filepath.Join(root, test.group)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, test.file), []byte(test.content), 0o600); err != nil {
			t.Fatal(err)
		}
		group, err := memoryGroup(root, someContainer)
		if err != nil || group != dir {
			t.Errorf("%s: %s, %v", test.about, group, err)
		}
		limit, err := memoryLimit(group)
		switch {
		case test.want == "" && (err != nil || limit != 64<<20):
			t.Errorf("%s: %d, %v", test.about, limit, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: %v", test.about, err)
		}
	}
	if _, err := memoryGroup(t.TempDir(), someContainer); err == nil || !strings.Contains(err.Error(), "no control group for memory here") {
		t.Errorf("nowhere: %v", err)
	}
}

func TestAContainerHasEndedWhenNobodyElseIsInItsGroup(t *testing.T) {
	dir := t.TempDir()
	write := func(pids string) {
		if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(pids), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	proc := t.TempDir()
	if err := os.Mkdir(filepath.Join(proc, "42"), 0o755); err != nil {
		t.Fatal(err)
	}
	score := filepath.Join(proc, "42", "oom_score_adj")
	if err := os.WriteFile(score, []byte("984"), 0o600); err != nil {
		t.Fatal(err)
	}
	write("7\n42\n")
	if err := killOthers(proc, dir, "7", 5*hogPoll); err == nil || !strings.Contains(err.Error(), "1 processes of the container still run") {
		t.Errorf("with another: %v", err)
	}
	if left, err := os.ReadFile(score); err != nil || string(left) != "984" {
		t.Errorf("what was not killed has the score %s, %v", left, err)
	}
	write("7\n")
	if err := killOthers(proc, dir, "7", time.Minute); err != nil {
		t.Error(err)
	}
	if err := killOthers(proc, t.TempDir(), "7", time.Minute); err != nil {
		t.Errorf("the group is gone: %v", err)
	}
}
