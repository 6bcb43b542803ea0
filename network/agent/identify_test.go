//go:build linux

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestThingsAreIdentifiedInsideTheirDirectory(t *testing.T) {
	dir := newVolume(t)
	var out bytes.Buffer
	if err := identify([]string{dir, "dir", dir, "data", filepath.Join(dir, "dir"), ".", dir, "dir/file", dir, "."}, &out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	if lines[0] != lines[1] || lines[0] != lines[2] || lines[0] == lines[3] || lines[0] == lines[4] {
		t.Errorf("a directory, a link to it and itself again, a file in it, its parent:\n%s", out.String())
	}
	if !strings.HasPrefix(lines[0], "d ") || !strings.HasPrefix(lines[3], "f ") {
		t.Errorf("the kinds of a directory and of a file:\n%s", out.String())
	}
	for _, path := range []string{"outside", "absolute", "up", "nowhere"} {
		out.Reset()
		if err := identify([]string{dir, path}, &out); exitCode(err) != exitPreparing || out.Len() > 0 {
			t.Errorf("%s: got %q, error %v", path, out.String(), err)
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := identify([]string{dir, "."}, &out); exitCode(err) != exitPreparing {
		t.Errorf("a directory that is gone: error %v", err)
	}
}
