package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	dockercontainer "github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/volume"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/engine"
	"github.com/podsim/podsim/runtime/kubeapi"
	"github.com/podsim/podsim/runtime/pause"
	"github.com/podsim/podsim/runtime/state"
	"github.com/podsim/podsim/runtime/status"
	"github.com/podsim/podsim/runtime/store"
	"github.com/podsim/podsim/volumes"
)

// adopt takes over what an earlier node with this identity left on the engine (D3), and in the state directory of pods that have nothing
// there yet: pods that can be recognised get their worker back, whatever is left of pods that cannot is removed. It is whole when all that
// these have is known now.
func (n *Node) adopt(ctx context.Context) (whole bool, err error) {
	found, err := n.findPods(ctx)
	if err != nil {
		return false, err
	}
	unknown := map[types.UID]bool{}
	for uid, containers := range found {
		if err := n.adoptPod(ctx, uid, containers); err != nil { // it is left as it is; the other pods need their node
			n.log.Error("taking over a pod", "uid", uid, "error", err)
			unknown[uid] = true
		}
	}
	whole = len(unknown) == 0
	waiting, err := n.adoptWaiting(unknown)
	if err != nil {
		n.log.Error("taking over pods that wait", "error", err)
		whole = false
	}
	if err := n.insist(ctx, "removing unused networks", func() error { return n.removeUnusedNetworks(ctx) }); err != nil {
		n.log.Warn("removing networks without pods", "error", err)
	}
	if err := n.adoptClaims(ctx, n.forgetLostClaims); err != nil {
		return whole, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, w := range waiting { // only now: they make volumes, perhaps of claims
		n.startWorker(w)
	}
	return whole, nil
}

// errNoPod says that what is left of a pod is not enough to go on with it: its set-up was never completed.
var errNoPod = errors.New("not enough of the pod is left to go on with it")

// adoptPod gives one pod its worker back, or removes what is left of it when that is no pod: a pod is never removed because it could
// not be looked at.
func (n *Node) adoptPod(ctx context.Context, uid types.UID, containers []dockercontainer.Summary) error {
	var w *worker
	err := n.insist(ctx, "taking over a pod", func() (err error) {
		w, err = n.recognise(ctx, uid, containers)
		if errors.Is(err, errNoPod) {
			n.log.Info("removing what is left of a pod", "uid", uid, "reason", err)
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	if w == nil {
		return n.insist(ctx, "removing what is left of a pod", func() error { return n.removeLeftovers(ctx, uid) })
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.startWorker(w)
	return nil
}

// insist does what may fail with the engine a few times, until it succeeds.
func (n *Node) insist(ctx context.Context, what string, do func() error) error {
	const tries = 3
	for try := 1; ; try++ {
		err := do()
		if err == nil || try == tries || ctx.Err() != nil {
			return err
		}
		n.log.Warn(what, "error", err)
		pause.For(ctx, relookInterval)
	}
}

// findPods lists this node's containers by pod. A pod of which only volumes are left has an empty list.
func (n *Node) findPods(ctx context.Context) (map[types.UID][]dockercontainer.Summary, error) {
	own := filters.NewArgs(filters.Arg("label", network.LabelNode+"="+n.options.ID))
	containers, err := n.engine.ContainerList(ctx, dockercontainer.ListOptions{All: true, Filters: own})
	if err != nil {
		return nil, fmt.Errorf("looking for pods to adopt: %w", err)
	}
	kept, err := n.engine.VolumeList(ctx, volume.ListOptions{Filters: own})
	if err != nil {
		return nil, fmt.Errorf("looking for pods to adopt: %w", err)
	}
	found := map[types.UID][]dockercontainer.Summary{}
	for _, c := range containers {
		if c.Labels[network.LabelType] == network.TypeRouter { // this node makes its own as soon as it knows its pods
			n.removeRouter(ctx, c.ID)
			continue
		}
		uid := types.UID(c.Labels[network.LabelPodUID])
		found[uid] = append(found[uid], c)
	}
	for _, v := range kept.Volumes {
		if uid := types.UID(v.Labels[network.LabelPodUID]); uid != "" && found[uid] == nil {
			found[uid] = []dockercontainer.Summary{}
		}
	}
	return found, nil
}

// recognise reads a pod back from its newest sandbox and builds its worker. The error is errNoPod, wrapped, when there is no pod to
// read.
func (n *Node) recognise(ctx context.Context, uid types.UID, containers []dockercontainer.Summary) (*worker, error) {
	sandbox, err := newestSandbox(containers)
	if err != nil {
		return nil, err
	}
	files, err := getFiles(ctx, n.engine, sandbox.ID, network.MetaDir)
	if err != nil {
		return nil, fmt.Errorf("reading its records: %w", err)
	}
	saved, err := newestPodRecord(uid, files)
	if err != nil {
		return nil, err
	}
	if beside, ok := n.recordBeside(uid); ok && beside.Number > saved.Number { // the sandbox did not become the pod's
		saved = beside
	}
	pod := saved.Pod
	if err := n.adoptRecords(ctx, sandbox, files, saved); err != nil {
		return nil, err
	}
	w := newWorker(n, pod)
	w.saver.number = saved.Number
	if err := w.adoptState(ctx, saved, containers, sandbox, files); err != nil {
		return nil, err
	}
	w.adoptLabels(sandbox.Labels)
	w.saver.waiting.adopt()
	w.saver.reachThrough(sandbox.ID)
	if !status.Terminal(pod.Status.Phase) { // what was saved may be older than what was seen last
		pod.Status = status.Generate(status.Input{Pod: pod, State: &w.state, Now: time.Now(), Stopping: pod.DeletionTimestamp != nil})
	}
	kubeapi.EnsureNamespace(n.store, pod.Namespace)
	if _, err := n.store.Pods.Create(pod); err != nil {
		return nil, err
	}
	w.inbox.relist() // what ended since it was looked at told nobody
	return w, nil
}

func newestSandbox(containers []dockercontainer.Summary) (dockercontainer.Summary, error) {
	sandboxes := slices.DeleteFunc(slices.Clone(containers), func(c dockercontainer.Summary) bool {
		return c.Labels[network.LabelType] != network.TypeSandbox
	})
	if len(sandboxes) == 0 {
		return dockercontainer.Summary{}, fmt.Errorf("%w: it has no sandbox", errNoPod)
	}
	return slices.MaxFunc(sandboxes, func(a, b dockercontainer.Summary) int {
		return engine.Attempt(a.Labels) - engine.Attempt(b.Labels)
	}), nil
}

// adoptRecords puts the pod's events and the objects that it refers to back into the store. Secrets are there only as long as the
// sandbox runs. A record that holds nonsense is left out: the pod waits for the object as if it had never been given.
func (n *Node) adoptRecords(ctx context.Context, sandbox dockercontainer.Summary, files map[string][]byte, saved savedPod) error {
	var secrets map[string][]byte
	if sandbox.State == dockercontainer.StateRunning {
		var err error
		if secrets, err = getFiles(ctx, n.engine, sandbox.ID, network.SecretsDir); err != nil {
			return fmt.Errorf("reading its secrets: %w", err)
		}
	}
	if err := n.putBackRecords(saved, files, secrets); err != nil {
		n.log.Warn("reading the records of a pod's objects", "sandbox", sandbox.ID, "error", err)
	}
	return nil
}

// putBackRecords puts what the records hold into the store, but for the pod. The error tells of those that hold nonsense.
func (n *Node) putBackRecords(saved savedPod, files, secrets map[string][]byte) error {
	var failures []error
	for _, e := range saved.Events {
		failures = append(failures, createAgain(n.store.Events, e))
	}
	failures = append(failures,
		adoptObjects(n, saved, files, configMapRecord, n.store.ConfigMaps),
		adoptObjects(n, saved, files, claimRecord, n.store.Claims),
		n.adoptServices(saved.Pod.Namespace, files[servicesRecord]),
		n.adoptTrustBundles(files[trustBundlesRecord]),
		adoptObjects(n, saved, secrets, secretRecord, n.store.Secrets))
	return errors.Join(failures...)
}

// adoptObjects stores the objects of those records of a pod that begin with the prefix, unless newer ones are there.
func adoptObjects[T store.Object[T]](n *Node, saved savedPod, files map[string][]byte, prefix string, into *store.Collection[T]) error {
	var failures []error
	for name, content := range files {
		if !strings.HasPrefix(name, prefix) || saved.Objects != nil && !slices.Contains(saved.Objects, name) {
			continue
		}
		var object T
		if err := json.Unmarshal(content, &object); err != nil {
			failures = append(failures, fmt.Errorf("reading %s: %w", name, err))
			continue
		}
		putBack(n, into, object)
	}
	return errors.Join(failures...)
}

// createAgain stores an adopted object; one that another pod's records brought already is left as it is.
func createAgain[T store.Object[T]](into *store.Collection[T], object T) error {
	object.SetResourceVersion("")
	if _, err := into.Create(object); err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	return nil
}

// adoptState rebuilds the worker's state from the engine. Instances that were created ahead, and old sandboxes, are removed.
func (w *worker) adoptState(ctx context.Context, saved savedPod, containers []dockercontainer.Summary, sandbox dockercontainer.Summary, files map[string][]byte) error {
	pod := saved.Pod
	for _, c := range containers {
		switch kind := c.Labels[network.LabelType]; {
		case kind == network.TypeProxy && c.Labels[network.LabelSandbox] == sandbox.ID && c.State == dockercontainer.StateRunning:
			w.proxy.proxyID = c.ID // nobody else knows the worker yet
			continue
		case kind != network.TypeContainer:
			if c.ID != sandbox.ID {
				w.discard(c.ID)
			}
			continue
		}
		seen, err := w.node.inspect(ctx, c.ID)
		switch {
		case err != nil:
			return err
		case seen == nil:
		case seen.Phase == state.Created && seen.Attempt == 0:
			w.discard(c.ID) // created ahead
		default:
			w.adoptInstance(pod, c.Labels[network.LabelContainerName], seen)
		}
	}
	w.recall(saved)
	w.faults.adopt(saved.Faults, func(instance string) bool {
		for _, c := range w.state.Containers {
			if c.Running() && c.Current.ID == instance {
				return true
			}
		}
		return false
	})
	if err := w.adoptSandbox(ctx, pod, sandbox.ID, string(files[filledFile]) == sandbox.ID); err != nil {
		return err
	}
	w.recallMessages(ctx, pod)
	return nil
}

// recallMessages reads again what the instances that have ended had left to say.
func (w *worker) recallMessages(ctx context.Context, pod *corev1.Pod) {
	for name, c := range w.state.Containers {
		for _, i := range []*state.Instance{c.Current, c.Previous} {
			if i != nil && i.Phase == state.Exited {
				w.readMessage(ctx, pod, name, i)
			}
		}
	}
}

// recall takes over from the record what the instances do not tell: how often they were started, and what their probes came to.
func (w *worker) recall(saved savedPod) {
	for name, next := range saved.Attempts {
		w.state.Container(name).Spent = next
	}
	pod := saved.Pod
	for _, shown := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses, pod.Status.EphemeralContainerStatuses) {
		c := w.state.Container(shown.Name)
		if c.Current != nil && instanceID(shown.ContainerID) == c.Current.ID {
			w.recallProbes(shown.Name, c.Current.ID, shown.Started != nil && *shown.Started, shown.Ready)
		}
	}
	w.recallResources(pod)
	w.heedProbes()
}

// adoptInstance sorts an instance into the two that are kept of each container, and removes what is neither.
func (w *worker) adoptInstance(pod *corev1.Pod, name string, i *state.Instance) {
	c := w.state.Container(name)
	if spec, _ := podspec.FindContainer(pod, name); spec != nil && i.Image == "" { // an older podsim did not note it
		i.Image = spec.Image
	}
	if s := status.Container(pod, name); s != nil && instanceID(s.ContainerID) == i.ID {
		i.ImageID = s.ImageID
	}
	if c.Current == nil || i.Attempt > c.Current.Attempt {
		i, c.Current = c.Current, i
	}
	if i != nil && i.Phase != state.Created && (c.Previous == nil || i.Attempt > c.Previous.Attempt) { // else none to look back at
		i, c.Previous = c.Previous, i
	}
	if i != nil {
		w.discard(i.ID)
	}
}

// adoptSandbox takes the sandbox over; one that was never filled, or does not run, counts as lost (S4.50).
func (w *worker) adoptSandbox(ctx context.Context, pod *corev1.Pod, id string, filled bool) error {
	c, err := w.node.engine.ContainerInspect(ctx, id)
	if errdefs.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	w.state.Sandbox = &state.Sandbox{ID: id, Attempt: engine.Attempt(c.Config.Labels)}
	w.state.Sandbox.IPs, w.state.Sandbox.HostIPs = w.node.addresses(ctx, pod, c)
	w.dialInto(w.state.Sandbox)
	layout, err := w.planVolumes(ctx, pod)
	if layout == nil {
		return err
	}
	if err != nil { // what volumes show may be gone since they were filled
		w.log.Warn("planning the pod's volumes again", "error", err)
	}
	w.volumes.plan, w.volumes.mountpoints = layout, volumes.Mountpoints(c.Mounts)
	w.state.Sandbox.Ready = c.State.Running && filled
	w.faults.sandbox = faultySandbox{layout: layout, filled: true}
	if w.state.Sandbox.Ready {
		w.faults.sandbox.id = id
		w.proxy.adopt(id, networkOfSandbox(c))
	} else {
		w.proxy.leave(ctx, true)
	}
	return nil
}
