package runtime

import (
	"context"
	"maps"
	"slices"
	"sync"

	dockercontainer "github.com/docker/docker/api/types/container"

	"github.com/containerd/errdefs"

	"github.com/podsim/podsim/network"
)

// router lets the pods of several networks reach each other, as pods of different namespaces do in a cluster. As long as there are
// Services and pods on more than one network, a container stands between these.
type router struct {
	node *Node
	// turn holds one token; whoever has it may use what follows and change the container.
	turn  chan struct{}
	users map[string]map[*proxyKeeper]bool // by network
	id    string                           // of the container; "" when none runs
	set   map[string]bool                  // the networks that it is attached to

	mu    sync.Mutex
	links map[string]network.Link
}

func newRouter(n *Node) *router {
	r := &router{node: n, turn: make(chan struct{}, 1), users: map[string]map[*proxyKeeper]bool{}}
	r.turn <- struct{}{}
	return r
}

// linked tells how the networks are linked; empty if there are not several.
func (r *router) linked() map[string]network.Link {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.links
}

// join links the network of a pod with those of the others. It does nothing if that is the case.
func (r *router) join(ctx context.Context, who *proxyKeeper, networkID string) error {
	return r.change(ctx, func() {
		if r.users[networkID] == nil {
			r.users[networkID] = map[*proxyKeeper]bool{}
		}
		r.users[networkID][who] = true
	})
}

// leave takes back join. The router lets go of a network that no pod uses any more, so that it can be removed.
func (r *router) leave(ctx context.Context, who *proxyKeeper, networkID string) error {
	return r.change(ctx, func() {
		delete(r.users[networkID], who)
		if len(r.users[networkID]) == 0 {
			delete(r.users, networkID)
		}
	})
}

// ended reports that the container has ended; it is started again when it is needed next.
func (r *router) ended(ctx context.Context, id string) {
	err := r.change(ctx, func() {
		if r.id == id {
			r.remove(ctx)
		}
	})
	if err != nil && ctx.Err() == nil {
		r.node.log.Warn("linking the namespaces again", "error", err)
	}
}

// change changes the users, and what the container is attached to accordingly.
func (r *router) change(ctx context.Context, users func()) error {
	select {
	case <-r.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { r.turn <- struct{}{} }()
	users()
	wanted := map[string]bool{}
	if len(r.users) > 1 {
		for id := range r.users {
			wanted[id] = true
		}
	}
	if maps.Equal(wanted, r.set) {
		return nil
	}
	return r.attach(ctx, wanted)
}

// attach has the container be on exactly these networks; without any it goes. The caller has the turn.
func (r *router) attach(ctx context.Context, wanted map[string]bool) error {
	if len(wanted) == 0 {
		r.remove(ctx)
		return nil
	}
	e := r.node.engine
	if r.id == "" {
		image, err := network.EnsureAgentImage(ctx, e, r.node.facts.Arch)
		if err != nil {
			return err
		}
		if r.id, err = network.StartRouter(ctx, e, image, r.node.options.ID, slices.Min(slices.Collect(maps.Keys(wanted)))); err != nil {
			return err
		}
	}
	links, err := network.SetLinks(ctx, e, r.id, wanted)
	if errdefs.IsNotFound(err) {
		r.id = ""
	}
	if err != nil {
		r.set = nil // unknown
		return err
	}
	r.set = wanted
	r.tell(links)
	return nil
}

// remove removes the container. The caller has the turn.
func (r *router) remove(ctx context.Context) {
	if r.id != "" {
		r.node.removeRouter(ctx, r.id)
	}
	r.id, r.set = "", nil
	r.tell(nil)
}

func (r *router) tell(links map[string]network.Link) {
	r.mu.Lock()
	r.links = links
	r.mu.Unlock()
	r.node.services.announce()
}

// removeRouter removes a router, one of an earlier node too: what is attached to the networks would keep them from being removed.
func (n *Node) removeRouter(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), engineTimeout)
	defer cancel()
	if err := n.engine.ContainerRemove(ctx, id, dockercontainer.RemoveOptions{Force: true}); err != nil && !errdefs.IsNotFound(err) {
		n.log.Warn("removing the router between namespaces", "id", id, "error", err)
	}
}
