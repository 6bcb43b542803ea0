package podtest

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"testing"

	"github.com/podsim/podsim/runtime/endpoint"
)

// sleeper is a pod that has something of every kind that a pod has on the engine.
const sleeper = `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
---
apiVersion: v1
kind: Pod
metadata: {name: sleeper}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - {name: app, image: "busybox:1.36", command: [sleep, "3600"], volumeMounts: [{name: data, mountPath: /data}, {name: tmp, mountPath: /tmp}]}
  volumes:
  - {name: data, persistentVolumeClaim: {claimName: data}}
  - {name: tmp, emptyDir: {}}
`

// inOtherProcess is set in a process that a test has started.
const inOtherProcess = "PODTEST_OTHER_PROCESS"

func TestInOtherProcess(t *testing.T) {
	switch os.Getenv(inOtherProcess) {
	case "":
		t.Skip("it is for other tests, as a process that they start")
	case "hang":
		Up(t, YAML(sleeper)).WaitReady()
		os.Stdout.WriteString("ready\n")
		_, _ = io.Copy(io.Discard, os.Stdin) // until it is killed
	case "run":
		Up(t, YAML(sleeper)).WaitReady()
	}
}

// otherProcess is this test program, where it brings up a pod and ends, or hangs until it is killed. Its nodes are in parent.
func otherProcess(t *testing.T, parent, what string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestInOtherProcess$", "-test.v")
	cmd.Env = append(os.Environ(), inOtherProcess+"="+what, endpoint.DirectoryVariable+"="+parent)
	cmd.Stderr = os.Stderr
	return cmd
}

func TestWhatAKilledProcessLeftGoesWithTheNextRun(t *testing.T) {
	RequireEngine(t)
	t.Parallel()
	parent := newParent(t)
	killedOnceReady(t, parent)
	// A directory, a sandbox and a container, a network, and volumes: the claim's, the pod's and podsim's own for it.
	if left := leftOf(parent); len(left) < 7 {
		t.Fatalf("it should have left more than %q", left)
	}
	if output, err := otherProcess(t, parent, "run").Output(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if left := leftOf(parent); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// newParent makes a directory for the nodes of other processes, with a path that is short enough for their sockets.
func newParent(t *testing.T) string {
	t.Helper()
	parent, err := os.MkdirTemp("", "podtest-killed-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(parent) })
	return parent
}

// killedOnceReady kills another process when its pod is ready.
func killedOnceReady(t *testing.T, parent string) {
	t.Helper()
	process, _ := readyProcess(t, parent)
	if err := process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = process.Wait() // killed
}

// readyProcess is another process whose pod is ready. It ends in good order when its input does.
func readyProcess(t *testing.T, parent string) (process *exec.Cmd, input io.Closer) {
	t.Helper()
	process = otherProcess(t, parent, "hang")
	input, err := process.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if lines.Text() == "ready" {
			go func() { _, _ = io.Copy(io.Discard, stdout) }()
			return process, input
		}
	}
	t.Fatal("the pod did not get ready")
	return nil, nil
}
