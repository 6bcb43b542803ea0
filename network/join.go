package network

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/network"
)

// JoinEngine is the piece of the engine that FindNetwork needs.
type JoinEngine interface {
	NetworkInspect(ctx context.Context, ref string, options network.InspectOptions) (network.Inspect, error)
}

// Joined is a network of the engine that podsim did not make, and that a pod joins all the same.
type Joined struct {
	// Reference is what names the network in a container's settings.
	Reference string
	// IsDefault: it is the engine's default network, where containers have no DNS server and no names.
	IsDefault bool
}

// FindNetwork looks for the network with that name or id, which a pod is to join. The error says why none can.
func FindNetwork(ctx context.Context, engine JoinEngine, ref string) (Joined, error) {
	if why := modes[ref]; why != "" {
		return Joined{}, errors.New(why)
	}
	if strings.HasPrefix(ref, "container:") {
		return Joined{}, errors.New("a pod has its own network namespace and cannot join a container's; name a network that the container is attached to")
	}
	found, err := engine.NetworkInspect(ctx, ref, network.InspectOptions{})
	switch {
	case errdefs.IsNotFound(err):
		return Joined{}, fmt.Errorf("the engine has no such network; make it with docker network create %s, or choose one that docker network ls shows", ref)
	case err != nil:
		return Joined{}, fmt.Errorf("looking for the network: %w", err)
	}
	return joined(found)
}

// modes are what the engine takes in place of a network, with why no pod takes it.
var modes = map[string]string{
	"host": "the network of the engine's machine is not joined but shared: set spec.hostNetwork of the pod",
	"none": "a pod without a network has no address, so that no probe could reach it",
}

func joined(n network.Inspect) (Joined, error) {
	switch {
	case n.Driver == "host" || n.Driver == "null":
		return Joined{}, errors.New(modes[n.Name])
	case n.ConfigOnly:
		return Joined{}, errors.New("the network only holds the configuration of others; choose one that is made from it")
	case n.Scope == "swarm" && !n.Attachable:
		return Joined{}, errors.New("the network is for the services of a swarm; one that is to take containers is made with docker network create --attachable")
	case n.Options[defaultBridgeOption] == "true":
		return Joined{Reference: n.Name, IsDefault: true}, nil
	}
	return Joined{Reference: n.ID}, nil
}

// defaultBridgeOption marks the engine's default network.
const defaultBridgeOption = "com.docker.network.bridge.default_bridge"
