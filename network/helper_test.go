package network

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/pkg/stdcopy"
	"github.com/google/go-cmp/cmp"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// helperEngine runs one helper that prints words on standard error and ends with a code.
type helperEngine struct {
	words string
	code  int64

	config *container.Config
	host   *container.HostConfig
	calls  []string
}

func (e *helperEngine) ContainerCreate(_ context.Context, config *container.Config, host *container.HostConfig, _ *network.NetworkingConfig, _ *ocispec.Platform, _ string) (container.CreateResponse, error) {
	e.calls = append(e.calls, "create")
	e.config, e.host = config, host
	return container.CreateResponse{ID: "helper"}, nil
}

func (e *helperEngine) ContainerStart(context.Context, string, container.StartOptions) error {
	e.calls = append(e.calls, "start")
	return nil
}

func (e *helperEngine) ContainerWait(context.Context, string, container.WaitCondition) (<-chan container.WaitResponse, <-chan error) {
	exits := make(chan container.WaitResponse, 1)
	exits <- container.WaitResponse{StatusCode: e.code}
	return exits, nil
}

func (e *helperEngine) ContainerLogs(context.Context, string, container.LogsOptions) (io.ReadCloser, error) {
	var logs bytes.Buffer
	io.WriteString(stdcopy.NewStdWriter(&logs, stdcopy.Stderr), e.words)
	return io.NopCloser(&logs), nil
}

func (e *helperEngine) ContainerRemove(context.Context, string, container.RemoveOptions) error {
	e.calls = append(e.calls, "remove")
	return nil
}

func TestKillExecRunsAHelperThatMaySignalAndNothingElse(t *testing.T) {
	engine := &helperEngine{}
	if err := KillExec(t.Context(), engine, "agent:1", "node", "uid", "abc", 42); err != nil {
		t.Fatal(err)
	}
	wantConfig := &container.Config{
		Image:  "agent:1",
		Cmd:    []string{"kill", "-container", "abc", "42"},
		Labels: map[string]string{LabelManaged: "true", LabelNode: "node", LabelPodUID: "uid"},
	}
	if diff := cmp.Diff(wantConfig, engine.config); diff != "" {
		t.Error(diff)
	}
	wantHost := &container.HostConfig{
		NetworkMode:    "none",
		PidMode:        "host",
		UsernsMode:     "host",
		ReadonlyRootfs: true,
		CapDrop:        []string{"ALL"},
		CapAdd:         []string{"KILL"},
		SecurityOpt:    []string{"no-new-privileges", "apparmor=unconfined"},
		LogConfig:      container.LogConfig{Type: "json-file"},
	}
	if diff := cmp.Diff(wantHost, engine.host); diff != "" {
		t.Error(diff)
	}
	if want := []string{"create", "start", "remove"}; !slices.Equal(engine.calls, want) {
		t.Errorf("called %v", engine.calls)
	}
}

func TestAHelperForFilesSeesThoseOfTheMachineAndNoProcesses(t *testing.T) {
	engine := &helperEngine{}
	if _, err := RunHelper(t.Context(), engine, "agent:1", "node", "uid", "hostpath", "File", "/f"); err != nil {
		t.Fatal(err)
	}
	if engine.host.PidMode != "" || slices.Contains(engine.host.CapAdd, "KILL") {
		t.Errorf("process namespace %q, rights %v", engine.host.PidMode, engine.host.CapAdd)
	}
	if diff := cmp.Diff([]mount.Mount{{Type: mount.TypeBind, Source: "/", Target: "/host"}}, engine.host.Mounts); diff != "" {
		t.Error(diff)
	}
}

func TestAKillThatFailsIsAVerbErrorAndTheHelperIsRemoved(t *testing.T) {
	engine := &helperEngine{words: "process 42 is not one of container abc\n", code: 1}
	err := KillExec(t.Context(), engine, "agent:1", "node", "uid", "abc", 42)
	var failed *VerbError
	if !errors.As(err, &failed) || failed.Message != "process 42 is not one of container abc" {
		t.Errorf("got %v", err)
	}
	if !slices.Contains(engine.calls, "remove") {
		t.Errorf("called %v", engine.calls)
	}
}
