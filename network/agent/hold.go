//go:build linux

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// hold keeps the sandbox's namespaces open until SIGTERM or SIGINT. As process 1 of a pod that shares its process
// namespace it is the parent of every orphan and collects their exits, so that no zombies stay (S12.30).
func hold() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	exits := make(chan os.Signal, 1)
	signal.Notify(exits, syscall.SIGCHLD)
	for {
		reap()
		select {
		case <-signals:
			return
		case <-exits:
		}
	}
}

// reap collects all children that have ended. One SIGCHLD may stand for many of them.
func reap() {
	for {
		pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
	}
}
