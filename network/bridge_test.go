package network

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
)

// bridgeEngine has networks and containers attached to them; like an engine it allows several networks of one name.
type bridgeEngine struct {
	mu       sync.Mutex
	made     int
	networks map[string]network.Summary
	attached map[string]int // containers by the network's id
	created  map[string]int // those that were not started yet, by its name
	// meanwhile is called before a network is created, without the lock.
	meanwhile func()
	// refuse is the answer to whoever creates a network.
	refuse error
	// subnets are those of IPv6 that were asked for.
	subnets []string
}

func newBridgeEngine() *bridgeEngine {
	return &bridgeEngine{networks: map[string]network.Summary{}, attached: map[string]int{}}
}

func (e *bridgeEngine) NetworkList(_ context.Context, options network.ListOptions) ([]network.Summary, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var list []network.Summary
	for _, n := range e.networks {
		if strings.Contains(n.Name, options.Filters.Get("name")[0]) {
			list = append(list, n)
		}
	}
	return list, nil
}

func (e *bridgeEngine) NetworkInspect(_ context.Context, ref string, _ network.InspectOptions) (network.Inspect, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	found, ok := e.networks[ref]
	if !ok {
		return found, fmt.Errorf("network %s not found: %w", ref, errdefs.ErrNotFound)
	}
	return found, nil
}

func (e *bridgeEngine) NetworkCreate(_ context.Context, name string, options network.CreateOptions) (network.CreateResponse, error) {
	if e.meanwhile != nil {
		e.meanwhile()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.refuse != nil {
		return network.CreateResponse{}, e.refuse
	}
	e.made++
	id := fmt.Sprintf("id%d", e.made)
	e.networks[id] = network.Summary{
		ID: id, Name: name, Labels: options.Labels, Created: time.Unix(int64(e.made), 0),
		IPAM: network.IPAM{Config: []network.IPAMConfig{{Gateway: "172.18.0.1"}}},
	}
	if options.EnableIPv6 != nil && *options.EnableIPv6 {
		e.subnets = append(e.subnets, options.IPAM.Config[0].Subnet)
	}
	return network.CreateResponse{ID: id}, nil
}

func (e *bridgeEngine) NetworkRemove(_ context.Context, id string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.attached[id] > 0 {
		return fmt.Errorf("network %s has active endpoints: %w", id, errdefs.ErrPermissionDenied)
	}
	delete(e.networks, id)
	return nil
}

func (e *bridgeEngine) ContainerList(_ context.Context, options container.ListOptions) ([]container.Summary, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	users := 0
	for _, ref := range options.Filters.Get("network") {
		users += e.attached[ref] + e.created[ref]
	}
	return make([]container.Summary, users), nil
}

func TestANamespaceHasOneNetwork(t *testing.T) {
	engine := newBridgeEngine()
	engine.networks["x"] = network.Summary{ID: "x", Name: "podsim_default-2"}
	first, err := EnsureNetwork(t.Context(), engine, "default")
	if err != nil {
		t.Fatal(err)
	}
	second, err := EnsureNetwork(t.Context(), engine, "default")
	if err != nil || second != first {
		t.Errorf("got %v and then %v, error %v", first, second, err)
	}
	if first.Gateway != "172.18.0.1" {
		t.Errorf("gateway is %q", first.Gateway)
	}
	if labels := engine.networks[first.ID].Labels; labels[LabelManaged] != "true" || labels[LabelNamespace] != "default" {
		t.Errorf("labels are %v", labels)
	}
}

func TestProcessesThatCreateTheSameNetworkAtOnceAgreeOnOne(t *testing.T) {
	engine := newBridgeEngine()
	var bridges [4]Bridge
	var processes sync.WaitGroup
	for i := range bridges {
		processes.Go(func() {
			var err error
			if bridges[i], err = EnsureNetwork(t.Context(), engine, "default"); err != nil {
				t.Error(err)
			}
		})
	}
	processes.Wait()
	for _, bridge := range bridges {
		if bridge != bridges[0] {
			t.Errorf("the processes use %v", bridges)
			break
		}
	}
	if len(engine.networks) != 1 {
		t.Errorf("%d networks stay", len(engine.networks))
	}
}

func TestOneWhoSeesAnotherNetworkRemovesItsOwn(t *testing.T) {
	engine := newBridgeEngine()
	engine.meanwhile = func() {
		engine.meanwhile = nil
		if _, err := EnsureNetwork(t.Context(), engine, "default"); err != nil {
			t.Error(err)
		}
	}
	bridge, err := EnsureNetwork(t.Context(), engine, "default")
	if err != nil || bridge.ID != "id1" || len(engine.networks) != 1 {
		t.Errorf("got %v of %d networks, error %v; want the other's id1 alone", bridge, len(engine.networks), err)
	}
}

func TestTwoNetworksThatStayAreNoObstacle(t *testing.T) {
	engine := newBridgeEngine()
	labels := map[string]string{LabelManaged: "true"}
	engine.networks["new"] = network.Summary{ID: "new", Name: "podsim_default", Labels: labels, Created: time.Unix(2, 0)}
	engine.networks["old"] = network.Summary{ID: "old", Name: "podsim_default", Labels: labels, Created: time.Unix(1, 0)}
	bridge, err := EnsureNetwork(t.Context(), engine, "default")
	if err != nil || bridge.ID != "old" {
		t.Errorf("got %v, error %v; want the older one", bridge, err)
	}
}

func TestANetworkOfAContainerThatWasNotStartedYetStays(t *testing.T) {
	engine := newBridgeEngine()
	if _, err := EnsureNetwork(t.Context(), engine, "default"); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ users, stay int }{{1, 1}, {0, 0}} {
		engine.created = map[string]int{"podsim_default": row.users}
		if err := RemoveNetworkIfUnused(t.Context(), engine, "default"); err != nil || len(engine.networks) != row.stay {
			t.Errorf("with %d containers %d networks stay, error %v", row.users, len(engine.networks), err)
		}
	}
}

