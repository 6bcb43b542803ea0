//go:build linux

package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestHostPathChecksSpeakAsAKubelet(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	must(t, os.WriteFile(at("file"), nil, 0o600))
	must(t, os.Mkdir(at("dir"), 0o700))
	must(t, os.Symlink("dir", at("link")))
	must(t, os.Symlink("missing", at("dangling")))
	socket, err := net.Listen("unix", at("socket"))
	must(t, err)
	defer socket.Close()

	tests := []struct{ kind, path, want string }{
		{"Directory", "dir", ""},
		{"Directory", "link", ""},
		{"File", "file", ""},
		{"Socket", "socket", ""},
		{"CharDevice", "/dev/null", ""},
		{"DirectoryOrCreate", "dir", ""},
		{"FileOrCreate", "file", ""},
		{"Directory", "file", "hostPath type check failed: PATH is not a directory, it's a File"},
		{"DirectoryOrCreate", "file", "hostPath type check failed: PATH is not a directory, it's a File"},
		{"File", "link", "hostPath type check failed: PATH is not a file, it's a Directory"},
		{"FileOrCreate", "dir", "hostPath type check failed: PATH is not a file, it's a Directory"},
		{"Socket", "file", "hostPath type check failed: PATH is not a socket file, it's a File"},
		{"CharDevice", "socket", "hostPath type check failed: PATH is not a character device, it's a Socket"},
		{"BlockDevice", "/dev/null", "hostPath type check failed: PATH is not a block device, it's a CharDevice"},
		{"Directory", "missing", `hostPath type check failed, PATH is not a directory, unable to determine its type: path "PATH" does not exist`},
		{"File", "dangling", `hostPath type check failed, PATH is not a file, unable to determine its type: path "PATH" does not exist`},
		{"FileOrCreate", "missing/file", "open PATH: no such file or directory"},
		{"Folder", "dir", "Folder is an invalid volume type"},
	}
	for _, tt := range tests {
		t.Run(tt.kind+" at "+tt.path, func(t *testing.T) {
			path := tt.path
			if !filepath.IsAbs(path) {
				path = at(path)
			}
			got := ""
			if err := checkHostPath(tt.kind, path); err != nil {
				got = err.Error()
			}
			if want := strings.ReplaceAll(tt.want, "PATH", path); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestOrCreateMakesWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	nested := filepath.Join(dir, "a", "b")
	must(t, checkHostPath("DirectoryOrCreate", nested))
	must(t, checkHostPath("FileOrCreate", filepath.Join(nested, "f")))
	expectMode(t, filepath.Join(dir, "a"), os.ModeDir|0o755)
	expectMode(t, nested, os.ModeDir|0o755)
	expectMode(t, filepath.Join(nested, "f"), 0o644)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func expectMode(t *testing.T, path string, want os.FileMode) {
	t.Helper()
	info, err := os.Lstat(path)
	must(t, err)
	if info.Mode() != want {
		t.Errorf("%s has mode %v, want %v", path, info.Mode(), want)
	}
}
