//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"syscall"
)

// subPath makes sure that sub paths of volumes exist and prints, a line each, where they lead: a path without symbolic
// links relative to the root of the volume, "." for the root itself. args are pairs of a volume's directory and a sub
// path; -host before them means directories of the engine's machine, for subPath of a hostPath volume. The first
// failure ends it, so that the number of printed lines tells which pair failed.
func subPath(args []string, stdout io.Writer) error {
	if len(args) > 0 && args[0] == "-host" {
		if err := changeRoot(hostRoot); err != nil {
			return err
		}
		args = args[1:]
	}
	if len(args) == 0 || len(args)%2 != 0 {
		return usage("subpath wants pairs of a volume directory and a sub path")
	}
	for i := 0; i < len(args); i += 2 {
		resolved, err := prepareSubPath(args[i], args[i+1])
		if err != nil {
			return err
		}
		fmt.Fprintln(stdout, resolved)
	}
	return nil
}

// prepareSubPath creates sub below the directory volume if nothing is there (S11.50), and resolves it (S11.53). A path
// that leads out of the volume is refused (S11.51).
func prepareSubPath(volume, sub string) (string, error) {
	root, err := os.OpenRoot(volume)
	if err != nil {
		return "", &exitError{exitPreparing, err}
	}
	defer root.Close()
	if _, err := root.Stat(sub); errors.Is(err, os.ErrNotExist) {
		if err := createDirectories(root, sub); err != nil {
			return "", &exitError{exitCreating, err}
		}
	}
	resolved, err := resolve(root, sub)
	if err == nil && strings.Contains(resolved, "\n") {
		err = fmt.Errorf("%q contains a line break", resolved)
	}
	if err != nil {
		return "", &exitError{exitPreparing, err}
	}
	return resolved, nil
}

// createDirectories makes the missing directories of sub with the mode of the root, including its setgid and sticky
// bits. The owner is this process; the group follows from a setgid parent.
func createDirectories(root *os.Root, sub string) error {
	info, err := root.Stat(".")
	if err != nil {
		return err
	}
	mode := info.Mode() & (os.ModePerm | os.ModeSetuid | os.ModeSetgid | os.ModeSticky)
	dir := ""
	for _, name := range strings.Split(path.Clean(sub), "/") {
		dir = path.Join(dir, name)
		if _, err := root.Stat(dir); err == nil {
			continue
		}
		if err := root.Mkdir(dir, mode.Perm()); err != nil {
			return err
		}
		if err := root.Chmod(dir, mode); err != nil {
			return err
		}
	}
	return nil
}

// maxLinks is how many symbolic links Linux follows in one path.
const maxLinks = 40

// resolve follows the symbolic links of sub inside root. An absolute link leads out of the volume: it means a path of
// the machine, not of the container that made it.
func resolve(root *os.Root, sub string) (string, error) {
	links := 0
	done := "."
	rest := strings.Split(sub, "/")
	for len(rest) > 0 {
		name := rest[0]
		rest = rest[1:]
		if name == "" || name == "." {
			continue
		}
		if name == ".." {
			if done == "." {
				return "", fmt.Errorf("%s leads out of the volume", sub)
			}
			done = path.Dir(done)
			continue
		}
		next := path.Join(done, name)
		info, err := root.Lstat(next)
		if err != nil {
			return "", err
		}
		if info.Mode()&os.ModeSymlink == 0 {
			done = next
			continue
		}
		if links++; links > maxLinks {
			return "", &os.PathError{Op: "resolve", Path: sub, Err: syscall.ELOOP}
		}
		target, err := root.Readlink(next)
		if err != nil {
			return "", err
		}
		if path.IsAbs(target) {
			return "", fmt.Errorf("%s leads out of the volume through %s", sub, next)
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	return done, nil
}
