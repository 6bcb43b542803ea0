package runtime

import (
	"context"
	"errors"
	"fmt"

	"github.com/containerd/errdefs"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/network/wire"
	"github.com/podsim/podsim/runtime/fault"
	"github.com/podsim/podsim/volumes"
)

// noSandbox is why a fault cannot be done that needs a sandbox.
const noSandbox = "the pod's sandbox does not run"

// choose settles what a fault is done to: of a container the instance that runs.
func (k *faultKeeper) choose(ctx context.Context, pod *corev1.Pod, f *fault.Fault) error {
	if f.Container != "" {
		id, ok := runningInstance(pod, f.Container)
		if !ok {
			return faultConflict(pod, "container %s does not run", f.Container)
		}
		f.Instance = id
	}
	if f.NeedsSandbox() && k.running().id == "" {
		return faultConflict(pod, noSandbox)
	}
	if f.Kind == fault.Memory && k.w.node.isFrozen(ctx, f.Instance) {
		return faultConflict(pod, "container %s is frozen, and would not notice: resume it first", f.Container)
	}
	return nil
}

// do brings a fault about; the list of those that last has it already.
func (k *faultKeeper) do(ctx context.Context, pod *corev1.Pod, f fault.Fault) error {
	e := k.w.node.engine
	switch f.Kind {
	case fault.Kill:
		return e.ContainerKill(ctx, f.Instance, f.Signal)
	case fault.Pause:
		err := e.ContainerPause(ctx, f.Instance)
		if err != nil && k.w.node.isFrozen(ctx, f.Instance) {
			return nil // it was before
		}
		return err
	case fault.Cut, fault.Network:
		return k.changeWire(ctx, k.list())
	case fault.Fill:
		return k.fill(ctx, pod, f)
	case fault.Memory:
		image, err := network.EnsureAgentImage(ctx, e, k.w.node.facts.Arch)
		if err != nil {
			return err
		}
		return network.ExhaustMemory(ctx, e, image, k.w.node.options.ID, string(k.w.uid), f.Instance)
	}
	return nil
}

// undo ends what a fault does; rest are the faults that go on.
func (k *faultKeeper) undo(ctx context.Context, f fault.Fault, rest []fault.Fault) error {
	e := k.w.node.engine
	switch f.Kind {
	case fault.Pause:
		err := e.ContainerUnpause(ctx, f.Instance)
		if err != nil && !k.w.node.isFrozen(ctx, f.Instance) {
			return nil // it runs again, or has ended
		}
		return err
	case fault.Cut, fault.Network:
		sandbox := k.running().id
		err := k.changeWire(ctx, rest)
		if err != nil && !k.runs(ctx, sandbox) {
			return nil // what was done to its network has gone with it
		}
		return err
	case fault.Fill:
		return k.unfill(ctx, f)
	}
	return nil
}

// runs reports whether a sandbox runs, as far as the engine tells. Its end interrupts the context of work in it.
func (k *faultKeeper) runs(ctx context.Context, sandboxID string) bool {
	ctx, cancel := outlasting(ctx)
	defer cancel()
	c, err := k.w.node.engine.ContainerInspect(ctx, sandboxID)
	return err == nil && c.State.Running || err != nil && !errdefs.IsNotFound(err)
}

// changeWire has the network of the sandbox be as the faults say. Without one there is nothing to change.
func (k *faultKeeper) changeWire(ctx context.Context, faults []fault.Fault) error {
	sandbox := k.running().id
	if sandbox == "" {
		return nil
	}
	e := k.w.node.engine
	image, err := network.EnsureAgentImage(ctx, e, k.w.node.facts.Arch)
	if err != nil {
		return err
	}
	return network.ChangeWire(ctx, e, image, k.w.node.options.ID, string(k.w.uid), sandbox, wireState(faults))
}

// wireState is what faults come to for a pod's network.
func wireState(faults []fault.Fault) (state wire.State) {
	for _, f := range faults {
		switch f.Kind {
		case fault.Cut:
			state.Cut = true
		case fault.Network:
			state.Latency, state.Jitter = f.Wire.Latency.Duration, f.Wire.Jitter.Duration
			state.Loss, state.Rate = f.Wire.Loss, f.Wire.Rate
		}
	}
	return state
}

