//go:build unix

package endpoint

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// detach puts the process into a session of its own, which no signal of the terminal reaches.
func detach(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
}

// inherit gives the file to the process and returns how it will find it.
func inherit(command *exec.Cmd, file *os.File) (string, error) {
	command.ExtraFiles = append(command.ExtraFiles, file)
	const first = 3 // after stdin, stdout and stderr
	return strconv.Itoa(first + len(command.ExtraFiles) - 1), nil
}

// inherited finds a file that inherit gave.
func inherited(handle string) (*os.File, error) {
	fd, err := strconv.Atoi(handle)
	if err != nil {
		return nil, fmt.Errorf("no file descriptor: %q", handle)
	}
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), "ready"), nil
}
