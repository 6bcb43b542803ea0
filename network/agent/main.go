//go:build linux

// Agent is the one program in a pod's sandbox. Without arguments it holds the pod's namespaces, like a cluster's pause
// program: it sleeps, reaps orphans when it is process 1, and ends on SIGTERM or SIGINT. With a verb it does one short
// piece of work inside the sandbox and ends; podsim runs the verbs through the engine's exec call:
//
//	agent                                   hold the namespaces
//	agent hostpath TYPE PATH ...            check or create the sources of hostPath volumes on the engine's machine
//	agent subpath [-host] DIR SUB ...       create and resolve sub paths of volumes
//	agent own [-readonly] GID POLICY DIR ...  give volumes to a group
//	agent write FILE                        write standard input into a file, keeping its inode
//	agent dial [-timeout DURATION] NETWORK ADDRESS  splice standard input and output with a connection
//	agent kill -container ID PID            end a process of a container on the engine's machine
//
// The agent keeps no state, so that nothing is lost when a podsim process ends, and uses the standard library only.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// hostRoot is where a helper container has the root directory of the engine's machine.
const hostRoot = "/host"

// Exit codes of the verbs. Callers tell failures apart by them; the words are on standard error.
const (
	exitFailure   = 1
	exitUsage     = 2
	exitCreating  = 3 // subpath: a missing directory could not be created
	exitPreparing = 4 // subpath: the path cannot be used, for example because it leads out of its volume
)

// exitError is an error that asks for a particular exit code.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

func main() {
	if len(os.Args) == 1 {
		hold()
		return
	}
	if err := run(os.Args[1], os.Args[2:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitCode(err))
	}
}

// run does the work of one verb.
func run(verb string, args []string, stdin io.Reader, stdout io.Writer) error {
	switch verb {
	case "hostpath":
		return hostPath(hostRoot, args, stdout)
	case "subpath":
		return subPath(args, stdout)
	case "own":
		return own(args)
	case "write":
		return write(args, stdin)
	case "dial":
		return dial(args, stdin, stdout)
	case "kill":
		return kill("/proc", args)
	}
	return usage("unknown verb %q", verb)
}

func usage(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

func exitCode(err error) int {
	var e *exitError
	if errors.As(err, &e) {
		return e.code
	}
	return exitFailure
}
