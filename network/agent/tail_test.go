//go:build linux

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestTailPrintsTheEndOfAFileHoweverLargeItIs(t *testing.T) {
	dir := t.TempDir()
	small, large := filepath.Join(dir, "small"), filepath.Join(dir, "large")
	must(t, os.WriteFile(small, []byte("abc"), 0o600))
	must(t, os.WriteFile(large, nil, 0o600))
	must(t, os.Truncate(large, 1<<34)) // it takes no room
	f, err := os.OpenFile(large, os.O_WRONLY|os.O_APPEND, 0)
	must(t, err)
	_, err = f.WriteString("the end")
	must(t, err)
	must(t, f.Close())
	for _, row := range []struct{ size, file, want string }{
		{"2", small, "bc"}, {"3", small, "abc"}, {"4096", small, "abc"}, {"0", small, ""}, {"8", large, "\x00the end"},
	} {
		var out bytes.Buffer
		if err := run("tail", []string{row.size, row.file}, nil, &out); err != nil || out.String() != row.want {
			t.Errorf("the last %s of %s: got %q, error %v", row.size, filepath.Base(row.file), out.String(), err)
		}
	}
}

func TestTailReadsNothingButRegularFiles(t *testing.T) {
	dir := t.TempDir()
	file, link, fifo := filepath.Join(dir, "file"), filepath.Join(dir, "link"), filepath.Join(dir, "fifo")
	must(t, os.WriteFile(file, []byte("abc"), 0o600))
	must(t, os.Symlink(file, link))
	must(t, syscall.Mkfifo(fifo, 0o600))
	for _, at := range []string{dir, link, fifo, filepath.Join(dir, "nothing")} {
		var out bytes.Buffer
		if err := run("tail", []string{"9", at}, nil, &out); err == nil || out.Len() > 0 {
			t.Errorf("%s: got %q, error %v", at, out.String(), err)
		}
	}
}
