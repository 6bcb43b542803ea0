package runtime

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/containerd/errdefs"
	dockercontainer "github.com/docker/docker/api/types/container"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/engine"
	"github.com/podsim/podsim/runtime/plan"
	"github.com/podsim/podsim/runtime/state"
	"github.com/podsim/podsim/volumes"
)

// podVolumes is what the worker knows of its pod's volumes; plan is nil until a sandbox was made or adopted.
type podVolumes struct {
	plan        *volumes.Plan
	mountpoints map[string]string
	failures    int  // failed set-ups in a row
	begun       bool // to be filled
	updates     volumeUpdates
	images      imageVolumes
}

// replaceSandbox makes the pod's sandbox: the first one, or a new one in place of a lost one, after everything of that was stopped
// (S4.51). It returns when to try again if that fails, else now.
func (w *worker) replaceSandbox(ctx context.Context, pod *corev1.Pod) time.Time {
	if time.Now().Before(w.sandboxRetry) { // no news makes the engine do what it refused; that the failed sandbox ended is some
		return w.sandboxRetry
	}
	if w.state.Sandbox != nil {
		w.node.recorder.Pod(pod, corev1.EventTypeNormal, "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.")
		w.discardPrepared(ctx)
		if err := w.stopAll(ctx, pod, gracePeriodOf(pod)); err != nil {
			w.killFailed(pod, err)
			return time.Now().Add(removeRetry)
		}
		w.forgetInits(pod)
	}
	err := w.makeSandbox(ctx, pod)
	if err == nil {
		w.volumes.failures = 0
		return time.Now()
	}
	if ctx.Err() != nil {
		return time.Time{}
	}
	next := w.sandboxFailed(pod, err)
	if w.state.Sandbox == nil {
		w.saveFirst(ctx) // nothing on the engine tells of the pod yet
	}
	return next
}

// forgetInits drops what init containers were before their newest instance: in the new sandbox they all run again (S4.51), and only
// that one is still shown.
func (w *worker) forgetInits(pod *corev1.Pod) {
	for i := range pod.Spec.InitContainers {
		c := w.state.Container(pod.Spec.InitContainers[i].Name)
		if old := c.Previous; old != nil {
			w.discard(old.ID)
			c.Previous = nil
		}
	}
}

// While other podsims on the engine make or remove the network of the pod's namespace, a sandbox may fail for that. It is tried again this
// often, and this much later, before it counts as a failure.
const (
	transitionTries = 10
	transitionRetry = 300 * time.Millisecond
)

// sandboxFailed tells why the pod could not be set up and returns when to try again (S5.14).
func (w *worker) sandboxFailed(pod *corev1.Pod, err error) time.Time {
	w.volumes.failures++
	var mounts volumes.MountErrors
	var mount *volumes.MountError
	if !errors.As(err, &mounts) && errors.As(err, &mount) {
		mounts = volumes.MountErrors{mount}
	}
	if len(mounts) > 0 {
		for _, m := range mounts {
			w.node.recorder.Pod(pod, corev1.EventTypeWarning, volumes.EventFailedMount, "%s", m.Error())
		}
		return time.Now().Add(plan.MountRetry(w.volumes.failures))
	}
	w.log.Warn("making the sandbox", "error", err)
	if network.InTransition(err) && w.volumes.failures <= transitionTries {
		w.sandboxRetry = time.Now().Add(transitionRetry)
		return w.sandboxRetry
	}
	w.node.recorder.Pod(pod, corev1.EventTypeWarning, "FailedCreatePodSandBox", "Failed to create pod sandbox: %s", network.SandboxError(pod, engineText(err)))
	w.sandboxRetry = time.Now().Add(plan.RetryInterval)
	return w.sandboxRetry
}

