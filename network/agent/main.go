//go:build linux

// Agent is the one program in a pod's sandbox. Without arguments it holds the pod's namespaces, like a cluster's pause
// program: it sleeps, reaps orphans when it is process 1, and ends on SIGTERM or SIGINT. With a verb it does one
// piece of work inside the sandbox and ends; podsim runs the verbs through the engine's exec call:
//
//	agent                                   hold the namespaces
//	agent hostpath TYPE PATH ...            check or create the sources of hostPath volumes on the engine's machine
//	agent subpath [-host] DIR SUB ...       create and resolve sub paths of volumes
//	agent identify [-host] DIR PATH ...     print which directories or files lie at paths
//	agent own [-readonly] GID POLICY DIR ...  give volumes to a group
//	agent update ROOT                       bring volumes up to date from an archive on standard input
//	agent usage DIR ...                     print how many bytes of the disk directories take
//	agent disk DIR                          print how many bytes the file system of a directory can hold
//	agent write FILE                        write standard input into a file, keeping its inode
//	agent tail BYTES FILE                   print the end of a file
//	agent tunnel                            splice the streams of standard input and output with connections
//	agent listen                            hand connections to the pod's loopback device on by standard input and output
//	agent proxy                             translate a pod's connections to Services and answer for their names
//	agent proxy-table                       hand the proxy of this container the table on standard input
//	agent wire STATE                        cut a pod's network, or make it slow, lossy or narrow
//	agent fill [-full] DIR [BYTES]          write a file that takes a volume's place
//	agent unfill DIR                        remove it
//	agent hog ID                            have a container on the engine's machine run out of memory
//	agent nothing                           end at once: the engine could start it
//	agent kill -container ID PID            end a process of a container on the engine's machine
//
// The agent keeps no state, so that nothing is lost when a podsim process ends. Beyond the standard library it uses yamux,
// which carries many connections over one exec, nftables, which speaks to the kernel, and dnsmessage.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"
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
	case "identify":
		return identify(args, stdout)
	case "update":
		return update(args, stdin, time.Now())
	case "own":
		return own(args)
	case "usage":
		return usageOf(args, stdout)
	case "disk":
		return diskSize(args, stdout)
	case "write":
		return write(args, stdin)
	case "tail":
		return tail(args, stdout)
	case "tunnel":
		if len(args) > 0 {
			return usage("tunnel wants no arguments")
		}
		return tunnel(stdin, stdout)
	case "listen":
		if len(args) > 0 {
			return usage("listen wants no arguments")
		}
		return listenAndHandOn(stdin, stdout)
	case "proxy":
		return proxy()
	case "proxy-table":
		return proxyTable(stdin)
	case "wire":
		return changeWire(args)
	case "fill":
		return fill(args, stdout)
	case "unfill":
		return unfill(args)
	case "hog":
		return hog(hostRoot, args)
	case "hog-memory":
		return hogMemory(args)
	case "nothing":
		return nil
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
