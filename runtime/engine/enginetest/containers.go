package enginetest

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/network"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	agent "github.com/podsim/podsim/network"
)

// fakeContainer is a container; the engine's lock guards it.
type fakeContainer struct {
	id, name string
	config   *container.Config
	host     *container.HostConfig
	imageID  string
	networks []string            // ids of networks of its own
	files    map[string]fakeFile // outside of its volumes, by path
	created  time.Time
	// pod and container are names by the labels, both "" for what the node has beside the pod's own; attempt is the container's.
	pod, container string
	attempt        int
	life
}

// newContainer is a container that was just created.
func newContainer(id, name string, config *container.Config, host *container.HostConfig) *fakeContainer {
	attempt, _ := strconv.Atoi(config.Labels[agent.LabelRestartCount]) // a sandbox and a helper have none
	pod, member := config.Labels[agent.LabelPodName], config.Labels[agent.LabelContainerName]
	if member == "" {
		pod = ""
	}
	return &fakeContainer{
		id: id, name: name, config: config, host: host, created: time.Now(),
		pod: pod, container: member, attempt: attempt,
		files: map[string]fakeFile{"/etc/resolv.conf": {content: []byte("nameserver 10.0.0.1\n")}, "/etc/hosts": {content: []byte("127.0.0.1\tlocalhost\n")}},
		life:  newLife(),
	}
}

// joined is the id of the container whose network it uses, or "".
func (c *fakeContainer) joined() string {
	if c.host.NetworkMode.IsContainer() {
		return c.host.NetworkMode.ConnectedContainer()
	}
	return ""
}

// find returns a container by id or name. The caller holds the lock.
func (e *Engine) find(ref string) (*fakeContainer, error) {
	if c := e.containers[ref]; c != nil {
		return c, nil
	}
	for _, c := range e.containers {
		if c.name == strings.TrimPrefix(ref, "/") {
			return c, nil
		}
	}
	return nil, fmt.Errorf("no such container: %s: %w", ref, errdefs.ErrNotFound)
}

// ContainerCreate creates a container, and the volumes that it mounts.
func (c *Client) ContainerCreate(ctx context.Context, config *container.Config, host *container.HostConfig,
	networking *network.NetworkingConfig, _ *ocispec.Platform, name string) (container.CreateResponse, error) {
	if err := c.enter(ctx, "ContainerCreate", name); err != nil {
		return container.CreateResponse{}, err
	}
	e := c.machine
	e.mu.Lock()
	defer e.mu.Unlock()
	image, err := e.image(config.Image)
	if err != nil {
		return container.CreateResponse{}, err
	}
	id := e.nextID()
	if name == "" {
		name = "nameless_" + id[58:]
	}
	if other, err := e.find(name); err == nil {
		return container.CreateResponse{}, fmt.Errorf("conflict: the container name %q is already in use by container %q: %w",
			"/"+name, other.id, errdefs.ErrConflict)
	}
	made := newContainer(id, name, config, host)
	made.imageID = image.ID
	if joined := made.joined(); joined != "" {
		if _, err := e.find(joined); err != nil {
			return container.CreateResponse{}, err
		}
	}
	if networking != nil {
		for ref := range networking.EndpointsConfig {
			if _, err := e.findNetwork(ref); err != nil {
				return container.CreateResponse{}, err
			}
			made.networks = append(made.networks, ref)
			made.files["/etc/resolv.conf"] = fakeFile{content: []byte("nameserver 127.0.0.11\noptions ndots:0\n")}
		}
	}
	for _, m := range host.Mounts {
		if m.Type == mount.TypeVolume {
			e.ensureVolume(m)
		}
	}
	e.containers[id] = made
	e.record(made, Created, "")
	e.emit(made, events.ActionCreate)
	if err := e.answer("ContainerCreate"); err != nil {
		return container.CreateResponse{}, err
	}
	return container.CreateResponse{ID: id}, nil
}

// ContainerRemove removes a container, and stops it first if it is forced to.
func (c *Client) ContainerRemove(ctx context.Context, id string, options container.RemoveOptions) error {
	if err := c.enter(ctx, "ContainerRemove", id); err != nil {
		return err
	}
	return c.machine.answered("ContainerRemove", func() error { return c.machine.remove(id, options.Force) })
}

// Remove removes a container by force, as somebody beside the node may do.
func (e *Engine) Remove(id string) error { return e.remove(id, true) }

func (e *Engine) remove(id string, force bool) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	found, err := e.find(id)
	if err != nil {
		return err
	}
	if found.running() && !force {
		return fmt.Errorf("cannot remove container %q: container is running: %w", "/"+found.name, errdefs.ErrConflict)
	}
	e.exit(found, codeKilled, false)
	close(found.removed)
	delete(e.containers, found.id)
	e.record(found, Removed, "")
	e.emit(found, events.ActionDestroy)
	return nil
}

// ContainerInspect tells all about a container.
func (c *Client) ContainerInspect(ctx context.Context, id string) (container.InspectResponse, error) {
	if err := c.enter(ctx, "ContainerInspect", id); err != nil {
		return container.InspectResponse{}, err
	}
	e := c.machine
	e.mu.Lock()
	defer e.mu.Unlock()
	found, err := e.find(id)
	if err != nil {
		return container.InspectResponse{}, err
	}
	return container.InspectResponse{
		ContainerJSONBase: &container.ContainerJSONBase{
			ID: found.id, Name: "/" + found.name, Created: engineTime(found.created), Image: found.imageID,
			State: found.state(), HostConfig: found.host,
		},
		Config:          found.config,
		Mounts:          found.mountPoints(),
		NetworkSettings: e.networkSettings(found),
	}, nil
}

// ContainerList lists containers, filtered by label and network.
func (c *Client) ContainerList(ctx context.Context, options container.ListOptions) ([]container.Summary, error) {
	if err := c.enter(ctx, "ContainerList", ""); err != nil {
		return nil, err
	}
	e := c.machine
	e.mu.Lock()
	defer e.mu.Unlock()
	var list []container.Summary
	for _, found := range e.containers {
		if !options.All && !found.running() || !options.Filters.MatchKVList("label", found.config.Labels) || !found.uses(options.Filters.Get("network")) {
			continue
		}
		list = append(list, container.Summary{
			ID: found.id, Names: []string{"/" + found.name}, Image: found.config.Image, ImageID: found.imageID,
			Created: found.created.Unix(), Labels: found.config.Labels, State: found.status(),
		})
	}
	return list, nil
}

// uses reports whether the container is attached to one of the networks; to none asked for, each is.
func (c *fakeContainer) uses(networks []string) bool {
	for _, wanted := range networks {
		for _, own := range c.networks {
			if own == wanted {
				return true
			}
		}
	}
	return len(networks) == 0
}

// mountPoints are the volumes that the container has mounted.
func (c *fakeContainer) mountPoints() []container.MountPoint {
	var points []container.MountPoint
	for _, m := range c.host.Mounts {
		if m.Type == mount.TypeVolume {
			points = append(points, container.MountPoint{Type: m.Type, Name: m.Source, Source: mountpoint(m.Source), Destination: m.Target, Driver: "local", RW: !m.ReadOnly})
		}
	}
	return points
}