// makeSandbox makes the pod's next sandbox with its volumes and fills them. Nothing of the pod has started before.
func (w *worker) makeSandbox(ctx context.Context, pod *corev1.Pod) error {
	shown := w.shownVersions(pod)
	if err := w.node.makeEphemeralClaims(ctx, pod); err != nil {
		return err
	}
	if err := w.node.checkClaims(pod); err != nil {
		return err
	}
	layout, err := w.planVolumes(ctx, pod)
	if err != nil {
		return err
	}
	image, err := network.EnsureAgentImage(ctx, w.node.engine, w.node.facts.Arch)
	if err != nil {
		return err
	}
	if err := volumes.CheckHostPaths(ctx, w.node.engine, image, layout); err != nil {
		return err
	}
	id, err := w.createSandbox(ctx, pod, layout, image)
	if err != nil {
		return err
	}
	w.node.bindClaims(ctx, pod)
	lost := w.state.Sandbox
	sandbox := &state.Sandbox{ID: id, Attempt: w.nextSandbox()}
	if err := w.startSandbox(ctx, pod, layout, sandbox); err != nil {
		w.state.Sandbox = lost
		if lost == nil {
			w.saver.goOn()
		}
		w.discardPrepared(ctx)
		w.discard(id)
		return err
	}
	w.volumes.updates = volumeUpdates{written: shown}
	w.saver.reachThrough(id)
	if lost != nil {
		w.discard(lost.ID) // only now: until here it was what a next node would know the pod by
	}
	return nil
}

// startSandbox starts a created sandbox, with the pod's first instances being created meanwhile, and fills its volumes. On success it
// is the pod's sandbox.
func (w *worker) startSandbox(ctx context.Context, pod *corev1.Pod, layout *volumes.Plan, sandbox *state.Sandbox) error {
	created, err := w.node.engine.ContainerInspect(ctx, sandbox.ID)
	if err != nil {
		return err
	}
	w.volumes.plan, w.volumes.mountpoints = layout, volumes.Mountpoints(created.Mounts)
	w.state.Sandbox = sandbox
	w.prepareAll(ctx, pod)
	if err := w.node.engine.ContainerStart(ctx, sandbox.ID, dockercontainer.StartOptions{}); err != nil {
		return err
	}
	running, err := w.node.engine.ContainerInspect(ctx, sandbox.ID)
	if err != nil {
		return err
	}
	sandbox.IPs, sandbox.HostIPs = w.node.addresses(ctx, pod, running)
	if len(sandbox.IPs) == 0 {
		return errors.New("pod sandbox has no IP address") // S3.22
	}
	w.dialInto(sandbox)
	serving := make(chan struct{}) // both take some calls to the engine
	go func() {
		defer close(serving)
		w.proxy.join(ctx, sandbox.ID, networkOfSandbox(running))
	}()
	err = w.fill(ctx, pod, sandbox)
	<-serving
	if err != nil {
		return err
	}
	w.faults.join(ctx, pod, sandbox.ID, layout)
	sandbox.Ready = true
	return nil
}

// planVolumes plans the pod's volumes, as far as there is what they show; nil if not even their node is known.
func (w *worker) planVolumes(ctx context.Context, pod *corev1.Pod) (*volumes.Plan, error) {
	node, err := w.volumeNode(ctx, pod)
	if err != nil {
		return nil, err
	}
	return volumes.NewPlan(asKept(pod, w.seen), node, w.node.objects())
}

// volumeNode is what the pod's volumes need to know of the node.
func (w *worker) volumeNode(ctx context.Context, pod *corev1.Pod) (volumes.Node, error) {
	allocatable, err := w.node.allocatable(ctx, pod)
	return volumes.Node{ID: w.node.options.ID, Allocatable: allocatable}, err
}

func (w *worker) nextSandbox() int {
	if w.state.Sandbox == nil {
		return 0
	}
	return w.state.Sandbox.Attempt + 1
}

// createSandbox creates the sandbox, not yet started, and with it the pod's volumes.
func (w *worker) createSandbox(ctx context.Context, pod *corev1.Pod, layout *volumes.Plan, image string) (string, error) {
	options := network.SandboxOptions{Image: image, NodeID: w.node.options.ID, Attempt: w.nextSandbox(), Mounts: layout.SandboxMounts(),
		LowersOOMScore: w.node.lowersOOMScore(ctx, pod)}
	if pod.Spec.HostNetwork {
		return w.createBox(ctx, network.NewSandbox(pod, options))
	}
	var err error
	if options.Hostname, err = podspec.KernelHostname(pod); err != nil {
		return "", err
	}
	if w.network != "" {
		return w.createJoined(ctx, pod, options)
	}
	making, cancel := uninterrupted(ctx)
	defer cancel()
	const tries = 3 // another podsim may remove the network, which has no user yet
	for try := 1; ; try++ {
		var id string
		err := w.node.networks.Use(making, pod.Namespace, func(bridge network.Bridge) (err error) {
			if err := ctx.Err(); err != nil {
				return err
			}
			options.NetworkID = bridge.ID
			id, err = w.createBox(ctx, network.NewSandbox(pod, options))
			return err
		})
		if !errdefs.IsNotFound(err) || try == tries {
			return id, err
		}
	}
}

