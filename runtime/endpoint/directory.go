// Package endpoint is where a node is found: the state directory of one user and one engine, the lock that lets one node
// run in it, the unix socket that the node serves its API on, the TCP port that it may have beside it, and the start of a node in
// the background.
//
// A node:
//
//	lease, err := endpoint.Acquire(dir)        // ErrHeld: another node runs
//	defer lease.Close()
//	go http.Serve(lease.Listener, handler)
//	endpoint.Report(nil)                       // tells the process that spawned this one
//
// A client:
//
//	dir, err := endpoint.Directory(engineHost)
//	if endpoint.Ping(ctx, dir) != nil {
//		_, err = endpoint.Spawn(ctx, endpoint.Node{Executable: self, Args: []string{"node"}}, dir)
//	}
//	clients, err := kubernetes.NewForConfig(endpoint.Config(dir))
//
// A client that knows nothing of podsim gets a kubeconfig: access, err := endpoint.AskAccess(ctx, dir).
//
// It knows files, sockets and processes, and nothing of pods or engines: the engine is a string to it.
package endpoint

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// DirectoryVariable names the environment variable that holds the folder for state directories.
const DirectoryVariable = "PODSIM_STATE_DIR"

// longestSocketPath is the length in bytes of the longest path of a unix socket that every system takes; macOS has the
// least room.
const longestSocketPath = 103

// Directory is the state directory for the nodes of an engine, named as Docker names its host (such as
// unix:///var/run/docker.sock). It lies in $PODSIM_STATE_DIR if that is set, else in $XDG_RUNTIME_DIR/podsim if that
// variable names a directory, else in podsim-<uid> under the directory for temporary files. It need not exist. The error
// tells that a socket in it would have too long a path.
func Directory(engineHost string) (string, error) {
	parent := os.Getenv(DirectoryVariable)
	if parent == "" {
		parent = defaultParent()
	}
	parent, err := filepath.Abs(parent)
	if err != nil {
		return "", fmt.Errorf("finding the state directory: %w", err)
	}
	hash := sha256.Sum256([]byte(engineHost))
	dir := filepath.Join(parent, hex.EncodeToString(hash[:6]))
	if socket := socketPath(dir); len(socket) > longestSocketPath {
		return "", fmt.Errorf("the path of the socket %s is %d bytes long and at most %d are possible: set %s to a shorter directory",
			socket, len(socket), longestSocketPath, DirectoryVariable)
	}
	return dir, nil
}

// defaultParent holds the state directories when the environment names no other place.
func defaultParent() string {
	if runtimeDir := os.Getenv("XDG_RUNTIME_DIR"); runtimeDir != "" {
		if info, err := os.Stat(runtimeDir); err == nil && info.IsDir() {
			return filepath.Join(runtimeDir, "podsim")
		}
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("podsim-%d", os.Getuid()))
}

func socketPath(dir string) string { return filepath.Join(dir, "node.sock") }
func lockPath(dir string) string   { return filepath.Join(dir, "node.lock") }

// LogPath is the file that the output of a background node goes to.
func LogPath(dir string) string { return filepath.Join(dir, "node.log") }

// TokenKeyPath is the file with the key that signs the tokens of service accounts. It is there as long as the node has pods or keeps objects.
func TokenKeyPath(dir string) string { return filepath.Join(dir, "token.key") }

// ObjectsPath is the folder in which nodes of the directory keep what outlives them. It stays as long as anything is in it.
func ObjectsPath(dir string) string { return filepath.Join(dir, "objects") }

// WaitingPath is the folder in which nodes of the directory keep the pods that have nothing on the engine yet.
func WaitingPath(dir string) string { return filepath.Join(dir, "waiting") }

// authorityPath and addressPath are the files by which nodes of the directory have one TCP port: they stay when a node ends.
func authorityPath(dir string) string { return filepath.Join(dir, "ca.pem") }
func addressPath(dir string) string   { return filepath.Join(dir, "address") }

// ForgetTokenKey removes the key. It is no error if there is none.
func ForgetTokenKey(dir string) error {
	if err := os.Remove(TokenKeyPath(dir)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the key of service account tokens: %w", err)
	}
	return nil
}

// makeDirectory makes the state directory if it is not there, and refuses one that others could tamper with. A node that
// ends removes it, perhaps just now, so it is tried a few times.
func makeDirectory(dir string) error {
	var err error
	for range 10 {
		if err = makePrivate(dir); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return err
}

func makePrivate(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("making the state directory: %w", err)
	}
	for path, check := range map[string]func(fs.FileInfo) error{filepath.Dir(dir): checkParent, dir: checkPrivate} {
		info, err := os.Lstat(path)
		if err != nil {
			return fmt.Errorf("looking at the state directory: %w", err)
		}
		if !info.IsDir() {
			err = errors.New("it is not a directory")
		} else {
			err = check(info)
		}
		if err != nil {
			return fmt.Errorf("using the state directory %s: %w; remove it, or set %s to another one", path, err, DirectoryVariable)
		}
	}
	return nil
}

// removeDirectory removes the state directory if it is empty, and then the folder for state directories if that is empty
// and podsim's own.
func removeDirectory(dir string) {
	if err := os.Remove(dir); err != nil {
		return // another node has begun to use it
	}
	if parent := filepath.Dir(dir); parent == defaultParent() {
		os.Remove(parent) // fails while it holds the state of another engine's node
	}
}
