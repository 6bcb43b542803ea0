// Package nodeproc finds the podsim processes that serve one state directory and reads what they use: the end-to-end
// suite kills them to see what a new one makes of it, and the benchmark weighs them. It knows processes only, neither
// the engine nor podsim's API, and works where there is a /proc (Linux).
package nodeproc

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// StateDirVariable is the environment variable that tells podsim where its state directory is.
const StateDirVariable = "PODSIM_STATE_DIR"

// clockTick is the unit of the times in /proc/PID/stat: USER_HZ, which is 100 on every Linux.
const clockTick = time.Second / 100

// Process is one running podsim.
type Process struct {
	PID  int
	Args []string // its command line, the program first
}

// Find returns the running podsim processes whose environment names stateDir, in the order of their ids. Processes
// that end meanwhile, zombies, and those of other users are left out. Where there is no /proc it returns an error that
// is os.ErrNotExist.
func Find(stateDir string) ([]Process, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("listing processes: %w", err)
	}
	var found []Process
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		environ, err := os.ReadFile(procFile(pid, "environ"))
		if err != nil || !hasVariable(environ, StateDirVariable, stateDir) {
			continue
		}
		args, err := os.ReadFile(procFile(pid, "cmdline"))
		if err != nil || len(args) == 0 {
			continue
		}
		command := strings.Split(strings.TrimSuffix(string(args), "\x00"), "\x00")
		if isPodsim(command) {
			found = append(found, Process{PID: pid, Args: command})
		}
	}
	return found, nil
}

// ResidentBytes returns how much physical memory the process holds.
func (p Process) ResidentBytes() (int64, error) {
	status, err := os.ReadFile(procFile(p.PID, "status"))
	if err != nil {
		return 0, fmt.Errorf("reading the memory of process %d: %w", p.PID, err)
	}
	return residentBytes(string(status))
}

// CPUTime returns the processor time that the process has used since it began, in steps of 10 ms.
func (p Process) CPUTime() (time.Duration, error) {
	stat, err := os.ReadFile(procFile(p.PID, "stat"))
	if err != nil {
		return 0, fmt.Errorf("reading the processor time of process %d: %w", p.PID, err)
	}
	return cpuTime(string(stat))
}

func procFile(pid int, name string) string {
	return filepath.Join("/proc", strconv.Itoa(pid), name)
}

func isPodsim(command []string) bool {
	return filepath.Base(command[0]) == "podsim"
}

func hasVariable(environ []byte, name, value string) bool {
	for entry := range bytes.SplitSeq(environ, []byte{0}) {
		if string(entry) == name+"="+value {
			return true
		}
	}
	return false
}

func residentBytes(status string) (int64, error) {
	for line := range strings.Lines(status) {
		rest, ok := strings.CutPrefix(line, "VmRSS:")
		if !ok {
			continue
		}
		kibibytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("reading the line %q of a process status: %w", strings.TrimSpace(line), err)
		}
		return kibibytes << 10, nil
	}
	return 0, fmt.Errorf("reading a process status: no line VmRSS")
}

func cpuTime(stat string) (time.Duration, error) {
	// The second field is the program's name in parentheses and may hold blanks; utime and stime are fields 14 and 15.
	_, rest, ok := strings.Cut(stat, ") ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 13 {
		return 0, fmt.Errorf("reading a process stat: unexpected form %q", stat)
	}
	var ticks int64
	for _, field := range fields[11:13] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("reading a process stat: %w", err)
		}
		ticks += n
	}
	return time.Duration(ticks) * clockTick, nil
}
