//go:build linux

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// usageIn is what the verb prints of a directory.
func usageIn(t *testing.T, dir string) int64 {
	t.Helper()
	var out bytes.Buffer
	if err := run("usage", []string{dir}, nil, &out); err != nil {
		t.Fatal(err)
	}
	n, err := strconv.ParseInt(strings.TrimSpace(out.String()), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestUsageCountsBlocksAndEveryFileOnce(t *testing.T) {
	dir := t.TempDir()
	empty := usageIn(t, dir)
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, bytes.Repeat([]byte("x"), 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	once := usageIn(t, dir)
	if once-empty < 1<<20 || once-empty > 1<<20+64<<10 {
		t.Errorf("a file of 1 MiB adds %d bytes", once-empty)
	}
	if err := os.Link(file, filepath.Join(dir, "again")); err != nil {
		t.Fatal(err)
	}
	if got := usageIn(t, dir); got != once {
		t.Errorf("a second name of the file adds %d bytes", got-once)
	}
	if err := os.WriteFile(filepath.Join(dir, "sparse"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(dir, "sparse"), 1<<30); err != nil {
		t.Fatal(err)
	}
	if got := usageIn(t, dir); got-once > 1<<20 {
		t.Errorf("a hole of 1 GiB adds %d bytes", got-once)
	}
}

func TestUsageOfWhatIsNotThereIsAnError(t *testing.T) {
	if err := run("usage", []string{filepath.Join(t.TempDir(), "none")}, nil, &bytes.Buffer{}); err == nil || exitCode(err) != exitFailure {
		t.Errorf("got %v", err)
	}
}