// volume is where the running sandbox has the volume of a fault.
func (k *faultKeeper) volume(f fault.Fault) (dir string, ok bool) {
	sandbox := k.running()
	if sandbox.id == "" || sandbox.layout == nil {
		return "", false
	}
	return sandbox.layout.SandboxPath(f.Volume)
}

// fill takes the place in a volume: as much as the fault says, with what an older one took, or, in a volume that has a limit, up to that.
// What is in memory is full then, and the next write fails; on disk, as on a node, the next write makes the pod one to be evicted (S8.50).
func (k *faultKeeper) fill(ctx context.Context, pod *corev1.Pod, f fault.Fault) error {
	dir, ok := k.volume(f)
	if !ok {
		return errors.New("no container mounts it")
	}
	e, sandbox := k.w.node.engine, k.running()
	if err := network.UnfillVolume(ctx, e, sandbox.id, dir); err != nil {
		return err
	}
	size := int64(network.FillAll)
	if f.Size != nil {
		size = f.Size.Value()
	} else if limit, onDisk := diskLimit(pod, f.Volume); onDisk {
		used, err := volumes.Usage(ctx, e, sandbox.id, sandbox.layout)
		if err != nil {
			return err
		}
		size = max(0, limit-used[f.Volume])
	}
	return network.FillVolume(ctx, e, sandbox.id, dir, size)
}

// unfill gives back what fill took: from within the sandbox or, if none runs, with a helper that mounts the volume. What was in memory has
// gone with the sandbox.
func (k *faultKeeper) unfill(ctx context.Context, f fault.Fault) error {
	e, sandbox := k.w.node.engine, k.running()
	if dir, ok := k.volume(f); ok && k.runs(ctx, sandbox.id) {
		return network.UnfillVolume(ctx, e, sandbox.id, dir)
	}
	if sandbox.layout == nil {
		return nil
	}
	volume, onDisk := sandbox.layout.DiskMount(f.Volume)
	if !onDisk {
		return nil
	}
	image, err := network.EnsureAgentImage(ctx, e, k.w.node.facts.Arch)
	if err != nil {
		return err
	}
	return network.UnfillUnmounted(ctx, e, image, k.w.node.options.ID, string(k.w.uid), volume)
}

// diskLimit is the limit of an emptyDir on disk, in bytes.
func diskLimit(pod *corev1.Pod, name string) (int64, bool) {
	for i := range pod.Spec.Volumes {
		if v := &pod.Spec.Volumes[i]; v.Name == name && v.EmptyDir != nil && v.EmptyDir.Medium == corev1.StorageMediumDefault && v.EmptyDir.SizeLimit != nil {
			return v.EmptyDir.SizeLimit.Value(), true
		}
	}
	return 0, false
}

// thawed ends the faults of containers that the engine thawed by itself, as it does when they get a signal.
func (k *faultKeeper) thawed(ctx context.Context, pod *corev1.Pod) {
	for _, f := range k.list() {
		if f.Kind == fault.Pause && !k.w.node.isFrozen(ctx, f.Instance) && ctx.Err() == nil {
			k.drop(f)
			k.tell(pod, f, corev1.EventTypeNormal, reasonFaultCleared, "No longer, as the engine thaws what gets a signal: "+f.String())
			_ = k.save(ctx, pod)
		}
	}
}

// isFrozen reports whether an instance is frozen.
func (n *Node) isFrozen(ctx context.Context, id string) bool {
	c, err := n.engine.ContainerInspect(ctx, id)
	return err == nil && c.State != nil && c.State.Paused
}

// agentWords is what the agent, or the engine, has to say about a failure.
func agentWords(err error) string {
	var failed *network.VerbError
	if errors.As(err, &failed) && failed.Message != "" {
		return failed.Message
	}
	return engineText(err)
}

// pulledInVain is the failure of a pull that a fault brings about.
func pulledInVain(image string) error {
	return fmt.Errorf("failed to pull image %q: a fault has it fail on purpose", image)
}
