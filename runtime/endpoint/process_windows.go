package endpoint

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// detachedProcess is the creation flag of a process without a console.
const detachedProcess = 0x8

// detach frees the process of this process' console and its signals.
func detach(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP | detachedProcess, HideWindow: true}
}

// inherit gives the file to the process and returns how it will find it.
func inherit(command *exec.Cmd, file *os.File) (string, error) {
	handle := syscall.Handle(file.Fd())
	if err := syscall.SetHandleInformation(handle, syscall.HANDLE_FLAG_INHERIT, syscall.HANDLE_FLAG_INHERIT); err != nil {
		return "", err
	}
	command.SysProcAttr.AdditionalInheritedHandles = append(command.SysProcAttr.AdditionalInheritedHandles, handle)
	return strconv.FormatUint(uint64(handle), 10), nil
}

// inherited finds a file that inherit gave.
func inherited(handle string) (*os.File, error) {
	value, err := strconv.ParseUint(handle, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("no file handle: %q", handle)
	}
	return os.NewFile(uintptr(value), "ready"), nil
}
