package endpoint

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"

	"github.com/gofrs/flock"
)

// ErrHeld is the error of Acquire when a node runs in the state directory.
var ErrHeld = errors.New("a node is running")

// Lease is the right to be the one node of a state directory. It ends with Close or with the process, however that ends.
type Lease struct {
	// Listener accepts connections on the node's socket.
	Listener net.Listener

	dir  string
	lock *flock.Flock
}

// Acquire makes the state directory, takes its lock, removes the socket that a dead node may have left, and listens. The
// error is ErrHeld, wrapped, when another node has the lock.
func Acquire(dir string) (*Lease, error) {
	lock, err := takeLock(dir)
	if err != nil {
		return nil, err
	}
	lease := &Lease{dir: dir, lock: lock}
	if lease.Listener, err = listen(socketPath(dir)); err != nil {
		lease.Close()
		return nil, err
	}
	return lease, nil
}

// takeLock locks the lock file of the directory. A node that ends removes both, so what was locked may be a file that is no
// longer there; then it is tried again.
func takeLock(dir string) (*flock.Flock, error) {
	for {
		if err := makeDirectory(dir); err != nil {
			return nil, err
		}
		lock := flock.New(lockPath(dir), flock.SetPermissions(0o600))
		taken, err := lock.TryLock()
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue // the directory was removed since it was made
		case err != nil:
			return nil, fmt.Errorf("locking %s: %w", lockPath(dir), err)
		case !taken:
			lock.Close()
			return nil, fmt.Errorf("locking %s: %w", lockPath(dir), ErrHeld)
		}
		current, err := isCurrent(lock)
		if current {
			return lock, nil
		}
		lock.Close()
		if err != nil {
			return nil, err
		}
	}
}

// isCurrent tells whether the locked file is still the one that others find under its name.
func isCurrent(lock *flock.Flock) (bool, error) {
	locked, err := lock.Stat()
	if err != nil {
		return false, fmt.Errorf("looking at the lock: %w", err)
	}
	named, err := os.Stat(lock.Path())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking at the lock: %w", err)
	}
	return os.SameFile(locked, named), nil
}

// listen listens on a socket that only the user can connect to; its directory is private before its mode is set.
func listen(path string) (net.Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("removing the socket of an earlier node: %w", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "unix", path)
	if err != nil {
		return nil, fmt.Errorf("listening for clients: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		listener.Close()
		return nil, fmt.Errorf("listening for clients: %w", err)
	}
	return listener, nil
}

// Close stops listening and removes the socket, the log, the lock and, when nothing else is in it, the state directory.
func (l *Lease) Close() error {
	var errs []error
	if l.Listener != nil {
		if err := l.Listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	for _, path := range []string{socketPath(l.dir), LogPath(l.dir)} {
		errs = append(errs, removeFile(path))
	}
	errs = append(errs, dropLock(l.lock))
	removeDirectory(l.dir)
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("leaving the state directory: %w", err)
	}
	return nil
}

func removeFile(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
