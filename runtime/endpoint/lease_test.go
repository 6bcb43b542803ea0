package endpoint

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

// stateDirectory is one that does not exist yet.
func stateDirectory(t *testing.T) string {
	t.Helper()
	t.Setenv(DirectoryVariable, t.TempDir())
	dir, err := Directory(t.Name())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestOneNodeADirectory(t *testing.T) {
	dir := stateDirectory(t)
	lease, err := Acquire(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Acquire(dir); !errors.Is(err, ErrHeld) {
		t.Errorf("second Acquire: %v, want ErrHeld", err)
	}
	info, err := os.Stat(socketPath(dir))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("socket: %v, %v; want mode 0600", info.Mode(), err)
	}
	if err := os.WriteFile(LogPath(dir), []byte("words"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := lease.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the state directory is left behind: %v", err)
	}
	if _, err := os.Stat(filepath.Dir(dir)); err != nil {
		t.Errorf("the user's own directory is gone: %v", err)
	}
}

func TestDefaultParentGoesWithTheLastNode(t *testing.T) {
	t.Setenv(DirectoryVariable, "")
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	var leases []*Lease
	for _, engine := range []string{"a", "b"} {
		dir, err := Directory(engine)
		if err != nil {
			t.Fatal(err)
		}
		lease, err := Acquire(dir)
		if err != nil {
			t.Fatal(err)
		}
		leases = append(leases, lease)
	}
	for i, lease := range leases {
		if err := lease.Close(); err != nil {
			t.Error(err)
		}
		_, err := os.Stat(defaultParent())
		if gone := errors.Is(err, fs.ErrNotExist); gone != (i == 1) {
			t.Errorf("after node %d ended: %v", i, err)
		}
	}
}

func TestSocketOfADeadNodeIsReplaced(t *testing.T) {
	dir := stateDirectory(t)
	if err := makeDirectory(dir); err != nil {
		t.Fatal(err)
	}
	dead, err := net.Listen("unix", socketPath(dir))
	if err != nil {
		t.Fatal(err)
	}
	dead.(*net.UnixListener).SetUnlinkOnClose(false)
	dead.Close()
	if err := os.WriteFile(lockPath(dir), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	lease, err := Acquire(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer lease.Close()
	connection, err := net.Dial("unix", socketPath(dir))
	if err != nil {
		t.Fatal(err)
	}
	connection.Close()
}

// TestLeaseIsExclusiveWhileNodesComeAndGo has many nodes take and leave one directory, which is made and removed all the
// time.
func TestLeaseIsExclusiveWhileNodesComeAndGo(t *testing.T) {
	dir := stateDirectory(t)
	var holders, taken atomic.Int32
	var nodes sync.WaitGroup
	for range 8 {
		nodes.Go(func() {
			for range 200 {
				lease, err := Acquire(dir)
				if errors.Is(err, ErrHeld) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				if n := holders.Add(1); n != 1 {
					t.Errorf("%d nodes hold the directory", n)
				}
				taken.Add(1)
				holders.Add(-1)
				if err := lease.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	nodes.Wait()
	if taken.Load() == 0 {
		t.Error("nobody ever got the lease")
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the state directory is left behind: %v", err)
	}
}
