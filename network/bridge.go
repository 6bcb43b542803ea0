package network

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/network"
)

// BridgeEngine is the piece of the engine that EnsureNetwork and RemoveNetworkIfUnused need.
type BridgeEngine interface {
	NetworkInspect(ctx context.Context, ref string, options network.InspectOptions) (network.Inspect, error)
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
		if exhausted(err) {
			err = fmt.Errorf("%w; remove networks that nothing uses (docker network prune), have the pod join one that is there (podsim up --network), "+
				"or give the engine more addresses (default-address-pools in its daemon.json)", err)
		}
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

// exhausted reports whether the engine has no addresses left for another network. It says so in words only.
func exhausted(err error) bool {
	return strings.Contains(err.Error(), "could not find an available, non-overlapping IPv4 address pool") ||
		strings.Contains(err.Error(), "all predefined address pools have been fully subnetted")
}

// createOnly creates the network, and returns it if it is then the only one of its name. If it is not, the new network
// is removed again and the result is nil.
func createOnly(ctx context.Context, engine BridgeEngine, namespace string) (*Bridge, error) {
	created, err := engine.NetworkCreate(ctx, Name(namespace), bridgeOptions(namespace, hasIPv6(ctx, engine)))
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

// hasIPv6 reports whether the networks of the engine are to have IPv6: whether its default network has.
func hasIPv6(ctx context.Context, engine BridgeEngine) bool {
	standard, err := engine.NetworkInspect(ctx, network.NetworkBridge, network.InspectOptions{})
	return err == nil && standard.EnableIPv6
}

// bridgeOptions are those of a new network. The subnet of IPv6 is one that nobody else has chosen, because an engine before Docker 27
// chooses none (RFC 4193); that of IPv4 is left to the engine.
func bridgeOptions(namespace string, ipv6 bool) network.CreateOptions {
	options := network.CreateOptions{Driver: network.NetworkBridge, Labels: map[string]string{LabelManaged: "true", LabelNamespace: namespace}}
	if ipv6 {
		var subnet [16]byte
		binary.BigEndian.PutUint64(subnet[:], 0xfd<<56|rand.Uint64N(1<<56))
		options.EnableIPv6 = &ipv6
		options.IPAM = &network.IPAM{Driver: "default", Config: []network.IPAMConfig{{Subnet: netip.PrefixFrom(netip.AddrFrom16(subnet), 64).String()}}}
	}
	return options
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

// GatewayOf is the engine machine's address in a subnet of one of its own networks; none if the engine does not say. An engine that has
// just been installed does not name the first address of its default network, which it takes.
func GatewayOf(pool network.IPAMConfig) []string {
	if pool.Gateway != "" {
		return []string{pool.Gateway}
	}
	if subnet, err := netip.ParsePrefix(pool.Subnet); err == nil {
		return []string{subnet.Masked().Addr().Next().String()}
	}
	return nil
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
		// Until its first start the engine knows a container's network by its name only.
		users, err := engine.ContainerList(ctx, container.ListOptions{All: true, Filters: filters.NewArgs(
			filters.Arg("network", n.ID), filters.Arg("network", n.Name))})
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
