package runtime

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/runtime/controllers"
	"github.com/podsim/podsim/runtime/endpoint"
	"github.com/podsim/podsim/runtime/engine"
	"github.com/podsim/podsim/runtime/kubeapi"
	"github.com/podsim/podsim/runtime/pause"
)

// Run adopts the pods that it finds on the engine, serves the API on the listener and runs pods until the context ends or the node has
// been idle for the time of its options. Pods that still exist then are left as they are, for the next node. It closes the listener.
func (n *Node) Run(ctx context.Context, listener net.Listener) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer listener.Close() // if it was not served
	if err := n.loadKept(); err != nil {
		return err
	}
	port, err := n.openPort()
	if err != nil {
		return err
	}
	if port != nil {
		defer port.Listener.Close()
	}
	var rootCA []byte
	if n.options.ClusterAPI {
		if _, rootCA, err = n.api.open(); err != nil {
			return err
		}
	}
	api := kubeapi.New(kubeapi.Config{
		Store: n.store, Node: n, Tokens: n.objects(), RootCA: rootCA, RBAC: n.rbac.Load, Clock: clock.RealClock{}, Saved: n.saved,
		FeatureGates: n.options.FeatureGates, Log: n.log,
	})
	n.api.begin(ctx, api, n.objects(), n.log)
	defer n.api.end()
	manager, err := controllers.New(controllers.Config{Store: n.store, API: kubeapi.ForAdmin(api), Recorder: n.recorder, Saved: n.saved, Log: n.log})
	if err != nil {
		return err
	}
	facts, err := engine.ReadFacts(ctx, n.engine)
	if err != nil {
		return err
	}
	n.facts = facts
	if _, err := n.store.Nodes.Create(nodeObject(facts, n.tokens.nodeUID, metav1.Now().Rfc3339Copy())); err != nil {
		return err
	}
	if n.options.Network != "" {
		if _, err := network.FindNetwork(ctx, n.engine, n.options.Network); err != nil {
			return fmt.Errorf("joining the network %s: %w", n.options.Network, err)
		}
	}
	n.mu.Lock()
	n.ctx = ctx
	n.mu.Unlock()

	watching := make(chan struct{})
	n.wg.Go(func() { n.watchEngine(ctx, watching) })
	n.watchObjects(ctx)
	<-watching
	whole, err := n.adopt(ctx)
	if err != nil {
		stop()
		n.wg.Wait()
		return err
	}
	endKeeping := n.keep(whole)
	n.watchServices(ctx)
	n.watchClaims(ctx)
	n.wg.Go(func() { api.Run(ctx) })
	if whole { // else what could not be taken over would be made anew beside it, and what it owns thrown away
		n.wg.Go(func() { manager.Run(ctx) })
	} else {
		n.log.Error("no controller runs, for a pod could not be taken over; the next node tries again")
	}
	n.wg.Go(func() { n.keepLease(ctx) })
	close(n.ready)
	err = n.serve(ctx, stop, listener, port, api)
	n.wg.Wait()
	return errors.Join(err, endKeeping())
}

// serve answers requests on the socket, and on the port if there is one or a client wants one, until the context ends; it calls stop
// when the node has been idle for long enough.
func (n *Node) serve(ctx context.Context, stop context.CancelFunc, socket net.Listener, port *endpoint.Port, handler http.Handler) error {
	idle := newIdleTimer(n.options.IdleTimeout, n.Idle, stop)
	defer idle.close()
	s := &servers{context: ctx, stateDir: n.options.StateDir, api: idle.count(handler), log: n.log, failed: make(chan error, 1)}
	if n.options.ClusterAPI { // else no account is meant to do anything with the API
		s.tokens = n.objects()
	}
	defer s.shutdown()
	if port != nil {
		s.serveOn(port)
	}
	own := endpoint.WithIdentity(endpoint.WithAccess(kubeapi.ForAdmin(handler), s.access), n.options.Identity, stop)
	s.serve(&http.Server{Handler: idle.count(own)}, func(server *http.Server) error { return server.Serve(socket) })
	select {
	case err := <-s.failed:
		stop()
		return fmt.Errorf("serving the API: %w", err)
	case <-ctx.Done():
		return nil
	}
}

