package volumes

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	dockernetwork "github.com/docker/docker/api/types/network"
	enginevolume "github.com/docker/docker/api/types/volume"
	"github.com/docker/docker/pkg/stdcopy"
	"github.com/google/go-cmp/cmp"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/podsim/podsim/network"
)

// helperEngine runs one helper container that prints some words and ends with a code.
type helperEngine struct {
	stdout string
	code   int64

	verb    []string
	running int // containers that are not removed
}

func (e *helperEngine) ContainerCreate(_ context.Context, config *container.Config, _ *container.HostConfig, _ *dockernetwork.NetworkingConfig, _ *ocispec.Platform, _ string) (container.CreateResponse, error) {
	e.verb = config.Cmd
	e.running++
	return container.CreateResponse{ID: "helper"}, nil
}

func (e *helperEngine) ContainerStart(context.Context, string, container.StartOptions) error {
	return nil
}

func (e *helperEngine) ContainerWait(context.Context, string, container.WaitCondition) (<-chan container.WaitResponse, <-chan error) {
	exits := make(chan container.WaitResponse, 1)
	exits <- container.WaitResponse{StatusCode: e.code}
	return exits, make(chan error)
}

func (e *helperEngine) ContainerLogs(context.Context, string, container.LogsOptions) (io.ReadCloser, error) {
	var out bytes.Buffer
	stdcopy.NewStdWriter(&out, stdcopy.Stdout).Write([]byte(e.stdout))
	return io.NopCloser(&out), nil
}

func (e *helperEngine) ContainerRemove(context.Context, string, container.RemoveOptions) error {
	e.running--
	return nil
}

const hostPathPod = `
spec:
  volumes:
  - {name: any, hostPath: {path: /any}}
  - {name: dir, hostPath: {path: /dir, type: Directory}}
  - {name: file, hostPath: {path: f:ile, type: FileOrCreate}}
  containers: [{name: c, volumeMounts: [{name: any, mountPath: /a}, {name: dir, mountPath: /d}, {name: file, mountPath: /f}]}]`

func TestTypedHostPathsAreCheckedInOneHelper(t *testing.T) {
	engine := &helperEngine{}
	if err := CheckHostPaths(t.Context(), engine, "image", planOf(t, hostPathPod)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"hostpath", "Directory", "/dir", "FileOrCreate", "/f:ile"}, engine.verb); diff != "" {
		t.Error(diff)
	}
	if engine.running != 0 {
		t.Error("the helper stays")
	}
}

func TestAFailedCheckIsTheFailureOfItsVolume(t *testing.T) {
	engine := &helperEngine{stdout: "1\thostPath type check failed: /f:ile is not a file, it's a Directory\n", code: 1}
	err := CheckHostPaths(t.Context(), engine, "image", planOf(t, hostPathPod))
	want := `MountVolume.SetUp failed for volume "file" : hostPath type check failed: /f:ile is not a file, it's a Directory`
	var failures MountErrors
	if !errors.As(err, &failures) || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if engine.running != 0 {
		t.Error("the helper stays")
	}
}

func TestAHelperThatBreaksIsNotAFailureOfAVolume(t *testing.T) {
	err := CheckHostPaths(t.Context(), &helperEngine{code: 139}, "image", planOf(t, hostPathPod))
	var failures MountErrors
	if err == nil || errors.As(err, &failures) {
		t.Errorf("got %v", err)
	}
}

func TestPodsWithoutTypedHostPathsNeedNoHelper(t *testing.T) {
	plan := planOf(t, `spec: {volumes: [{name: h, hostPath: {path: /h}}], containers: [{name: c, volumeMounts: [{name: h, mountPath: /h}]}]}`)
	if err := CheckHostPaths(t.Context(), nil, "image", plan); err != nil {
		t.Error(err)
	}
}

func TestSubPathsOfHostPathsAreResolvedOnTheMachine(t *testing.T) {
	plan := planOf(t, `
spec:
  volumes: [{name: h, hostPath: {path: /var/log}}]
  containers: [{name: c, volumeMounts: [{name: h, mountPath: /log, subPath: a}, {name: h, mountPath: /all}]}]`)
	engine := &helperEngine{stdout: "b/a\n"}
	got, err := ResolveSubPaths(t.Context(), onlyHelper{engine, nil}, "sandbox", "image", plan, &plan.pod.Spec.Containers[0], map[string]string{"/log": "a"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"/log": "b/a"}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"subpath", "-host", "/var/log", "a"}, engine.verb); diff != "" {
		t.Error(diff)
	}
}

