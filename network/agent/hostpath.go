//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// hostPath checks, and for the OrCreate types makes, the sources of hostPath volumes. args are pairs of a
// HostPathType and a path. It changes root to the engine machine's root directory first, so that symbolic links mean
// what they mean there. Every pair is looked at; each failure prints a line "<index of the pair>\t<message>", in the
// words of a kubelet (S11.40).
func hostPath(root string, args []string, stdout io.Writer) error {
	if len(args) == 0 || len(args)%2 != 0 {
		return usage("hostpath wants pairs of a type and a path")
	}
	if err := changeRoot(root); err != nil {
		return err
	}
	failed := false
	for i := 0; i < len(args); i += 2 {
		if err := checkHostPath(args[i], args[i+1]); err != nil {
			failed = true
			fmt.Fprintf(stdout, "%d\t%v\n", i/2, err)
		}
	}
	if failed {
		return errors.New("hostPath checks failed")
	}
	return nil
}

func changeRoot(root string) error {
	if err := syscall.Chroot(root); err != nil {
		return fmt.Errorf("changing root to %s: %w", root, err)
	}
	return os.Chdir("/")
}

// checkHostPath is the check of one hostPath volume (S11D). Symbolic links are followed.
func checkHostPath(kind, path string) error {
	switch kind {
	case "DirectoryOrCreate":
		if !exists(path) {
			return os.MkdirAll(path, 0o755)
		}
		return expectType(path, "Directory", "directory")
	case "FileOrCreate":
		if !exists(path) {
			return createFile(path)
		}
		return expectType(path, "File", "file")
	case "Directory":
		return expectType(path, "Directory", "directory")
	case "File":
		return expectType(path, "File", "file")
	case "Socket":
		return expectType(path, "Socket", "socket file")
	case "CharDevice":
		return expectType(path, "CharDevice", "character device")
	case "BlockDevice":
		return expectType(path, "BlockDevice", "block device")
	}
	return fmt.Errorf("%s is an invalid volume type", kind)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// createFile makes an empty file of mode 0644; parent directories are not created.
func createFile(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	return f.Close()
}

func expectType(path, want, description string) error {
	got, err := fileType(path)
	if err != nil {
		return fmt.Errorf("hostPath type check failed, %s is not a %s, unable to determine its type: %w", path, description, err)
	}
	if got != want {
		return fmt.Errorf("hostPath type check failed: %s is not a %s, it's a %s", path, description, got)
	}
	return nil
}

// fileType names what is at path with the words of HostPathType.
func fileType(path string) (string, error) {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("path %q does not exist", path)
	}
	if err != nil {
		return "", err
	}
	mode := info.Mode()
	switch {
	case mode.IsDir():
		return "Directory", nil
	case mode.IsRegular():
		return "File", nil
	case mode&os.ModeSocket != 0:
		return "Socket", nil
	case mode&os.ModeCharDevice != 0:
		return "CharDevice", nil
	case mode&os.ModeDevice != 0:
		return "BlockDevice", nil
	}
	return "", errors.New("only recognise file, directory, socket, block device and character device")
}
