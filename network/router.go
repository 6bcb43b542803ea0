package network

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// RouterEngine is the piece of the engine that a router needs.
type RouterEngine interface {
	ContainerCreate(ctx context.Context, config *container.Config, host *container.HostConfig, networking *network.NetworkingConfig, platform *ocispec.Platform, name string) (container.CreateResponse, error)
	ContainerStart(ctx context.Context, containerID string, options container.StartOptions) error
	ContainerInspect(ctx context.Context, containerID string) (container.InspectResponse, error)
	ContainerRemove(ctx context.Context, containerID string, options container.RemoveOptions) error
	NetworkInspect(ctx context.Context, ref string, options network.InspectOptions) (network.Inspect, error)
	NetworkConnect(ctx context.Context, networkID, containerID string, config *network.EndpointSettings) error
	NetworkDisconnect(ctx context.Context, networkID, containerID string, force bool) error
}

// Link is a network as a router is attached to it.
type Link struct {
	// Addresses are the router's own, Subnets the network's.
	Addresses []netip.Addr
	Subnets   []netip.Prefix
}

// StartRouter starts a container that passes on packets between networks, which the engine keeps apart. It begins on one of them and
// needs no rights. The caller removes it. image is what EnsureAgentImage returned.
func StartRouter(ctx context.Context, engine RouterEngine, image, nodeID, firstNetwork string) (id string, err error) {
	h := newHelper(image, nodeID, "", nil, func(host *container.HostConfig) {
		host.NetworkMode = container.NetworkMode(firstNetwork)
		host.Sysctls = map[string]string{"net.ipv4.ip_forward": "1"}
		host.LogConfig = container.LogConfig{Type: "none"}
	})
	delete(h.config.Labels, LabelPodUID)
	h.config.Labels[LabelType] = TypeRouter
	created, err := engine.ContainerCreate(ctx, h.config, h.host,
		&network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{firstNetwork: {}}}, nil, "")
	if err != nil {
		return "", fmt.Errorf("creating the router between namespaces: %w", err)
	}
	if err := engine.ContainerStart(ctx, created.ID, container.StartOptions{}); err != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removalTime)
		defer cancel()
		_ = engine.ContainerRemove(ctx, created.ID, container.RemoveOptions{Force: true}) // else the next node removes it
		return "", fmt.Errorf("starting the router between namespaces: %w", err)
	}
	return created.ID, nil
}

// SetLinks attaches the router to exactly these networks and tells how it is attached, by the networks' ids. A network that is gone is
// left out.
func SetLinks(ctx context.Context, engine RouterEngine, routerID string, networks map[string]bool) (map[string]Link, error) {
	router, err := engine.ContainerInspect(ctx, routerID)
	if err != nil {
		return nil, fmt.Errorf("looking at the router between namespaces: %w", err)
	}
	attached := map[string]bool{}
	for _, endpoint := range router.NetworkSettings.Networks {
		attached[endpoint.NetworkID] = true
	}
	for id := range networks {
		if attached[id] {
			continue
		}
		if err := engine.NetworkConnect(ctx, id, routerID, nil); err != nil && !errdefs.IsNotFound(err) {
			return nil, fmt.Errorf("attaching the router between namespaces: %w", err)
		}
	}
	for id := range attached {
		if networks[id] {
			continue
		}
		if err := engine.NetworkDisconnect(ctx, id, routerID, true); err != nil && !errdefs.IsNotFound(err) {
			return nil, fmt.Errorf("detaching the router between namespaces: %w", err)
		}
	}
	return linksOf(ctx, engine, routerID)
}

func linksOf(ctx context.Context, engine RouterEngine, routerID string) (map[string]Link, error) {
	router, err := engine.ContainerInspect(ctx, routerID)
	if err != nil {
		return nil, fmt.Errorf("looking at the router between namespaces: %w", err)
	}
	links := map[string]Link{}
	for _, endpoint := range router.NetworkSettings.Networks {
		found, err := engine.NetworkInspect(ctx, endpoint.NetworkID, network.InspectOptions{})
		if errdefs.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("looking at a network of pods: %w", err)
		}
		var link Link
		for _, text := range []string{endpoint.IPAddress, endpoint.GlobalIPv6Address} {
			if address, err := netip.ParseAddr(text); err == nil {
				link.Addresses = append(link.Addresses, address)
			}
		}
		for _, pool := range found.IPAM.Config {
			if subnet, err := netip.ParsePrefix(pool.Subnet); err == nil {
				link.Subnets = append(link.Subnets, subnet.Masked())
			}
		}
		links[endpoint.NetworkID] = link
	}
	return links, nil
}
