//go:build linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const (
	container = "7301f56967a0e6ae9ec0b9f903cb101f71c3f675d58f4b6a1aec14ae4552be03"
	another   = "5da40ad32f7eac3a7cf8b8f6e53a02b4ad741772f940863971038ab1dc1f370a"
)

func TestAControlGroupNamesItsContainer(t *testing.T) {
	tests := []struct {
		name, cgroups string
		want          bool
	}{
		{"cgroup v1", "12:pids:/docker/" + container + "\n1:name=systemd:/docker/" + container + "\n0::/\n", true},
		{"cgroup v1 with systemd", "12:pids:/system.slice/docker-" + container + ".scope\n0::/system.slice/containerd.service\n", true},
		{"cgroup v2", "0::/docker/" + container + "\n", true},
		{"cgroup v2, seen from a namespace of control groups", "0::/../" + container + "\n", true},
		{"cgroup v2 with systemd, seen from a namespace", "0::/../docker-" + container + ".scope\n", true},
		{"a container that has groups of its own", "0::/../" + container + "/init.scope\n", true},
		{"an engine in a container", "0::/docker/" + another + "/docker/" + container + "\n", true},
		{"another container", "0::/docker/" + another + "\n", false},
		{"no container", "0::/init.scope\n", false},
		{"not the path", "1:name=" + container + ":/\n", false},
		{"nothing", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := inContainer(tt.cgroups, container); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

// startProcess runs a program that ends when killed, with a directory like /proc that has it in the container.
func startProcess(t *testing.T) (process *exec.Cmd, proc string) {
	t.Helper()
	process = exec.Command("sleep", "1000")
	must(t, process.Start())
	t.Cleanup(func() { process.Process.Kill(); process.Wait() })
	proc = t.TempDir()
	dir := filepath.Join(proc, strconv.Itoa(process.Process.Pid))
	must(t, os.Mkdir(dir, 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "cgroup"), []byte("0::/../"+container+"\n"), 0o644))
	return process, proc
}

func TestKillEndsAProcessOfTheContainer(t *testing.T) {
	process, proc := startProcess(t)
	pid := strconv.Itoa(process.Process.Pid)
	must(t, kill(proc, []string{"-container", container, pid}))
	if err := process.Wait(); err == nil || err.Error() != "signal: killed" {
		t.Errorf("the process ended with %v", err)
	}
	if err := kill(proc, []string{"-container", container, pid}); err != nil {
		t.Errorf("a process that has ended gives %v", err)
	}
}

func TestKillLeavesOtherProcessesAlone(t *testing.T) {
	process, proc := startProcess(t)
	pid := strconv.Itoa(process.Process.Pid)
	err := kill(proc, []string{"-container", another, pid})
	if err == nil || !strings.Contains(err.Error(), "process "+pid+" is not one of container "+another) {
		t.Errorf("got %v", err)
	}
	must(t, process.Process.Signal(os.Interrupt))
	if err := process.Wait(); err == nil || err.Error() != "signal: interrupt" {
		t.Errorf("the process ended with %v", err)
	}
}

func TestAProcessThatNobodyKnowsIsNoError(t *testing.T) {
	must(t, kill(t.TempDir(), []string{"-container", container, "12345"}))
}
