//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

const (
	// fillFile is the file that takes a volume's place.
	fillFile = ".podsim-fault"
	// fillStep is how much of a volume is taken at a time, in bytes.
	fillStep = 64 << 20
)

// fill takes the place of a volume with a file, and prints how many bytes that takes. args: DIR BYTES for so much more than before, if that
// leaves the file system as much free as it takes, or -full DIR for all there is, which is for file systems that are the volume's alone.
func fill(args []string, stdout io.Writer) error {
	if len(args) != 2 {
		return usage("fill wants a directory, and how much, or -full")
	}
	dir, wanted, full := args[0], int64(0), args[0] == "-full"
	if full {
		dir = args[1]
	} else {
		var err error
		if wanted, err = strconv.ParseInt(args[1], 10, 64); err != nil || wanted < 0 {
			return usage("%q is no size in bytes", args[1])
		}
		free, err := freeBytes(dir)
		if err != nil {
			return err
		}
		if wanted > free/2 {
			return fmt.Errorf("its file system has %d bytes free, of which a fault takes half at most", free)
		}
	}
	file, err := os.OpenFile(filepath.Join(dir, fillFile), os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	size, err := grow(file, info.Size(), info.Size()+wanted, full)
	if err != nil {
		return errors.Join(fmt.Errorf("filling %s: %w", dir, err), file.Truncate(info.Size()))
	}
	fmt.Fprintln(stdout, size)
	return nil
}

// grow lets a file take so many bytes of the disk, or all there are if full, and returns how many it takes then.
func grow(file *os.File, size, wanted int64, full bool) (int64, error) {
	for step := int64(fillStep); full || size < wanted; {
		if !full {
			step = min(step, wanted-size)
		}
		err := allocate(file, size, step)
		switch {
		case err == nil:
			size += step
		case full && errors.Is(err, syscall.ENOSPC) && step > 1:
			step /= 2
		case full && errors.Is(err, syscall.ENOSPC):
			return size, nil
		default:
			return size, err
		}
	}
	return size, nil
}

// allocate takes a piece of the disk for a file, also where the file system can only be written to.
func allocate(file *os.File, offset, length int64) error {
	for {
		err := syscall.Fallocate(int(file.Fd()), 0, offset, length)
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EOPNOTSUPP):
			_, err := io.CopyN(io.NewOffsetWriter(file, offset), zeros{}, length)
			return err
		default:
			return err
		}
	}
}

// zeros are without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func freeBytes(dir string) (int64, error) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(dir, &stat); err != nil {
		return 0, fmt.Errorf("measuring the disk of %s: %w", dir, err)
	}
	return int64(stat.Bavail) * stat.Frsize, nil
}

// unfill gives back what fill took. args: DIR
func unfill(args []string) error {
	if len(args) != 1 {
		return usage("unfill wants one directory")
	}
	if err := os.Remove(filepath.Join(args[0], fillFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
