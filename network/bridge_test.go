package network

import (
	"context"
	"errors"
	"fmt"
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
	attached map[string]int
	// meanwhile is called before a network is created, without the lock.
	meanwhile func()
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

func (e *bridgeEngine) NetworkCreate(_ context.Context, name string, options network.CreateOptions) (network.CreateResponse, error) {
	if e.meanwhile != nil {
		e.meanwhile()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.made++
	id := fmt.Sprintf("id%d", e.made)
	e.networks[id] = network.Summary{
		ID: id, Name: name, Labels: options.Labels, Created: time.Unix(int64(e.made), 0),
		IPAM: network.IPAM{Config: []network.IPAMConfig{{Gateway: "172.18.0.1"}}},
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
	return make([]container.Summary, e.attached[options.Filters.Get("network")[0]]), nil
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
