package podtest

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/go-connections/nat"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/podsim/podsim/runtime/engine"
)

// standIn answers as a reaper does, and tells what it hears.
const standIn = `while true; do
nc -l -p 8080 -e sh -c 'read line; echo heard $line >/proc/1/fd/1; echo ACK; cat >/dev/null; echo left >/proc/1/fd/1'
done`

// TestAReaperKnowsOfUs has a container in a reaper's place: the reaper's own image would have to be pulled.
func TestAReaperKnowsOfUs(t *testing.T) {
	RequireEngine(t)
	t.Parallel()
	host, err := engine.Host("")
	if err != nil {
		t.Fatal(err)
	}
	docker, err := engine.Connect(t.Context(), host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { docker.Close() })
	session := randomName(16)
	ctx, leave := context.WithCancel(t.Context())
	joined := make(chan struct{})
	go func() {
		defer close(joined)
		joinReapers(ctx, docker, host, map[string]string{labelReap: "true", labelSession: session})
	}()
	t.Cleanup(func() { <-joined })
	t.Cleanup(leave)

	reaper, err := docker.ContainerCreate(t.Context(), &container.Config{
		Image:        "busybox:1.36",
		Cmd:          []string{"sh", "-c", standIn},
		Labels:       map[string]string{labelReaper: "true", labelSession: session},
		ExposedPorts: nat.PortSet{reaperPort: {}},
	}, &container.HostConfig{PortBindings: nat.PortMap{reaperPort: {{HostIP: "127.0.0.1"}}}}, nil, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := cleaning(t)
		defer cancel()
		if err := docker.ContainerRemove(ctx, reaper.ID, container.RemoveOptions{Force: true}); err != nil {
			t.Error(err)
		}
	})
	if err := docker.ContainerStart(t.Context(), reaper.ID, container.StartOptions{}); err != nil {
		t.Fatal(err)
	}
	heard := func(want string) {
		t.Helper()
		var log []byte
		err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
			stream, err := docker.ContainerLogs(ctx, reaper.ID, container.LogsOptions{ShowStdout: true})
			if err != nil {
				return false, err
			}
			defer stream.Close()
			log, err = io.ReadAll(stream)
			return strings.Contains(string(log), want), err
		})
		if err != nil {
			t.Fatalf("waiting until it says %q: %v; it says:\n%s", want, err, log)
		}
	}
	heard("label=" + labelSession + "=" + session)
	leave()
	heard("left")
}
