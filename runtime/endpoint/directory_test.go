package endpoint

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDirectoryFollowsTheEnvironment(t *testing.T) {
	runtimeDir, temporary := t.TempDir(), t.TempDir()
	for name, c := range map[string]struct{ state, xdg, want string }{
		"the state directory goes first":         {state: "/var/lib/x", xdg: runtimeDir, want: "/var/lib/x"},
		"then the user's runtime directory":      {xdg: runtimeDir, want: filepath.Join(runtimeDir, "podsim")},
		"a runtime directory that is not there":  {xdg: "/nowhere/at/all", want: filepath.Join(temporary, "podsim-")},
		"else the directory for temporary files": {want: filepath.Join(temporary, "podsim-")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(DirectoryVariable, c.state)
			t.Setenv("XDG_RUNTIME_DIR", c.xdg)
			t.Setenv("TMPDIR", temporary)
			dir, err := Directory("unix:///var/run/docker.sock")
			if err != nil || !strings.HasPrefix(filepath.Dir(dir), c.want) {
				t.Errorf("Directory is %s, %v; want it in %s", dir, err, c.want)
			}
			again, _ := Directory("unix:///var/run/docker.sock")
			other, _ := Directory("ssh://build.example.com")
			if again != dir || other == dir {
				t.Errorf("%s, %s for the same engine and %s for another one", dir, again, other)
			}
		})
	}
}

func TestTooLongSocketPathSaysWhatToDo(t *testing.T) {
	t.Setenv(DirectoryVariable, "/"+strings.Repeat("x", 100))
	_, err := Directory("")
	if err == nil || !strings.Contains(err.Error(), "at most 103 are possible: set PODSIM_STATE_DIR to a shorter directory") {
		t.Errorf("error: %v", err)
	}
}

func TestDirectoriesThatOthersCanReachAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(parent, dir string) error
		want    string // "" is no error
	}{
		"a new one": {func(string, string) error { return nil }, ""},
		"one that the group can read": {
			func(_, dir string) error { return os.Mkdir(dir, 0o750) }, "its mode is 0750, which lets other users in"},
		"a file": {func(_, dir string) error { return os.WriteFile(dir, nil, 0o600) }, "not a directory"},
		"a link to a directory": {
			func(parent, dir string) error { return os.Symlink(parent, dir) }, "it is not a directory"},
		"one in a parent that all can write": {
			func(parent, _ string) error { return os.Chmod(parent, 0o777) }, "which lets other users change what is in it"},
		"one in a parent that all can write but not replace": {
			func(parent, _ string) error { return os.Chmod(parent, 0o777|os.ModeSticky) }, ""},
		"one in a parent that the user's group can write": {
			func(parent, _ string) error { return os.Chmod(parent, 0o775) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			dir := filepath.Join(parent, "d")
			if err := c.prepare(parent, dir); err != nil {
				t.Fatal(err)
			}
			err := makeDirectory(dir)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("error: %v, want %q", err, c.want)
			}
		})
	}
}
