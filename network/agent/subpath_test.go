//go:build linux

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// newVolume makes a volume with a root of mode 1777, and beside it a directory that must stay out of reach.
func newVolume(t *testing.T) (dir string) {
	t.Helper()
	parent := t.TempDir()
	dir = filepath.Join(parent, "volume")
	must(t, os.Mkdir(filepath.Join(parent, "outside"), 0o755))
	must(t, os.Mkdir(dir, 0o755))
	must(t, os.Chmod(dir, 0o777|os.ModeSticky))
	must(t, os.Mkdir(filepath.Join(dir, "dir"), 0o700))
	must(t, os.WriteFile(filepath.Join(dir, "dir", "file"), nil, 0o600))
	for name, target := range map[string]string{
		"data":     "dir",
		"file":     "data/file",
		"up":       "..",
		"outside":  "../outside",
		"absolute": "/etc",
		"dangling": "nowhere",
		"loop":     "loop",
		"dir/back": "../data/file",
	} {
		must(t, os.Symlink(target, filepath.Join(dir, name)))
	}
	return dir
}

func TestSubPathsAreResolvedInsideTheirVolume(t *testing.T) {
	tests := []struct {
		name, sub, want string
		code            int
	}{
		{"a directory", "dir", "dir", 0},
		{"a file", "dir/file", "dir/file", 0},
		{"the root", ".", ".", 0},
		{"through links, as a configMap has them (S11.53)", "file", "dir/file", 0},
		{"up and down again inside the volume", "dir/back", "dir/file", 0},
		{"missing directories are made (S11.50)", "left/deep", "left/deep", 0},
		{"also behind a link", "data/new", "dir/new", 0},
		{"with dots and slashes that mean nothing", "./left//other/", "left/other", 0},
		{"a link to the parent of the volume (S11.51)", "outside", "", exitPreparing},
		{"a link upwards", "up", "", exitPreparing},
		{"an absolute link", "absolute", "", exitPreparing},
		{"a missing directory behind a link that leads out", "absolute/new", "", exitPreparing},
		{"a link in a circle", "loop", "", exitPreparing},
		{"a link that leads nowhere", "dangling", "", exitCreating},
		{"a directory inside a file", "dir/file/new", "", exitPreparing},
	}
	dir := newVolume(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			err := subPath([]string{dir, tt.sub}, &out)
			if tt.code != 0 {
				if err == nil || exitCode(err) != tt.code || out.Len() != 0 {
					t.Errorf("got %q, error %v", out.String(), err)
				}
				return
			}
			if err != nil || out.String() != tt.want+"\n" {
				t.Errorf("got %q, error %v, want %q", out.String(), err, tt.want)
			}
		})
	}
	expectMode(t, filepath.Join(dir, "left"), os.ModeDir|os.ModeSticky|0o777)
	expectMode(t, filepath.Join(dir, "left", "deep"), os.ModeDir|os.ModeSticky|0o777)
	if _, err := os.Stat("/etc/new"); err == nil {
		t.Error("a directory was made outside of the volume")
	}
}

func TestTheFirstBadSubPathEndsTheVerb(t *testing.T) {
	dir := newVolume(t)
	var out bytes.Buffer
	err := subPath([]string{dir, "dir", dir, "up", dir, "never"}, &out)
	if exitCode(err) != exitPreparing || out.String() != "dir\n" {
		t.Errorf("got %q, error %v", out.String(), err)
	}
	if _, err := os.Stat(filepath.Join(dir, "never")); err == nil {
		t.Error("a later sub path was made")
	}
}
