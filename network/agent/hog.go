//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// firstVictim has the kernel choose a process before all others that have another score, when memory runs out.
	firstVictim = "1000"
	// hogStep is how much memory is taken at a time, in bytes.
	hogStep = 1 << 20
	// hogPoll is how often it is looked whether the container has ended, and hogTime how long that may take.
	hogPoll = 10 * time.Millisecond
	hogTime = 30 * time.Second
)

// hog has a container run out of the memory that it may take: a process joins it and takes all of that, and the kernel kills the others
// first, one after another, because their scores say so. It returns when none is left. root is the root directory of the engine's machine. args:
// ID, the engine's whole id of the container.
func hog(root string, args []string) error {
	if len(args) != 1 || args[0] == "" {
		return usage("hog wants the id of a container")
	}
	group, err := memoryGroup(filepath.Join(root, "sys/fs/cgroup"), args[0])
	if err != nil {
		return err
	}
	limit, err := memoryLimit(group)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	// The process that takes the memory may hang in the kernel for want of it; this one does not.
	taking := exec.Command(self, "hog-memory", strconv.FormatInt(limit, 10))
	start, err := taking.StdinPipe()
	if err != nil {
		return err
	}
	var words bytes.Buffer
	taking.Stderr = &words
	if err := taking.Start(); err != nil {
		return err
	}
	defer func() {
		_ = taking.Process.Kill()
		_ = taking.Wait()
	}()
	pid := strconv.Itoa(taking.Process.Pid)
	if err := os.WriteFile(filepath.Join(group, "cgroup.procs"), []byte(pid), 0); err != nil {
		return fmt.Errorf("joining the control group of the container: %w", err)
	}
	if err := start.Close(); err != nil {
		return err
	}
	return killOthers("/proc", group, pid, hogTime)
}

// killOthers has the kernel choose all processes of a control group before the one that is named, and waits until they are gone. Those that
// remain, if it takes too long, get their scores back. proc is a directory like /proc.
func killOthers(proc, group, pid string, within time.Duration) (err error) {
	scores := map[string][]byte{}
	defer func() {
		for file, score := range scores {
			if err != nil {
				_ = os.WriteFile(file, score, 0) // it may be gone
			}
		}
	}()
	for deadline := time.Now().Add(within); ; time.Sleep(hogPoll) {
		content, err := os.ReadFile(filepath.Join(group, "cgroup.procs"))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		others := slices.DeleteFunc(strings.Fields(string(content)), func(p string) bool { return p == pid })
		switch {
		case len(others) == 0:
			return nil
		case time.Now().After(deadline):
			return fmt.Errorf("%d processes of the container still run after %v", len(others), within)
		}
		for _, other := range others {
			file := filepath.Join(proc, other, "oom_score_adj")
			if _, chosen := scores[file]; chosen {
				continue
			}
			if score, err := os.ReadFile(file); err == nil && os.WriteFile(file, []byte(firstVictim), 0) == nil {
				scores[file] = score
			}
		}
	}
}

// memoryGroup is the directory of the control group that holds the memory of a container, in either version of control groups.
func memoryGroup(root, container string) (string, error) {
	if _, err := os.Stat(filepath.Join(root, "memory")); err == nil {
		root = filepath.Join(root, "memory")
	}
	var found string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
			return nil // it is another's, or gone
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == container || entry.Name() == "docker-"+container+".scope"):
			found = path
			return filepath.SkipAll
		}
		return nil
	})
	if err == nil && found == "" {
		err = fmt.Errorf("container %s has no control group for memory here", container)
	}
	return found, err
}

// memoryLimit is how much memory a control group may hold, in bytes.
func memoryLimit(group string) (int64, error) {
	for _, name := range []string{"memory.max", "memory.limit_in_bytes"} {
		content, err := os.ReadFile(filepath.Join(group, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, err
		}
		const unlimited = 1 << 60
		limit, err := strconv.ParseInt(strings.TrimSpace(string(content)), 10, 64)
		if err != nil || limit >= unlimited {
			return 0, errors.New("the container has no limit of memory")
		}
		return limit, nil
	}
	return 0, errors.New("the container has no limit of memory")
}

// hogMemory takes so much memory, and some more, as soon as its input ends, and keeps it until it is killed. args: BYTES
func hogMemory(args []string) error {
	if len(args) != 1 {
		return usage("hog-memory wants a size in bytes")
	}
	limit, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil {
		return usage("%q is no size in bytes", args[0])
	}
	for one := make([]byte, 1); ; {
		if n, err := os.Stdin.Read(one); n == 0 || err != nil {
			break
		}
	}
	// Memory of a file that nobody maps counts for the group, and not for the process, by whose size the kernel would choose it to be killed.
	kept, err := unix.MemfdCreate("hog", unix.MFD_CLOEXEC)
	if err != nil {
		return err
	}
	for taken := int64(0); ; time.Sleep(hogPoll) {
		for taken < 2*limit+64*hogStep && syscall.Fallocate(kept, 0, taken, hogStep) == nil {
			taken += hogStep
		}
	}
}
