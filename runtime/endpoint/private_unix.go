//go:build unix

package endpoint

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// checkPrivate tells why a directory is not one that the user alone can enter.
func checkPrivate(info fs.FileInfo) error {
	if owner := ownerOf(info); owner != os.Getuid() {
		return fmt.Errorf("it belongs to user %d and not to user %d", owner, os.Getuid())
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("its mode is %#o, which lets other users in", info.Mode().Perm())
	}
	return nil
}

// checkParent tells why others could replace a directory that lies in this one.
func checkParent(info fs.FileInfo) error {
	if owner := ownerOf(info); owner != os.Getuid() && owner != 0 {
		return fmt.Errorf("it belongs to user %d and not to user %d", owner, os.Getuid())
	}
	if info.Mode().Perm()&0o002 != 0 && info.Mode()&fs.ModeSticky == 0 {
		return fmt.Errorf("its mode is %#o, which lets other users change what is in it", info.Mode().Perm())
	}
	return nil
}

func ownerOf(info fs.FileInfo) int { return int(info.Sys().(*syscall.Stat_t).Uid) }
