//go:build linux

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// kill ends a process of a container with SIGKILL. args: -container ID PID, with the engine's whole id of the container and
// the process's id in the process namespace that proc, a directory like /proc, shows. A process that has ended is no
// error; one that is not the container's is left alone: the engine's knowledge of the id may be old.
func kill(proc string, args []string) error {
	if len(args) != 3 || args[0] != "-container" || args[1] == "" {
		return usage("kill wants -container with an id, and a process")
	}
	container := args[1]
	pid, err := strconv.Atoi(args[2])
	if err != nil || pid < 1 {
		return usage("%q is not a process id", args[2])
	}
	// The process is held before it is looked at, so that its id cannot become another's in between.
	process, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	defer process.Release()
	cgroups, err := os.ReadFile(filepath.Join(proc, strconv.Itoa(pid), "cgroup"))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return nil
	}
	if err != nil {
		return err
	}
	if !inContainer(string(cgroups), container) {
		return fmt.Errorf("process %d is not one of container %s", pid, container)
	}
	if err := process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("killing process %d: %w", pid, err)
	}
	return nil
}

// inContainer reports whether /proc/PID/cgroup is that of a process in the container. Engines name a container's control
// group after its id: <id> or docker-<id>.scope, at the end of a path or, if the container has groups of its own, in the
// middle. On cgroup v2 a reader in a control group namespace of its own sees the path relative to its own group:
// /../<id>.
func inContainer(cgroups, id string) bool {
	for line := range strings.Lines(cgroups) {
		fields := strings.SplitN(line, ":", 3) // hierarchy, controllers, path
		if len(fields) == 3 && strings.Contains(fields[2], id) {
			return true
		}
	}
	return false
}
