package network

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/network"
)

// joinEngine knows networks by their names.
type joinEngine map[string]network.Inspect

func (e joinEngine) NetworkInspect(_ context.Context, ref string, _ network.InspectOptions) (network.Inspect, error) {
	if ref == "twice" {
		return network.Inspect{}, errors.New("network twice is ambiguous (2 matches found on name)")
	}
	found, ok := e[ref]
	if !ok {
		return found, fmt.Errorf("network %s not found: %w", ref, errdefs.ErrNotFound)
	}
	found.Name = ref
	return found, nil
}

func TestNetworksThatAPodJoins(t *testing.T) {
	engine := joinEngine{
		"theirs": {ID: "n1", Driver: "bridge"}, "bridge": {ID: "n2", Driver: "bridge", Options: map[string]string{defaultBridgeOption: "true"}},
		"attachable": {ID: "n3", Driver: "overlay", Scope: "swarm", Attachable: true},
	}
	for name, want := range map[string]Joined{"theirs": {Reference: "n1"}, "bridge": {Reference: "bridge", IsDefault: true}, "attachable": {Reference: "n3"}} {
		if got, err := FindNetwork(t.Context(), engine, name); err != nil || got != want {
			t.Errorf("%s: got %+v, error %v", name, got, err)
		}
	}
}

func TestNetworksThatNoPodJoins(t *testing.T) {
	engine := joinEngine{
		"host": {Driver: "host"}, "none": {Driver: "null"}, "config": {ConfigOnly: true}, "services": {Driver: "overlay", Scope: "swarm"},
	}
	for ref, want := range map[string]string{
		"missing":     "the engine has no such network; make it with docker network create missing, or choose one that docker network ls shows",
		"host":        "the network of the engine's machine is not joined but shared: set spec.hostNetwork of the pod",
		"none":        "a pod without a network has no address, so that no probe could reach it",
		"container:x": "a pod has its own network namespace and cannot join a container's; name a network that the container is attached to",
		"config":      "the network only holds the configuration of others; choose one that is made from it",
		"services":    "the network is for the services of a swarm; one that is to take containers is made with docker network create --attachable",
		"twice":       "looking for the network: network twice is ambiguous (2 matches found on name)",
	} {
		if _, err := FindNetwork(t.Context(), engine, ref); err == nil || err.Error() != want {
			t.Errorf("%s: got %v", ref, err)
		}
	}
}