// onlyHelper is an engine that is never asked for an exec.
type onlyHelper struct {
	*helperEngine
	network.ExecEngine
}

func TestABadSubPathNamesItsVolumeAndHidesDetails(t *testing.T) {
	paths := []subPath{{volume: "v", mountPath: "/a"}, {volume: "w", mountPath: "/b"}}
	tests := []struct {
		code int
		want string
	}{
		{network.ExitCreating, `failed to create subPath directory for volumeMount "w" of container "c"`},
		{network.ExitPreparing, `failed to prepare subPath for volumeMount "w" of container "c"`},
	}
	for _, tt := range tests {
		failed := &network.VerbError{Verb: []string{"subpath"}, ExitCode: tt.code, Output: []byte("a\n"), Message: "secret detail"}
		err := readSubPaths(map[string]string{}, "c", paths, nil, failed)
		var bad *SubPathError
		if !errors.As(err, &bad) || err.Error() != tt.want {
			t.Errorf("got  %v\nwant %s", err, tt.want)
		}
	}
}

// volumeEngine has volumes by name with their labels.
type volumeEngine struct {
	mu      sync.Mutex
	volumes map[string]map[string]string
	gone    string // is listed, but not there any more
}

func (e *volumeEngine) VolumeList(_ context.Context, options enginevolume.ListOptions) (enginevolume.ListResponse, error) {
	var list enginevolume.ListResponse
	for name, labels := range e.volumes {
		if options.Filters.MatchKVList("label", labels) {
			list.Volumes = append(list.Volumes, &enginevolume.Volume{Name: name})
		}
	}
	return list, nil
}

func (e *volumeEngine) VolumeRemove(_ context.Context, name string, _ bool) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if strings.Contains(name, "busy") {
		return errors.New("volume is in use")
	}
	delete(e.volumes, name)
	if name == e.gone {
		return fmt.Errorf("no such volume: %w", errdefs.ErrNotFound)
	}
	return nil
}

func (e *volumeEngine) names() []string {
	var names []string
	for name := range e.volumes {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func newVolumeEngine() *volumeEngine {
	managed := func(more ...string) map[string]string {
		labels := map[string]string{network.LabelManaged: "true"}
		for i := 0; i < len(more); i += 2 {
			labels[more[i]] = more[i+1]
		}
		return labels
	}
	return &volumeEngine{gone: "podsim_u_b", volumes: map[string]map[string]string{
		"podsim_u_a":       managed(network.LabelPodUID, "u"),
		"podsim_u_b":       managed(network.LabelPodUID, "u"),
		"podsim_w_a":       managed(network.LabelPodUID, "w"),
		"podsim-pvc_ns_d":  managed(network.LabelNamespace, "ns", LabelClaim, "d"),
		"podsim-pvc_ns2_d": managed(network.LabelNamespace, "ns2", LabelClaim, "d"),
		"users":            {network.LabelPodUID: "u", LabelClaim: "d", network.LabelNamespace: "ns"},
	}}
}

func TestRemoveTakesTheVolumesOfOnePod(t *testing.T) {
	engine := newVolumeEngine()
	if err := Remove(t.Context(), engine, "u"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"podsim-pvc_ns2_d", "podsim-pvc_ns_d", "podsim_w_a", "users"}, engine.names()); diff != "" {
		t.Error(diff)
	}
}

func TestRemoveClaimTakesOneClaim(t *testing.T) {
	engine := newVolumeEngine()
	if err := RemoveClaim(t.Context(), engine, "ns", "d"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"podsim-pvc_ns2_d", "podsim_u_a", "podsim_u_b", "podsim_w_a", "users"}, engine.names()); diff != "" {
		t.Error(diff)
	}
}

func TestAVolumeThatCannotBeRemovedIsNamed(t *testing.T) {
	engine := newVolumeEngine()
	engine.volumes["podsim_u_busy"] = engine.volumes["podsim_u_a"]
	err := Remove(t.Context(), engine, "u")
	if err == nil || err.Error() != "removing volume podsim_u_busy: volume is in use" {
		t.Errorf("got %v", err)
	}
	if slices.Contains(engine.names(), "podsim_u_a") {
		t.Error("the other volumes stay")
	}
}
