package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	dockercontainer "github.com/docker/docker/api/types/container"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/network/serviceproxy"
)

// proxyRetry is how long after a failure a pod's proxy is told again.
const proxyRetry = 2 * time.Second

// proxyKeeper sees to it that a pod reaches the Services of its node: as long as there are any it has a proxy in the pod's sandbox, which
// it tells what changes. It does so beside the pod's worker, whose passes may take long.
type proxyKeeper struct {
	w *worker
	// turn holds one token; whoever has it may use what follows.
	turn      chan struct{}
	sandboxID string            // "" when there is none to serve
	networkID string            // of the sandbox
	proxyID   string            // "" when none runs
	told      string            // the table that the proxy has; "" if that is not known
	api       *network.Listener // by which the pod's containers reach the API; nil, or ended, when they do not
	failing   bool              // an event tells of it
	news      chan struct{}
	working   interruptible
	lost      chan string
}

func newProxyKeeper(w *worker) *proxyKeeper {
	k := &proxyKeeper{w: w, turn: make(chan struct{}, 1), news: make(chan struct{}, 1), lost: make(chan string, 1)}
	k.turn <- struct{}{}
	return k
}

// adopt takes over the sandbox of an earlier node. It is called before run.
func (k *proxyKeeper) adopt(sandboxID, networkID string) {
	k.sandboxID, k.networkID = sandboxID, networkID
}

// join serves a new sandbox from now on. It returns when the pod reaches the Services that are there, or when that failed: then it is
// tried again while the pod runs on.
func (k *proxyKeeper) join(ctx context.Context, sandboxID, networkID string) {
	if !k.take(ctx) {
		return
	}
	defer k.give()
	k.working.allow()
	k.drop(ctx, true)
	k.sandboxID, k.networkID = sandboxID, networkID
	k.w.node.services.refresh()
	k.update(ctx)
	k.wake()
}

// leave ends the service of the pod's sandbox, and removes the proxy unless the caller does.
func (k *proxyKeeper) leave(ctx context.Context, remove bool) {
	k.working.interrupt() // nobody waits for an engine that hangs
	if !k.take(ctx) {
		return
	}
	defer k.give()
	k.drop(ctx, remove)
}

// drop does the work of leave for a caller that has the turn.
func (k *proxyKeeper) drop(ctx context.Context, remove bool) {
	if remove && k.proxyID != "" {
		k.w.discard(k.proxyID)
	}
	if err := k.w.node.router.leave(ctx, k, k.networkID); err != nil && ctx.Err() == nil {
		k.w.log.Warn("leaving the other namespaces", "error", err)
	}
	if k.api != nil {
		k.api.Close()
	}
	k.sandboxID, k.networkID, k.proxyID, k.told, k.api = "", "", "", "", nil
}

// ended reports that a proxy of the pod has ended.
func (k *proxyKeeper) ended(id string) {
	select {
	case k.lost <- id:
	default:
	}
}

func (k *proxyKeeper) wake() {
	select {
	case k.news <- struct{}{}:
	default:
	}
}

func (k *proxyKeeper) take(ctx context.Context) bool {
	select {
	case <-k.turn:
		return true
	case <-ctx.Done():
		return false
	}
}

func (k *proxyKeeper) give() { k.turn <- struct{}{} }

// run follows the changes until the context ends. What an earlier node left is told only when this one knows all pods.
func (k *proxyKeeper) run(ctx context.Context) {
	select {
	case <-k.w.node.ready:
	case <-ctx.Done():
		return
	}
	for ctx.Err() == nil {
		changed, again := k.step(ctx)
		var alarm <-chan time.Time
		if again {
			alarm = time.After(proxyRetry)
		}
		select {
		case <-changed:
		case <-alarm:
		case <-k.news:
		case id := <-k.lost:
			k.forget(ctx, id)
		case <-ctx.Done():
		}
	}
}

// step brings the proxy up to date. It returns what tells of the next change, and whether to try again without one.
func (k *proxyKeeper) step(ctx context.Context) (changed <-chan struct{}, again bool) {
	if !k.take(ctx) {
		return nil, false
	}
	defer k.give()
	return k.update(ctx)
}

