//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// usageOf prints how many bytes of the disk each of the directories takes, a line each. args: DIR...
func usageOf(args []string, stdout io.Writer) error {
	if len(args) == 0 {
		return usage("usage wants directories")
	}
	for _, dir := range args {
		bytes, err := diskUsage(dir)
		if err != nil {
			return fmt.Errorf("measuring %s: %w", dir, err)
		}
		fmt.Fprintln(stdout, bytes)
	}
	return nil
}

// diskUsage is what the tree below and including dir takes, as a kubelet counts it: blocks instead of lengths, a file with several
// names once, and nothing of another file system. What vanishes while it is counted counts nothing.
func diskUsage(dir string) (bytes int64, err error) {
	var top syscall.Stat_t
	if err := syscall.Stat(dir, &top); err != nil {
		return 0, err
	}
	counted := map[uint64]bool{} // files with several names, by inode
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		var stat syscall.Stat_t
		if err == nil {
			err = syscall.Lstat(path, &stat)
		}
		switch {
		case errors.Is(err, os.ErrNotExist):
			return nil
		case err != nil:
			return err
		case stat.Dev != top.Dev && entry.IsDir():
			return filepath.SkipDir
		case stat.Dev != top.Dev, counted[stat.Ino]:
			return nil
		}
		if stat.Nlink > 1 {
			counted[stat.Ino] = true
		}
		bytes += stat.Blocks * 512
		return nil
	})
	return bytes, err
}
