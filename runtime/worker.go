package runtime

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/containerd/errdefs"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/plan"
	"github.com/podsim/podsim/runtime/state"
	"github.com/podsim/podsim/runtime/status"
	"github.com/podsim/podsim/runtime/store"
)

// worker owns one pod: its goroutine alone reads and writes the pod's state and makes its passes, strictly one after another (S0.1).
type worker struct {
	node  *Node
	key   types.NamespacedName
	uid   types.UID
	log   *slog.Logger
	inbox *inbox
	// seen is when this node first saw the pod.
	seen  time.Time
	state state.Pod
	saver *saver
	// maxBackOff caps the crash back-off (S5.10); 0 means the default.
	maxBackOff time.Duration
	// network names the network that the pod joins; empty means that of its namespace.
	network string
	// clusterAPI: the pod's containers reach the node's API.
	clusterAPI bool
	// sandboxRetry is when a sandbox that the engine refused is asked for again (S5.14).
	sandboxRetry time.Time
	// admitted: the node has taken the pod, so that its host ports are in use.
	admitted atomic.Bool

	// killed is closed by a deletion without grace: it interrupts whatever pass is under way.
	killed   chan struct{}
	killOnce sync.Once

	volumes  podVolumes
	hosts    filledHosts
	prepared map[string]*prepared
	ahead    map[string]*pullAhead // by image string of the spec
	// held are the keepers of sub paths of the container that is being started.
	held   []string
	probes *probes
	proxy  *proxyKeeper
	faults *faultKeeper
	dial   atomic.Pointer[network.Dial] // into the pod's newest sandbox; nil before the first
	inside atomic.Pointer[network.Dial] // from within it
	// stopping is the grace period of the pod's end, once that has begun; a stop that fails and is tried again goes on in it.
	stopping *gracePeriod
	// failure is why the node ends the pod, once that has begun; nil before.
	failure *status.Failure
	disk    diskWatch
	// deferred: the node has not granted what the pod's spec asks for (S13.31).
	deferred atomic.Bool
	// evicted is why the pod has to go because of what it takes of the disk; nil as long as it may stay.
	evicted atomic.Pointer[string]
	// endings are the stops of running instances that have begun, by engine id.
	endings map[string]*ending
	// ctx is the worker's own: what outlives a pass, such as probes and preStop hooks, ends with it.
	ctx context.Context
	// background are the goroutines that the worker waits for before it ends.
	background sync.WaitGroup
}

func newWorker(n *Node, pod *corev1.Pod) *worker {
	key := store.KeyOf(pod)
	log := n.log.With("pod", key.String(), "uid", pod.UID)
	w := &worker{
		node:       n,
		key:        key,
		uid:        pod.UID,
		log:        log,
		seen:       time.Now(),
		inbox:      newInbox(),
		saver:      newSaver(n, log),
		maxBackOff: n.options.MaxRestartBackoff,
		network:    n.networkOf(pod),
		clusterAPI: n.options.ClusterAPI && !pod.Spec.HostNetwork,
		killed:     make(chan struct{}),
		prepared:   map[string]*prepared{},
		ahead:      map[string]*pullAhead{},
		probes:     newProbes(),
		endings:    map[string]*ending{},
	}
	w.proxy = newProxyKeeper(w)
	w.faults = newFaultKeeper(w)
	w.saver.faults, w.saver.waiting = w.faults.list, newWaitingFile(w)
	return w
}

// deleted tells the worker that its pod's deletion was asked for, or hastened.
func (w *worker) deleted(pod *corev1.Pod) {
	if *pod.DeletionGracePeriodSeconds == 0 {
		w.killOnce.Do(func() { close(w.killed) })
	}
	w.inbox.nudge()
}

// run makes passes until the pod is gone, or until the context ends: then it leaves the pod as it is, for the next node to adopt.
func (w *worker) run(ctx context.Context) {
	ctx, stop := context.WithCancel(ctx)
	defer w.background.Wait()
	defer stop()
	w.ctx = ctx
	w.background.Go(func() { w.saver.run(ctx) })
	w.background.Go(func() { w.proxy.run(ctx) })
	for ctx.Err() == nil {
		w.receive(ctx)
		pod, ok := w.pod()
		if !ok {
			return
		}
		var next time.Time // zero: when something happens
		switch {
		case pod.DeletionTimestamp != nil:
			if w.terminate(ctx, pod) {
				return
			}
			next = time.Now().Add(removeRetry)
		case !status.Terminal(pod.Status.Phase):
			next = w.pass(ctx)
		}
		w.sleep(ctx, next)
	}
}

// pod is the pod as the store has it, false when it is gone or another of that name took its place.
func (w *worker) pod() (*corev1.Pod, bool) {
	pod, err := w.node.store.Pods.Get(w.key)
	if err != nil || pod.UID != w.uid {
		return nil, false
	}
	return pod, true
}

// sleep waits for mail, for the time to come, or for the end of the context. The zero time never comes.
func (w *worker) sleep(ctx context.Context, until time.Time) {
	var alarm <-chan time.Time
	if !until.IsZero() {
		timer := time.NewTimer(time.Until(until))
		defer timer.Stop()
		alarm = timer.C
	}
	select {
	case <-ctx.Done():
	case <-w.inbox.wake:
	case <-alarm:
	}
}

// receive brings the state up to date with what the inbox tells of.
func (w *worker) receive(ctx context.Context) {
	m := w.inbox.take()
	if m.relist {
		w.relist(ctx)
	}
	for id := range m.engine {
		w.refresh(ctx, id)
	}
}

