package network

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/network"
)

// BridgeEngine is the piece of the engine that EnsureNetwork and RemoveNetworkIfUnused need.
type BridgeEngine interface {
	NetworkList(ctx context.Context, options network.ListOptions) ([]network.Summary, error)
	NetworkCreate(ctx context.Context, name string, options network.CreateOptions) (network.CreateResponse, error)
	NetworkRemove(ctx context.Context, id string) error
	ContainerList(ctx context.Context, options container.ListOptions) ([]container.Summary, error)
}

// Bridge is the network of the pods of a namespace.
type Bridge struct {
	ID string
	// Gateway is the engine machine's address on the network; empty if the engine does not say.
	Gateway string
}

// ErrForeignNetwork is returned when a network that podsim did not make has the name of one of its own.
var ErrForeignNetwork = errors.New("a network of this name exists that podsim did not make; remove or rename it")

// patience is how often EnsureNetwork looks again at several networks of one name before it takes the oldest.
const patience = 5

// EnsureNetwork makes sure that the network of a namespace exists. Engines allow several networks of one name, and any
// number of podsim processes may be here at the same time: who sees another network beside the one it made removes its
// own and looks again, so that two of them do not stay. Within one process use Networks.
func EnsureNetwork(ctx context.Context, engine BridgeEngine, namespace string) (Bridge, error) {
	bridge, err := ensureNetwork(ctx, engine, namespace)
	if err != nil {
		return Bridge{}, fmt.Errorf("creating the network %s: %w", Name(namespace), err)
	}
	return bridge, nil
}

func ensureNetwork(ctx context.Context, engine BridgeEngine, namespace string) (Bridge, error) {
	for look := 0; ; look++ {
		existing, err := networksNamed(ctx, engine, Name(namespace))
		if err != nil {
			return Bridge{}, err
		}
		if len(existing) == 1 || len(existing) > 1 && look >= patience {
			return asBridge(oldest(existing))
		}
		if len(existing) == 0 {
			mine, err := createOnly(ctx, engine, namespace)
			if err != nil {
				return Bridge{}, err
			}
			if mine != nil {
				return *mine, nil
			}
		}
		if err := pause(ctx); err != nil {
			return Bridge{}, err
		}
	}
}

// createOnly creates the network, and returns it if it is then the only one of its name. If it is not, the new network
// is removed again and the result is nil.
func createOnly(ctx context.Context, engine BridgeEngine, namespace string) (*Bridge, error) {
	created, err := engine.NetworkCreate(ctx, Name(namespace), network.CreateOptions{
		Driver: network.NetworkBridge,
		Labels: map[string]string{LabelManaged: "true", LabelNamespace: namespace},
	})
	if errdefs.IsConflict(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	existing, err := networksNamed(ctx, engine, Name(namespace))
	if err != nil {
		return nil, err
	}
	if len(existing) == 1 {
		bridge, err := asBridge(existing[0])
		return &bridge, err
	}
	return nil, remove(ctx, engine, created.ID)
}

// remove removes a network. One that is gone already, or that somebody has begun to use, is no error.
func remove(ctx context.Context, engine BridgeEngine, id string) error {
	err := engine.NetworkRemove(ctx, id)
	if errdefs.IsNotFound(err) || errdefs.IsPermissionDenied(err) {
		return nil
	}
	return err
}

// pause waits a short random time, so that two processes that yielded to each other do not meet again.
func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Duration(10+rand.IntN(90)) * time.Millisecond):
		return nil
	}
}

// networksNamed lists the networks of exactly this name; the engine's own filter matches parts of names.
func networksNamed(ctx context.Context, engine BridgeEngine, name string) ([]network.Summary, error) {
	list, err := engine.NetworkList(ctx, network.ListOptions{Filters: filters.NewArgs(filters.Arg("name", name))})
	if err != nil {
		return nil, err
	}
	var named []network.Summary
	for _, n := range list {
		if n.Name == name {
			named = append(named, n)
		}
	}
	return named, nil
}

func oldest(networks []network.Summary) network.Summary {
	first := networks[0]
	for _, n := range networks[1:] {
		if n.Created.Before(first.Created) {
			first = n
		}
	}
	return first
}

func asBridge(n network.Summary) (Bridge, error) {
	if n.Labels[LabelManaged] != "true" {
		return Bridge{}, ErrForeignNetwork
	}
	bridge := Bridge{ID: n.ID}
	for _, pool := range n.IPAM.Config {
		if pool.Gateway != "" {
			bridge.Gateway = pool.Gateway
			break
		}
	}
	return bridge, nil
}

// RemoveNetworkIfUnused removes the network of a namespace if no container, running or not, is attached to it. It is no
// error if there is no such network; one that podsim did not make stays.
func RemoveNetworkIfUnused(ctx context.Context, engine BridgeEngine, namespace string) error {
	networks, err := networksNamed(ctx, engine, Name(namespace))
	if err != nil {
		return fmt.Errorf("looking for the network %s: %w", Name(namespace), err)
	}
	for _, n := range networks {
		if n.Labels[LabelManaged] != "true" {
			continue
		}
		users, err := engine.ContainerList(ctx, container.ListOptions{All: true, Filters: filters.NewArgs(filters.Arg("network", n.ID))})
		if err != nil {
			return fmt.Errorf("looking for users of the network %s: %w", n.Name, err)
		}
		if len(users) > 0 {
			continue
		}
		if err := remove(ctx, engine, n.ID); err != nil {
			return fmt.Errorf("removing the network %s: %w", n.Name, err)
		}
	}
	return nil
}