func TestANetworkOfSomeoneElseIsLeftAlone(t *testing.T) {
	engine := newBridgeEngine()
	engine.networks["x"] = network.Summary{ID: "x", Name: "podsim_default"}
	if _, err := EnsureNetwork(t.Context(), engine, "default"); !errors.Is(err, ErrForeignNetwork) {
		t.Errorf("got error %v", err)
	}
	if err := RemoveNetworkIfUnused(t.Context(), engine, "default"); err != nil || len(engine.networks) != 1 {
		t.Errorf("%d networks stay, error %v", len(engine.networks), err)
	}
}

func TestANetworkHasIPv6WhereTheDefaultOneHas(t *testing.T) {
	engine := newBridgeEngine()
	for _, has := range []bool{false, true} {
		engine.networks["bridge"] = network.Summary{ID: "bridge", Name: "bridge", EnableIPv6: has}
		for _, namespace := range []string{"a", "b"} {
			if _, err := EnsureNetwork(t.Context(), engine, fmt.Sprint(namespace, has)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(engine.subnets) != 2 || engine.subnets[0] == engine.subnets[1] {
		t.Fatalf("subnets: %q", engine.subnets)
	}
	for _, subnet := range engine.subnets {
		prefix, err := netip.ParsePrefix(subnet)
		if err != nil || prefix.Bits() != 64 || prefix != prefix.Masked() || !netip.MustParsePrefix("fd00::/8").Contains(prefix.Addr()) {
			t.Errorf("subnet %s, error %v", subnet, err)
		}
	}
}

func TestTheGatewayOfASubnet(t *testing.T) {
	for _, row := range []struct {
		pool network.IPAMConfig
		want []string
	}{
		{network.IPAMConfig{Subnet: "172.17.0.0/16", Gateway: "172.17.9.9"}, []string{"172.17.9.9"}},
		{network.IPAMConfig{Subnet: "172.17.0.0/16"}, []string{"172.17.0.1"}},
		{network.IPAMConfig{Subnet: "fd00:aaaa::/64"}, []string{"fd00:aaaa::1"}},
		{network.IPAMConfig{}, nil},
	} {
		if got := GatewayOf(row.pool); !slices.Equal(got, row.want) {
			t.Errorf("%+v: %q", row.pool, got)
		}
	}
}

func TestAnEngineWithoutAddressesIsToldWithTheWayOut(t *testing.T) {
	for _, text := range []string{
		"could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network", // 20.10
		"all predefined address pools have been fully subnetted",                                                     // 25
	} {
		engine := newBridgeEngine()
		engine.refuse = errors.New(text)
		_, err := EnsureNetwork(t.Context(), engine, "default")
		want := "creating the network podsim_default: " + text + "; remove networks that nothing uses (docker network prune), " +
			"have the pod join one that is there (podsim up --network), or give the engine more addresses (default-address-pools in its daemon.json)"
		if err == nil || err.Error() != want {
			t.Errorf("got %v", err)
		}
	}
}

func TestANetworkGoesWithItsLastContainer(t *testing.T) {
	engine := newBridgeEngine()
	networks := NewNetworks(engine)
	id := ""
	err := networks.Use(t.Context(), "default", func(bridge Bridge) error {
		id = bridge.ID
		if err := networks.RemoveIfUnused(t.Context(), "default"); err != nil {
			t.Error(err)
		}
		if len(engine.networks) != 1 {
			t.Error("the network was removed while a container was being created")
		}
		engine.attached[id]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := networks.RemoveIfUnused(t.Context(), "default"); err != nil || len(engine.networks) != 1 {
		t.Errorf("%d networks with a container in it, error %v", len(engine.networks), err)
	}
	engine.attached[id]--
	if err := networks.RemoveIfUnused(t.Context(), "default"); err != nil || len(engine.networks) != 0 {
		t.Errorf("%d networks without a container, error %v", len(engine.networks), err)
	}
}