// relist looks at everything of the pod that the worker believes to be running.
func (w *worker) relist(ctx context.Context) {
	if w.state.SandboxReady() {
		w.refresh(ctx, w.state.Sandbox.ID)
	}
	for _, c := range w.state.Containers {
		if c.Running() {
			w.refresh(ctx, c.Current.ID)
		}
	}
}

// refresh asks the engine for one container of the pod and notes what changed.
func (w *worker) refresh(ctx context.Context, id string) {
	if sandbox := w.state.Sandbox; sandbox != nil && sandbox.ID == id {
		w.refreshSandbox(ctx)
		return
	}
	for name, c := range w.state.Containers {
		if c.Running() && c.Current.ID == id {
			seen, err := w.node.inspect(ctx, id)
			if err != nil {
				w.log.Warn("looking at an instance", "container", name, "error", err)
				w.lookAgain(id)
				return
			}
			w.noteEnd(ctx, name, seen)
			return
		}
	}
}

// noteEnd takes over what the engine tells of a container's running instance; nil means that it vanished (S3.55).
func (w *worker) noteEnd(ctx context.Context, name string, seen *state.Instance) {
	c := w.state.Containers[name]
	if seen == nil {
		gone := *c.Current
		gone.Phase, gone.FinishedAt, gone.ExitCode = state.Exited, time.Now(), 137
		gone.Reason = plan.ReasonContainerUnknown
		gone.Message = "The container could not be located when the pod was deleted.  The container used to be Running"
		seen = &gone
	} else if pod, ok := w.pod(); ok && seen.Phase == state.Exited {
		w.readMessage(ctx, pod, name, seen)
	}
	if seen.Phase == state.Exited {
		w.ended(c.Current.ID)
		if pod, ok := w.pod(); ok {
			w.faults.ended(pod, c.Current.ID)
		}
		seen.ImageID = c.Current.ImageID
		seen.Image = c.Current.Image
		c.Current = seen
		c.Unprobed()
	}
}

// refreshSandbox asks the engine for the sandbox; one that does not run is lost (S4.50).
func (w *worker) refreshSandbox(ctx context.Context) {
	c, err := w.node.engine.ContainerInspect(ctx, w.state.Sandbox.ID)
	switch {
	case errdefs.IsNotFound(err) || err == nil && !c.State.Running:
		w.state.Sandbox.Ready = false
	case err != nil:
		w.log.Warn("looking at the sandbox", "error", err)
		w.lookAgain(w.state.Sandbox.ID)
	}
}

// relookInterval is how long after a failed look at a container of the engine the next one comes.
const relookInterval = time.Second

// lookAgain has a container of the engine looked at a little later.
func (w *worker) lookAgain(id string) {
	time.AfterFunc(relookInterval, func() { w.inbox.engineChanged(id) })
}

// publish writes the pod's status into the store and returns the pod as it is then.
func (w *worker) publish(in status.Input) *corev1.Pod {
	in.State, in.Now, in.RecursiveReadOnly = &w.state, time.Now(), w.node.facts.RecursiveReadOnly()
	pod, err := w.node.store.Pods.Update(w.key, func(pod *corev1.Pod) error {
		w.heedProbes() // while the store is locked, so that none comes between
		in.Pod = pod
		pod.Status = status.Generate(in)
		return nil
	})
	if err != nil {
		w.log.Error("publishing the status", "error", err)
		return in.Pod
	}
	w.saver.save(pod, w.attempts(pod))
	w.hastenReadiness(pod)
	return pod
}

// publishForGood publishes a status that must never be taken back (S3.11): it is saved before anybody can see it.
func (w *worker) publishForGood(ctx context.Context, in status.Input) {
	pod, ok := w.pod()
	if !ok {
		return
	}
	ended := pod.DeepCopy()
	in.Pod, in.State, in.Now, in.RecursiveReadOnly = ended, &w.state, time.Now(), w.node.facts.RecursiveReadOnly()
	ended.Status = status.Generate(in)
	w.saver.save(ended, w.attempts(pod))
	_ = w.node.insist(ctx, "saving a pod's end", func() error { return w.saver.flush(ctx) })
	if ctx.Err() != nil {
		return
	}
	w.publish(in) // also if it cannot be saved: what cannot save the pod will most likely not find it again either
}

// attempts are the numbers of the containers' next attempts.
func (w *worker) attempts(pod *corev1.Pod) map[string]int {
	all := map[string]int{}
	for c := range podspec.Containers(pod) {
		all[c.Name] = w.state.Containers[c.Name].NextAttempt()
	}
	return all
}

// facts are what a container can learn about where it runs. The context is that of the engine's calls when a file is asked for.
func (w *worker) facts(ctx context.Context, pod *corev1.Pod) (podspec.NodeFacts, error) {
	allocatable, err := w.node.allocatable(ctx, pod)
	if err != nil {
		return podspec.NodeFacts{}, err
	}
	services, _ := w.node.store.Services.List("")
	f := podspec.NodeFacts{
		Name: NodeName, Allocatable: allocatable, Services: services,
		EnvFile: func(volume, path string) ([]byte, error) { return w.volumeFile(ctx, volume, path) },
	}
	if s := w.state.Sandbox; s != nil {
		f.HostIPs, f.PodIPs = s.HostIPs, s.IPs
	}
	return f, nil
}
