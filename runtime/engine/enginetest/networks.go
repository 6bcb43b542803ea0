package enginetest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
)

// findNetwork returns a network by id or name. The caller holds the lock.
func (e *Engine) findNetwork(ref string) (*network.Summary, error) {
	if n := e.networks[ref]; n != nil {
		return n, nil
	}
	for _, n := range e.networks {
		if n.Name == ref {
			return n, nil
		}
	}
	return nil, fmt.Errorf("network %s not found: %w", ref, errdefs.ErrNotFound)
}

// NetworkCreate makes a network. Two may have the same name.
func (c *Client) NetworkCreate(ctx context.Context, name string, options network.CreateOptions) (network.CreateResponse, error) {
	if err := c.enter(ctx, "NetworkCreate", name); err != nil {
		return network.CreateResponse{}, err
	}
	e := c.machine
	e.mu.Lock()
	defer e.mu.Unlock()
	id := e.nextID()
	e.networks[id] = &network.Summary{
		ID: id, Name: name, Driver: options.Driver, Labels: maps.Clone(options.Labels), Created: time.Now(),
		IPAM: network.IPAM{Config: []network.IPAMConfig{{Subnet: "172.30.0.0/16", Gateway: "172.30.0.1"}}},
	}
	return network.CreateResponse{ID: id}, nil
}

// NetworkInspect tells about a network.
func (c *Client) NetworkInspect(ctx context.Context, ref string, _ network.InspectOptions) (network.Inspect, error) {
	if err := c.enter(ctx, "NetworkInspect", ref); err != nil {
		return network.Inspect{}, err
	}
	c.machine.mu.Lock()
	defer c.machine.mu.Unlock()
	found, err := c.machine.findNetwork(ref)
	if err != nil {
		return network.Inspect{}, err
	}
	return *found, nil
}

// NetworkList lists networks, filtered by label and by part of the name.
func (c *Client) NetworkList(ctx context.Context, options network.ListOptions) ([]network.Summary, error) {
	if err := c.enter(ctx, "NetworkList", ""); err != nil {
		return nil, err
	}
	c.machine.mu.Lock()
	defer c.machine.mu.Unlock()
	var list []network.Summary
	for _, n := range c.machine.networks {
		names := options.Filters.Get("name")
		named := len(names) == 0 || slices.ContainsFunc(names, func(part string) bool { return strings.Contains(n.Name, part) })
		if named && options.Filters.MatchKVList("label", n.Labels) {
			list = append(list, *n)
		}
	}
	return list, nil
}

// NetworkConnect attaches a container to one more network.
func (c *Client) NetworkConnect(ctx context.Context, networkID, containerID string, _ *network.EndpointSettings) error {
	return c.changeNetworks(ctx, "NetworkConnect", networkID, containerID, func(list []string, id string) []string { return append(list, id) })
}

// NetworkDisconnect detaches a container from a network.
func (c *Client) NetworkDisconnect(ctx context.Context, networkID, containerID string, _ bool) error {
	return c.changeNetworks(ctx, "NetworkDisconnect", networkID, containerID, func(list []string, id string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(other string) bool { return other == id })
	})
}

func (c *Client) changeNetworks(ctx context.Context, call, networkID, containerID string, change func(list []string, id string) []string) error {
	if err := c.enter(ctx, call, containerID); err != nil {
		return err
	}
	c.machine.mu.Lock()
	defer c.machine.mu.Unlock()
	found, err := c.machine.findNetwork(networkID)
	if err != nil {
		return err
	}
	user, err := c.machine.find(containerID)
	if err != nil {
		return err
	}
	user.networks = change(user.networks, found.ID)
	return nil
}

// NetworkRemove removes a network that no running container is attached to.
func (c *Client) NetworkRemove(ctx context.Context, id string) error {
	if err := c.enter(ctx, "NetworkRemove", id); err != nil {
		return err
	}
	c.machine.mu.Lock()
	defer c.machine.mu.Unlock()
	found, err := c.machine.findNetwork(id)
	if err != nil {
		return err
	}
	for _, user := range c.machine.containers {
		if user.running() && user.uses([]string{found.ID}) {
			return fmt.Errorf("error while removing network: network %s has active endpoints: %w", found.Name, errdefs.ErrPermissionDenied)
		}
	}
	delete(c.machine.networks, found.ID)
	return nil
}

// networkSettings are the addresses of a container, which it has while it runs. The caller holds the lock.
func (e *Engine) networkSettings(c *fakeContainer) *container.NetworkSettings {
	settings := &container.NetworkSettings{Networks: map[string]*network.EndpointSettings{}}
	for _, ref := range c.networks {
		endpoint := &network.EndpointSettings{NetworkID: ref}
		if c.running() {
			endpoint.IPAddress = c.address()
			endpoint.Gateway = "172.30.0.1"
		}
		settings.Networks[ref] = endpoint
	}
	return settings
}

// address is the address of a container that has a network of its own: no two have had the same.
func (c *fakeContainer) address() string {
	serial, _ := strconv.ParseUint(c.id, 16, 64) // ids are the engine's own
	return fmt.Sprintf("172.%d.%d.%d", 30+serial>>16, serial>>8&255, serial&255)
}
