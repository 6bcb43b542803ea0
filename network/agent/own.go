//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// own gives the trees of volumes to a group, as a pod's fsGroup asks (S11.61). args: [-readonly] GID POLICY DIR...
// POLICY is an fsGroupChangePolicy: OnRootMismatch leaves a tree alone whose root is right already (S11.62), anything
// else always walks. -readonly is for volumes that no container may write: the group gets no write permission.
func own(args []string) error {
	permissions := os.FileMode(0o660)
	if len(args) > 0 && args[0] == "-readonly" {
		permissions = 0o440
		args = args[1:]
	}
	if len(args) < 3 {
		return usage("own wants a group, a policy and directories")
	}
	gid, err := strconv.Atoi(args[0])
	if err != nil {
		return usage("group %q is not a number", args[0])
	}
	for _, dir := range args[2:] {
		if args[1] == "OnRootMismatch" && rootMatches(dir, gid, permissions) {
			continue
		}
		if err := ownTree(dir, gid, permissions); err != nil {
			return fmt.Errorf("giving %s to group %d: %w", dir, gid, err)
		}
	}
	return nil
}

// rootMatches reports whether the directory already has the group, the permissions and the setgid bit.
func rootMatches(dir string, gid int, permissions os.FileMode) bool {
	info, err := os.Lstat(dir)
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	want := permissions | 0o110
	return ok && int(stat.Gid) == gid && info.Mode()&want == want && info.Mode()&os.ModeSetgid != 0
}

// ownTree changes the tree below and including path, the root last: a walk that was cut short leaves a root that does
// not match, and is repeated.
func ownTree(path string, gid int, permissions os.FileMode) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if info.IsDir() {
		entries, err := os.ReadDir(path)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			if err := ownTree(filepath.Join(path, entry.Name()), gid, permissions); err != nil {
				return err
			}
		}
		permissions |= 0o110 | os.ModeSetgid
	}
	if err := os.Lchown(path, -1, gid); err != nil {
		return err
	}
	if info.Mode()&os.ModeSymlink != 0 {
		return nil
	}
	return os.Chmod(path, info.Mode()|permissions)
}
