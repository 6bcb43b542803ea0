package podtest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/podsim/podsim/runtime"
	"github.com/podsim/podsim/runtime/endpoint"
)

// A parent such as /tmp has directories of others.
func TestOnlyDirectoriesOfNodesAreSwept(t *testing.T) {
	parent := t.TempDir()
	write := func(paths ...string) {
		for _, path := range paths {
			path = filepath.Join(parent, path)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte("content"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	foreign := []string{
		"podtest-0000000g/node.lock", "podtest-01234567/file", "podtest-012345678/node.lock", "podtest-abcdef01", "podtest-killed-1/node.lock", "testdata/file",
	}
	write(foreign...)
	write("podtest-dead0001/node.lock", "podtest-dead0001/token.key", "podtest-dead0001/objects/one")
	living, err := endpoint.Acquire(filepath.Join(parent, "podtest-a11fe001"))
	if err != nil {
		t.Fatal(err)
	}
	alive, dead, err := lookAtLocks(parent)
	if err != nil {
		t.Error(err)
	}
	for _, lease := range dead {
		if err := lease.Close(); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff(map[string]bool{runtime.NodeID(filepath.Join(parent, "podtest-a11fe001")): true}, alive); diff != "" {
		t.Errorf("alive: %s", diff)
	}
	if err := living.Close(); err != nil {
		t.Error(err)
	}
	left, err := filepath.Glob(filepath.Join(parent, "*"))
	if err != nil || len(left) != len(foreign) {
		t.Errorf("of %q there is %q, %v", foreign, left, err)
	}
	for _, path := range foreign {
		if _, err := os.Stat(filepath.Join(parent, path)); err != nil {
			t.Errorf("what is not podtest's: %v", err)
		}
	}
	if got := filepath.Base(newDirectory(parent)); !directoryName.MatchString(got) {
		t.Errorf("a node's directory is named %s", got)
	}
	if alive, dead, err := lookAtLocks(filepath.Join(parent, "none")); len(alive)+len(dead) > 0 || err != nil {
		t.Errorf("where no node ever was: %v, %v, %v", alive, dead, err)
	}
}
