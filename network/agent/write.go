//go:build linux

package main

import (
	"io"
	"os"
)

// write replaces the content of a file with standard input. The file keeps its inode, so that containers that have it
// mounted see the new content: the managed /etc/hosts is rewritten at every container start (S10.1).
func write(args []string, stdin io.Reader) error {
	if len(args) != 1 {
		return usage("write wants one file")
	}
	f, err := os.OpenFile(args[0], os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, stdin); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
