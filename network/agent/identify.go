//go:build linux

package main

import (
	"fmt"
	"io"
	"os"
	"syscall"
)

// identify prints what lies at paths of directories, a line each: "d" for a directory or "f" for anything else, and the numbers of the
// device and of the inode, which no two things on a machine share. args are pairs of a directory and a path in it, whose links are not
// followed out of the directory; -host before them means directories of the engine's machine.
func identify(args []string, stdout io.Writer) error {
	if len(args) > 0 && args[0] == "-host" {
		if err := changeRoot(hostRoot); err != nil {
			return err
		}
		args = args[1:]
	}
	if len(args) == 0 || len(args)%2 != 0 {
		return usage("identify wants pairs of a directory and a path")
	}
	for i := 0; i < len(args); i += 2 {
		identity, err := identityOf(args[i], args[i+1])
		if err != nil {
			return &exitError{exitPreparing, err}
		}
		fmt.Fprintln(stdout, identity)
	}
	return nil
}

func identityOf(dir, path string) (string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", err
	}
	defer root.Close()
	info, err := root.Stat(path)
	if err != nil {
		return "", err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "", fmt.Errorf("%s has no inode", path)
	}
	kind := "f"
	if info.IsDir() {
		kind = "d"
	}
	return fmt.Sprintf("%s %d:%d", kind, stat.Dev, stat.Ino), nil
}
