//go:build linux

package main

import (
	"errors"
	"io"
	"os"
	"strconv"
	"syscall"
)

var errNotRegular = errors.New("it is not a regular file")

// tail prints the end of a regular file: at most so many bytes, however large the file is. A link is not followed, and nothing else that
// lies there is waited for.
func tail(args []string, stdout io.Writer) error {
	if len(args) != 2 {
		return usage("tail wants a number of bytes and a file")
	}
	size, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil || size < 0 {
		return usage("%q is not a number of bytes", args[0])
	}
	f, err := os.OpenFile(args[1], os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return &os.PathError{Op: "reading", Path: args[1], Err: errNotRegular}
	}
	_, err = io.Copy(stdout, io.NewSectionReader(f, max(0, info.Size()-size), size))
	return err
}
