package network

import "context"

// Networks are the networks of one engine as one process uses them. It creates each of them once, however many pods
// start at the same time, and never removes one between a pod's request for it and the creation of the pod's sandbox.
type Networks struct {
	engine BridgeEngine
	turn   chan struct{}  // holds one token; whoever has it may look at users and change networks
	users  map[string]int // calls of Use in progress, by namespace
}

// NewNetworks returns the networks of an engine.
func NewNetworks(engine BridgeEngine) *Networks {
	n := &Networks{engine: engine, turn: make(chan struct{}, 1), users: map[string]int{}}
	n.turn <- struct{}{}
	return n
}

// Use makes sure that the network of a namespace exists and calls create, which creates a container in it. The network
// stays at least until create has returned. It returns the error of either.
func (n *Networks) Use(ctx context.Context, namespace string, create func(Bridge) error) error {
	bridge, err := n.enter(ctx, namespace)
	if err != nil {
		return err
	}
	defer n.leave(namespace)
	return create(bridge)
}

func (n *Networks) enter(ctx context.Context, namespace string) (Bridge, error) {
	select {
	case <-ctx.Done():
		return Bridge{}, ctx.Err()
	case <-n.turn:
	}
	defer func() { n.turn <- struct{}{} }()
	bridge, err := EnsureNetwork(ctx, n.engine, namespace)
	if err == nil {
		n.users[namespace]++
	}
	return bridge, err
}

func (n *Networks) leave(namespace string) {
	<-n.turn
	n.users[namespace]--
	if n.users[namespace] == 0 {
		delete(n.users, namespace)
	}
	n.turn <- struct{}{}
}

// RemoveIfUnused removes the network of a namespace unless it has a container or is about to get one.
func (n *Networks) RemoveIfUnused(ctx context.Context, namespace string) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-n.turn:
	}
	defer func() { n.turn <- struct{}{} }()
	if n.users[namespace] > 0 {
		return nil
	}
	return RemoveNetworkIfUnused(ctx, n.engine, namespace)
}
