//go:build linux

package main

import (
	"fmt"
	"io"
	"syscall"
)

// diskSize prints how many bytes the file system of a directory can hold. args: DIR
func diskSize(args []string, stdout io.Writer) error {
	if len(args) != 1 {
		return usage("disk wants one directory")
	}
	var stat syscall.Statfs_t
	if err := syscall.Statfs(args[0], &stat); err != nil {
		return fmt.Errorf("measuring the disk of %s: %w", args[0], err)
	}
	fmt.Fprintln(stdout, stat.Blocks*uint64(stat.Frsize))
	return nil
}
