//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// newTree makes a small tree of files for one's own group, which needs no privileges to set.
func newTree(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "tree")
	must(t, os.Mkdir(dir, 0o700))
	must(t, os.Mkdir(filepath.Join(dir, "sub"), 0o711))
	must(t, os.WriteFile(filepath.Join(dir, "sub", "file"), nil, 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "program"), nil, 0o700))
	must(t, os.Symlink("nowhere", filepath.Join(dir, "link")))
	return dir
}

func TestOwnAddsGroupPermissions(t *testing.T) {
	gid := strconv.Itoa(os.Getgid())
	tests := []struct {
		name                     string
		flags                    []string
		root, sub, file, program os.FileMode
	}{
		{"for volumes that are written (S11.61)", nil, 0o770, 0o771, 0o660, 0o760},
		{"for volumes that are only read", []string{"-readonly"}, 0o750, 0o751, 0o640, 0o740},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := newTree(t)
			must(t, own(append(tt.flags, gid, "Always", dir)))
			expectMode(t, dir, os.ModeDir|os.ModeSetgid|tt.root)
			expectMode(t, filepath.Join(dir, "sub"), os.ModeDir|os.ModeSetgid|tt.sub)
			expectMode(t, filepath.Join(dir, "sub", "file"), tt.file)
			expectMode(t, filepath.Join(dir, "program"), tt.program)
		})
	}
}

func TestOnRootMismatchSkipsATreeWhoseRootIsRight(t *testing.T) {
	gid := strconv.Itoa(os.Getgid())
	dir := newTree(t)
	file := filepath.Join(dir, "sub", "file")

	must(t, own([]string{gid, "OnRootMismatch", dir}))
	expectMode(t, file, 0o660)

	must(t, os.Chmod(file, 0o600))
	must(t, own([]string{gid, "OnRootMismatch", dir}))
	expectMode(t, file, 0o600)

	must(t, own([]string{gid, "Always", dir}))
	expectMode(t, file, 0o660)
}

func TestAMissingTreeIsAnError(t *testing.T) {
	if err := own([]string{"1", "Always", filepath.Join(t.TempDir(), "none")}); err == nil {
		t.Error("no error")
	}
}