// forget drops a proxy that has ended, unless another took its place.
func (k *proxyKeeper) forget(ctx context.Context, id string) {
	if !k.take(ctx) {
		return
	}
	defer k.give()
	if k.proxyID == id {
		k.w.discard(id)
		k.proxyID, k.told = "", ""
	}
}

// update does the work of step for a caller that has the turn.
func (k *proxyKeeper) update(ctx context.Context) (changed <-chan struct{}, again bool) {
	pod, ok := k.w.pod()
	if !ok {
		return nil, false
	}
	table, changed := k.table(pod)
	if k.sandboxID == "" || table == nil && k.proxyID == "" && !k.w.clusterAPI {
		return changed, false
	}
	ctx, cancel := context.WithTimeout(k.working.begin(ctx), engineTimeout)
	defer cancel()
	listening := k.listen(ctx)
	var err error
	if table, _ = k.table(pod); table != nil || k.proxyID != "" { // it may lead to the API now
		err = k.bring(ctx, pod, table)
	}
	if err = errors.Join(listening, err); err == nil {
		k.failing = false
		return changed, false
	}
	if ctx.Err() != context.Canceled {
		k.w.log.Warn("serving Services", "error", err)
		if !k.failing {
			k.failing = true
			k.w.node.recorder.Pod(pod, corev1.EventTypeWarning, "FailedServiceProxy", "Services cannot be reached from this pod: %s", engineText(err))
		}
	}
	return changed, true
}

// table is what the pod's proxy is to know now; nil if the pod needs none.
func (k *proxyKeeper) table(pod *corev1.Pod) (*serviceproxy.Table, <-chan struct{}) {
	return k.w.node.services.of(pod, k.networkID, k.w.node.router.linked(), k.apiAddress())
}

// bring has the pod's proxy know the table. A pod that has none any more gets rid of the proxy, and of what that did.
func (k *proxyKeeper) bring(ctx context.Context, pod *corev1.Pod, table *serviceproxy.Table) error {
	e := k.w.node.engine
	if table == nil {
		if err := network.TellProxy(ctx, e, k.proxyID, serviceproxy.Table{}); err != nil {
			return err
		}
		k.w.discard(k.proxyID)
		k.proxyID, k.told = "", ""
		return k.w.node.router.leave(ctx, k, k.networkID)
	}
	if err := k.w.node.router.join(ctx, k, k.networkID); err != nil {
		return err
	}
	table, _ = k.table(pod) // with the routes there are now
	content, err := json.Marshal(table)
	if err != nil || table == nil || string(content) == k.told {
		return err
	}
	if k.proxyID == "" {
		image, err := network.EnsureAgentImage(ctx, e, k.w.node.facts.Arch)
		if err != nil {
			return err
		}
		if k.proxyID, err = network.StartProxy(ctx, e, image, k.w.node.options.ID, pod, k.sandboxID); err != nil {
			return err
		}
	}
	if err := network.TellProxy(ctx, e, k.proxyID, *table); err != nil {
		return err
	}
	k.told = string(content)
	return nil
}

// interruptible is work that another goroutine can end, and keep from beginning again.
type interruptible struct {
	mu          sync.Mutex
	cancel      context.CancelFunc
	interrupted bool
}

// begin returns the context of a piece of work, which has ended already while the work is not allowed.
func (i *interruptible) begin(ctx context.Context) context.Context {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.cancel != nil {
		i.cancel() // the piece before has ended
	}
	ctx, i.cancel = context.WithCancel(ctx)
	if i.interrupted {
		i.cancel()
	}
	return ctx
}

// interrupt ends the work until it is allowed again.
func (i *interruptible) interrupt() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.interrupted = true
	if i.cancel != nil {
		i.cancel()
	}
}

func (i *interruptible) allow() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.interrupted = false
}

// networkOfSandbox is the engine's id of the network that a sandbox is on; empty for the machine's.
func networkOfSandbox(sandbox dockercontainer.InspectResponse) string {
	for _, endpoint := range sandbox.NetworkSettings.Networks {
		return endpoint.NetworkID
	}
	return ""
}
