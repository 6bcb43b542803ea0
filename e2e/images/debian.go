package main

import (
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// byHand says what a person can do where none of the ways works.
const byHand = "bring the image by hand: `docker save busybox:1.36` where it is, `docker load` here"

// aptTimeout is for one apt-get command.
const aptTimeout = 2 * time.Minute

// busybox is a statically linked busybox on this machine.
type busybox struct {
	path    string
	scratch string // directory to remove when done; "" if there is none
}

func (b busybox) content() ([]byte, error) {
	data, err := os.ReadFile(b.path)
	if err != nil {
		return nil, fmt.Errorf("reading busybox: %w", err)
	}
	return data, nil
}

func (b busybox) remove() {
	if b.scratch != "" {
		os.RemoveAll(b.scratch)
	}
}

// staticBusybox finds the machine's static busybox, or unpacks that of Debian's package without installing it.
func staticBusybox(ctx context.Context) (busybox, error) {
	if installed := "/bin/busybox"; isStatic(installed) {
		return busybox{path: installed}, nil
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return busybox{}, fmt.Errorf("/bin/busybox is not there or not static, and this is no Debian (no apt-get); "+
			"install a static busybox there, or %s", byHand)
	}
	scratch, err := os.MkdirTemp("", "podsim-images-")
	if err != nil {
		return busybox{}, fmt.Errorf("making a scratch directory: %w", err)
	}
	b := busybox{path: filepath.Join(scratch, "bin/busybox"), scratch: scratch}
	if err := downloadPackage(ctx, scratch); err != nil {
		b.remove()
		return busybox{}, err
	}
	if !isStatic(b.path) {
		// Debian 13 and later keep it under /usr.
		b.path = filepath.Join(scratch, "usr/bin/busybox")
	}
	if !isStatic(b.path) {
		b.remove()
		return busybox{}, fmt.Errorf("package busybox-static has no static busybox; %s", byHand)
	}
	return b, nil
}

// downloadPackage fetches busybox-static and unpacks it into dir.
func downloadPackage(ctx context.Context, dir string) error {
	err := command(ctx, dir, "apt-get", "download", "busybox-static")
	if err != nil && os.Geteuid() == 0 {
		// A new machine has no package lists yet.
		err = command(ctx, dir, "apt-get", "update", "-qq")
		if err == nil {
			err = command(ctx, dir, "apt-get", "download", "busybox-static")
		}
	}
	if err != nil {
		return fmt.Errorf("%w; as root, `apt-get update` and `apt-get install busybox-static`, then try again, or %s", err, byHand)
	}
	packages, err := filepath.Glob(filepath.Join(dir, "busybox-static_*.deb"))
	if err != nil || len(packages) == 0 {
		return errors.Join(errors.New("apt-get download left no package busybox-static"), err)
	}
	return command(ctx, dir, "dpkg-deb", "--extract", packages[0], dir)
}

func command(ctx context.Context, dir, program string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, aptTimeout)
	defer cancel()
	c := exec.CommandContext(ctx, program, args...)
	c.Dir = dir
	if output, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("running %s %v: %w\n%s", program, args, err, output)
	}
	return nil
}

// isStatic reports whether path is a Linux program that needs no dynamic loader.
func isStatic(path string) bool {
	program, err := elf.Open(path)
	if err != nil {
		return false
	}
	defer program.Close()
	for _, segment := range program.Progs {
		if segment.Type == elf.PT_INTERP {
			return false
		}
	}
	return true
}
