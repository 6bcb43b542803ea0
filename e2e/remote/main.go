//go:build linux

// Remote runs a command as if the engine were on another machine: DOCKER_HOST leads to it over TCP, so that podsim cannot tell it from
// a remote one, and the command's directory for temporary files, where the end-to-end scripts work, is a file system that the engine
// does not see. What then still works depends on no path that client and engine share, and on no route to the pods.
//
//	go run ./e2e/remote go test -count=1 ./e2e
//
// It needs root, for the mount. Its exit code is the command's.
package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"github.com/podsim/podsim/runtime/engine"
)

// hiddenVariable tells the second process, which has a mount namespace of its own, which directory to hide.
const hiddenVariable = "PODSIM_E2E_HIDDEN"

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: remote COMMAND [ARG...]")
		os.Exit(2)
	}
	code, err := 0, error(nil)
	if hidden, second := os.LookupEnv(hiddenVariable); second {
		err = become(hidden, os.Args[1:])
	} else {
		code, err = run(os.Args[1:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "remote:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

// run serves the engine over TCP while the command runs, and returns the command's exit code.
func run(command []string) (int, error) {
	host, err := engine.Host("")
	if err != nil {
		return 0, err
	}
	network, address, found := strings.Cut(host, "://")
	if !found || network != "unix" {
		return 0, fmt.Errorf("the engine is at %s; remote stands before one with a local socket", host)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	go forward(listener, func() (net.Conn, error) { return net.Dial("unix", address) })

	hidden, err := os.MkdirTemp("", "podsim-remote-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(hidden)
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	signal.Notify(make(chan os.Signal, 1), os.Interrupt) // it is the command's to end; to ignore it would have the command ignore it too
	second := exec.Command(self, command...)
	second.Stdin, second.Stdout, second.Stderr = os.Stdin, os.Stdout, os.Stderr
	second.Env = append(os.Environ(), "DOCKER_HOST=tcp://"+listener.Addr().String(), "TMPDIR="+hidden, hiddenVariable+"="+hidden)
	second.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	err = second.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return max(exit.ExitCode(), 1), nil
	}
	return 0, err
}

// become hides the directory from all other mount namespaces and becomes the command.
func become(hidden string, command []string) error {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keeping mounts to this process: %w", err)
	}
	if err := syscall.Mount("tmpfs", hidden, "tmpfs", 0, ""); err != nil {
		return fmt.Errorf("hiding %s: %w", hidden, err)
	}
	program, err := exec.LookPath(command[0])
	if err != nil {
		return err
	}
	if err := os.Unsetenv(hiddenVariable); err != nil {
		return err
	}
	return syscall.Exec(program, command, os.Environ())
}