// watchEngine hands the engine's news to the workers until the context ends. It closes watching as soon as it listens; when the
// stream breaks, it opens it again and has everything looked at.
func (n *Node) watchEngine(ctx context.Context, watching chan struct{}) {
	own := filters.NewArgs(filters.Arg("type", "container"), filters.Arg("label", network.LabelNode+"="+n.options.ID))
	for first := true; ctx.Err() == nil; first = false {
		messages, errs := n.engine.Events(ctx, events.ListOptions{Filters: own})
		if first {
			close(watching)
		} else {
			n.eachWorker(func(w *worker) { w.inbox.relist() })
		}
		if err := n.passOn(ctx, messages, errs); err != nil && ctx.Err() == nil {
			n.log.Warn("the engine's events broke off", "error", err)
			pause.For(ctx, time.Second)
		}
	}
}

// relistInterval is how often everything that runs is looked at although nothing was heard of it: a stream may be dead and not tell.
const relistInterval = time.Minute

// passOn hands on what comes until the stream breaks.
func (n *Node) passOn(ctx context.Context, messages <-chan events.Message, errs <-chan error) error {
	relist := time.NewTicker(relistInterval)
	defer relist.Stop()
	for {
		select {
		case now := <-relist.C:
			n.eachWorker(func(w *worker) { w.inbox.relist() })
			n.expireEvents(now)
		case m := <-messages:
			switch m.Action {
			case events.ActionOOM:
				if n.facts.UnifiedCgroups && m.Actor.Attributes[network.LabelType] == network.TypeContainer {
					n.wg.Go(func() { n.endOutOfMemory(ctx, m.Actor.ID) })
				}
			case events.ActionDie, events.ActionDestroy:
				kind := m.Actor.Attributes[network.LabelType]
				if kind == "" {
					continue // a helper's end changes nothing of its pod
				}
				if kind == network.TypeRouter {
					n.wg.Go(func() { n.router.ended(ctx, m.Actor.ID) })
					continue
				}
				if w := n.worker(types.UID(m.Actor.Attributes[network.LabelPodUID])); w != nil {
					if kind == network.TypeProxy {
						w.proxy.ended(m.Actor.ID)
						continue
					}
					w.inbox.engineChanged(m.Actor.ID)
				}
			}
		case err := <-errs:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (n *Node) eachWorker(do func(*worker)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, w := range n.workers {
		do(w)
	}
}

// idleTimer ends a node that has had neither pods nor requests for a while.
type idleTimer struct {
	after time.Duration
	idle  func() bool
	end   func()

	mu    sync.Mutex
	open  int
	timer *time.Timer // nil if the node never ends by itself, or ends already
}

func newIdleTimer(after time.Duration, idle func() bool, end func()) *idleTimer {
	t := &idleTimer{after: after, idle: idle, end: end}
	if after > 0 {
		t.timer = time.AfterFunc(after, t.check)
	}
	return t
}

// check ends the node if it is idle, else it looks again later.
func (t *idleTimer) check() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer == nil {
		return
	}
	if t.open == 0 && t.idle() {
		t.end()
		return
	}
	t.timer.Reset(t.after)
}

// close stops the timer for good: a request whose connection was taken over may end after the node did.
func (t *idleTimer) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
}

// count keeps the node from ending while a request is open, and restarts the time when one ends.
func (t *idleTimer) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.change(1)
		defer t.change(-1)
		next.ServeHTTP(w, r)
	})
}

func (t *idleTimer) change(by int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open += by
	if t.timer != nil {
		t.timer.Reset(t.after)
	}
}
