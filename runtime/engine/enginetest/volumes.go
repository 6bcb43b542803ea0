package enginetest

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/volume"
)

// mountpoint is where a volume lies on the engine's machine.
func mountpoint(name string) string { return "/var/lib/docker/volumes/" + name + "/_data" }

// ensureVolume makes the volume of a mount if it is not there. The caller holds the lock.
func (e *Engine) ensureVolume(m mount.Mount) {
	if e.volumes[m.Source] != nil {
		return
	}
	made := volume.Volume{Name: m.Source, Driver: "local", Scope: "local", Mountpoint: mountpoint(m.Source)}
	if o := m.VolumeOptions; o != nil {
		made.Labels = o.Labels
		if o.DriverConfig != nil {
			made.Options = o.DriverConfig.Options
		}
	}
	e.volumes[m.Source] = &fakeVolume{Volume: made, files: map[string]fakeFile{}}
}

// dropMemory empties the memory volumes that no running container has mounted. The caller holds the lock.
func (e *Engine) dropMemory() {
	held := map[string]bool{}
	for _, c := range e.containers {
		if c.running() {
			for _, m := range c.host.Mounts {
				held[m.Source] = true
			}
		}
	}
	for name, v := range e.volumes {
		if v.inMemory() && !held[name] {
			clear(v.files)
		}
	}
}

// VolumeFiles are the paths of the files in a volume, sorted.
func (e *Engine) VolumeFiles(name string) []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	v := e.volumes[name]
	if v == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(v.files))
}

func noVolume(name string) error {
	return fmt.Errorf("get %s: no such volume: %w", name, errdefs.ErrNotFound)
}

// VolumeList lists volumes, filtered by label.
func (c *Client) VolumeList(ctx context.Context, options volume.ListOptions) (volume.ListResponse, error) {
	if err := c.enter(ctx, "VolumeList", ""); err != nil {
		return volume.ListResponse{}, err
	}
	c.machine.mu.Lock()
	defer c.machine.mu.Unlock()
	var list volume.ListResponse
	for _, v := range c.machine.volumes {
		if options.Filters.MatchKVList("label", v.Labels) {
			list.Volumes = append(list.Volumes, &v.Volume)
		}
	}
	return list, nil
}

// VolumeRemove removes a volume that no container mounts, running or not.
func (c *Client) VolumeRemove(ctx context.Context, name string, _ bool) error {
	if err := c.enter(ctx, "VolumeRemove", name); err != nil {
		return err
	}
	c.machine.mu.Lock()
	defer c.machine.mu.Unlock()
	if c.machine.volumes[name] == nil {
		return noVolume(name)
	}
	for _, user := range c.machine.containers {
		for _, m := range user.host.Mounts {
			if m.Source == name {
				return fmt.Errorf("remove %s: volume is in use - [%s]: %w", name, user.id, errdefs.ErrConflict)
			}
		}
	}
	delete(c.machine.volumes, name)
	return nil
}