// labels are those of the pod's sandbox that tell a next node how this one took the pod.
func (w *worker) labels() map[string]string {
	labels := map[string]string{}
	if w.maxBackOff > 0 {
		labels[engine.LabelMaxRestartBackoff] = w.maxBackOff.String()
	}
	if w.node.rbac.Load() {
		labels[engine.LabelRBAC] = "true"
	}
	if w.clusterAPI {
		labels[engine.LabelClusterAPI] = "true"
	}
	if w.network != "" {
		labels[network.LabelNetwork] = w.network
	}
	return labels
}

// adoptLabels is the inverse of labels.
func (w *worker) adoptLabels(labels map[string]string) {
	if limit, err := time.ParseDuration(labels[engine.LabelMaxRestartBackoff]); err == nil {
		w.maxBackOff = limit
	}
	w.network = labels[network.LabelNetwork]
	_, w.clusterAPI = labels[engine.LabelClusterAPI]
	if _, ok := labels[engine.LabelRBAC]; ok {
		w.node.rbac.Store(true)
	}
}

func (w *worker) createBox(ctx context.Context, box network.Sandbox) (string, error) {
	maps.Copy(box.Config.Labels, w.labels())
	ctx, cancel := uninterrupted(ctx)
	defer cancel()
	created, err := w.node.engine.ContainerCreate(ctx, box.Config, box.Host, box.Networking, nil, box.Name)
	if errdefs.IsConflict(err) { // left by an attempt that was interrupted
		w.discard(box.Name)
		created, err = w.node.engine.ContainerCreate(ctx, box.Config, box.Host, box.Networking, nil, box.Name)
	}
	return created.ID, err
}

// fill puts into the sandbox's volumes all that they are to hold before the first container starts, in one call.
func (w *worker) fill(ctx context.Context, pod *corev1.Pod, sandbox *state.Sandbox) error {
	meta, err := w.metaContent(ctx, pod, sandbox)
	if err != nil {
		return err
	}
	now := time.Now().Truncate(time.Second) // which is as fine as an archive's times are
	archive := volumes.NewArchive(now)
	holding := volumes.Empty
	switch {
	case sandbox.Attempt > 0:
		holding = volumes.Used
	case w.volumes.begun:
		holding = volumes.Begun
	}
	w.volumes.begun = true
	if err := w.volumes.plan.Write(archive, holding, dataSuffix); err != nil {
		return err
	}
	if err := meta.Write(archive); err != nil {
		return fmt.Errorf("packing the pod's files: %w", err)
	}
	if err := volumes.Fill(ctx, w.node.engine, sandbox.ID, archive); err != nil {
		return err
	}
	w.hosts = filledHosts{untouched: true, size: int64(len(meta.Hosts)), written: now}
	if holding != volumes.Empty && w.volumes.plan.HasAtomic() {
		if err := w.writeVolumes(ctx, pod, true); err != nil {
			return err
		}
	}
	return volumes.OwnClaims(ctx, w.node.engine, sandbox.ID, w.volumes.plan)
}

// dataSuffix is the random end of a data directory's name (S11.21).
func dataSuffix() string { return strconv.FormatUint(uint64(rand.Uint32()), 10) }

// metaContent is what the meta volume and its companion for secrets hold: the managed files, the termination logs of the first
// attempts, and the records for a next node. Once they are there the pod survives a crash of the node.
func (w *worker) metaContent(ctx context.Context, pod *corev1.Pod, sandbox *state.Sandbox) (volumes.Meta, error) {
	meta, err := w.saver.first(pod, w.attempts(pod))
	if err != nil {
		return meta, err
	}
	meta.Files[filledFile] = []byte(sandbox.ID)
	for c := range podspec.Containers(pod) {
		meta.TerminationLogs = append(meta.TerminationLogs, volumes.TerminationLog(c.Name, w.state.Container(c.Name).NextAttempt()))
	}
	return meta, w.managedFiles(ctx, pod, sandbox, &meta)
}
