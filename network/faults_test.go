package network

import (
	"slices"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/google/go-cmp/cmp"

	"github.com/podsim/podsim/network/wire"
)

func TestOnlyAHelperMayChangeASandboxsNetworkAndNothingElse(t *testing.T) {
	engine := &helperEngine{}
	state := wire.State{Cut: true, Latency: 200 * time.Millisecond}
	if err := ChangeWire(t.Context(), engine, "agent:1", "node", "uid", "sandbox", state); err != nil {
		t.Fatal(err)
	}
	wantVerb := []string{"wire", `{"cut":true,"elsewhere":["10.96.0.0/16","127.0.0.11/32"],"latency":200000000}`}
	if !slices.Equal(engine.config.Cmd, wantVerb) {
		t.Errorf("runs %q, want %q", engine.config.Cmd, wantVerb)
	}
	want := &container.HostConfig{
		NetworkMode:    "container:sandbox",
		ReadonlyRootfs: true,
		CapDrop:        []string{"ALL"},
		CapAdd:         []string{"NET_ADMIN"},
		SecurityOpt:    []string{"no-new-privileges"},
		LogConfig:      container.LogConfig{Type: "json-file"},
	}
	if diff := cmp.Diff(want, engine.host); diff != "" {
		t.Error(diff)
	}
}

func TestAHelperThatTakesMemorySeesControlGroupsAndProcesses(t *testing.T) {
	engine := &helperEngine{}
	if err := ExhaustMemory(t.Context(), engine, "agent:1", "node", "uid", "abc"); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(engine.config.Cmd, []string{"hog", "abc"}) {
		t.Errorf("runs %q", engine.config.Cmd)
	}
	want := &container.HostConfig{
		NetworkMode:    "none",
		PidMode:        "host",
		CgroupnsMode:   "host",
		UsernsMode:     "host",
		ReadonlyRootfs: true,
		CapDrop:        []string{"ALL"},
		CapAdd:         []string{"DAC_OVERRIDE"},
		SecurityOpt:    []string{"no-new-privileges", "apparmor=unconfined"},
		LogConfig:      container.LogConfig{Type: "json-file"},
		Mounts:         []mount.Mount{{Type: mount.TypeBind, Source: "/sys/fs/cgroup", Target: "/host/sys/fs/cgroup"}},
	}
	if diff := cmp.Diff(want, engine.host); diff != "" {
		t.Error(diff)
	}
}

func TestAHelperThatEmptiesAVolumeSeesNothingElse(t *testing.T) {
	engine := &helperEngine{}
	data := mount.Mount{Type: mount.TypeVolume, Source: "podsim-pvc_default_data", Target: "/podsim/volumes/data"}
	if err := UnfillUnmounted(t.Context(), engine, "agent:1", "node", "uid", data); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(engine.config.Cmd, []string{"unfill", "/podsim/volumes/data"}) {
		t.Errorf("runs %q", engine.config.Cmd)
	}
	want := &container.HostConfig{
		NetworkMode:    "none",
		ReadonlyRootfs: true,
		CapDrop:        []string{"ALL"},
		CapAdd:         []string{"DAC_OVERRIDE"},
		SecurityOpt:    []string{"no-new-privileges"},
		LogConfig:      container.LogConfig{Type: "json-file"},
		Mounts:         []mount.Mount{data},
	}
	if diff := cmp.Diff(want, engine.host); diff != "" {
		t.Error(diff)
	}
}
