package podtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/runtime/endpoint"
	"github.com/podsim/podsim/runtime/fault"
)

// Wire is what Pod.DegradeNetwork makes of a pod's network. It takes a kernel with netem (sch_netem) for a latency, and one with sch_tbf for
// a rate.
type Wire struct {
	// Latency is how much later what the pod sends leaves it, and Jitter by how much that varies.
	Latency, Jitter time.Duration
	// Loss is the share of what is sent to the pod that gets lost, in percent.
	Loss float64
	// Rate is how much the pod can send, in bits a second; 0 sets no limit.
	Rate int64
}

// Signal sends a signal to the first process of the container, by name as "TERM" or by number as "15". A frozen one is thawed by it.
func (c *Container) Signal(signal string) {
	c.pod.t.Helper()
	c.pod.must(func(ctx context.Context) error { return c.SignalContext(ctx, signal) })
}

// SignalContext is Signal with a context.
func (c *Container) SignalContext(ctx context.Context, signal string) error {
	if _, err := fault.ParseSignal(signal); err != nil { // an empty one would kill
		return c.failed(ctx, "sending it a signal", err)
	}
	return c.pod.inject(ctx, "Container.Signal", fault.Fault{Kind: fault.Kill, Container: c.name, Signal: signal})
}

// Kill sends SIGKILL to the first process of the container. Whether the container starts again is its pod's affair.
func (c *Container) Kill() {
	c.pod.t.Helper()
	c.pod.must(c.KillContext)
}

// KillContext is Kill with a context.
func (c *Container) KillContext(ctx context.Context) error {
	return c.pod.inject(ctx, "Container.Kill", fault.Fault{Kind: fault.Kill, Container: c.name})
}

// Pause freezes all processes of the container until Resume, a signal, or the end of the test.
func (c *Container) Pause() {
	c.pod.t.Helper()
	c.pod.must(c.PauseContext)
}

// PauseContext is Pause with a context.
func (c *Container) PauseContext(ctx context.Context) error {
	return c.pod.inject(ctx, "Container.Pause", fault.Fault{Kind: fault.Pause, Container: c.name})
}

// Resume thaws the container, if it is frozen.
func (c *Container) Resume() {
	c.pod.t.Helper()
	c.pod.must(c.ResumeContext)
}

// ResumeContext is Resume with a context.
func (c *Container) ResumeContext(ctx context.Context) error {
	return c.pod.mend(ctx, "Container.Resume", c.freezes)
}

// ExhaustMemory has the container use up the memory that its limit allows, and returns when the kernel has killed its processes: its state
// is OOMKilled then. A container without a limit fails the test.
func (c *Container) ExhaustMemory() {
	c.pod.t.Helper()
	c.pod.must(c.ExhaustMemoryContext)
}

// ExhaustMemoryContext is ExhaustMemory with a context.
func (c *Container) ExhaustMemoryContext(ctx context.Context) error {
	return c.pod.inject(ctx, "Container.ExhaustMemory", fault.Fault{Kind: fault.Memory, Container: c.name})
}

// CutNetwork cuts the pod off from its network until RestoreNetwork, or the end of the test: nothing arrives in either direction, and
// nobody is told, as with a cable that is pulled.
func (p *Pod) CutNetwork() {
	p.t.Helper()
	p.must(p.CutNetworkContext)
}

// CutNetworkContext is CutNetwork with a context.
func (p *Pod) CutNetworkContext(ctx context.Context) error {
	return p.inject(ctx, "Pod.CutNetwork", fault.Fault{Kind: fault.Cut})
}

// DegradeNetwork makes the pod's network slow, lossy or narrow until RestoreNetwork, or the end of the test. What it was told before counts no
// longer.
func (p *Pod) DegradeNetwork(w Wire) {
	p.t.Helper()
	p.must(func(ctx context.Context) error { return p.DegradeNetworkContext(ctx, w) })
}

// DegradeNetworkContext is DegradeNetwork with a context.
func (p *Pod) DegradeNetworkContext(ctx context.Context, w Wire) error {
	return p.inject(ctx, "Pod.DegradeNetwork", fault.Fault{Kind: fault.Network, Wire: &fault.Wire{
		Latency: metav1.Duration{Duration: w.Latency}, Jitter: metav1.Duration{Duration: w.Jitter}, Loss: w.Loss, Rate: w.Rate,
	}})
}

// RestoreNetwork ends what CutNetwork and DegradeNetwork did.
func (p *Pod) RestoreNetwork() {
	p.t.Helper()
	p.must(p.RestoreNetworkContext)
}

// RestoreNetworkContext is RestoreNetwork with a context.
func (p *Pod) RestoreNetworkContext(ctx context.Context) error {
	return p.mend(ctx, "Pod.RestoreNetwork", func(f fault.Fault) bool { return f.Kind == fault.Cut || f.Kind == fault.Network })
}

// FillVolume takes the place in a volume of the pod until MendFaults, or the end of the test: so many bytes, or all up to the volume's limit
// if they are 0. One in memory is full then, and writing to it fails; of one on disk, more makes the pod one to be evicted.
func (p *Pod) FillVolume(volume string, bytes int64) {
	p.t.Helper()
	p.must(func(ctx context.Context) error { return p.FillVolumeContext(ctx, volume, bytes) })
}

// FillVolumeContext is FillVolume with a context.
func (p *Pod) FillVolumeContext(ctx context.Context, volume string, bytes int64) error {
	f := fault.Fault{Kind: fault.Fill, Volume: volume}
	if bytes != 0 {
		f.Size = resource.NewQuantity(bytes, resource.BinarySI)
	}
	const what = "Pod.FillVolume"
	var unlimited *fault.NoLimitError
	if p.space.node != nil && errors.As(f.Check(p.created), &unlimited) { // the node speaks to those who type commands
		return p.failed(ctx, what, errors.New(unlimited.Text("say how many bytes")))
	}
	return p.inject(ctx, what, f)
}

// FailPulls has the pulls of an image of the pod fail, or of all its images if it is empty, until MendFaults, or the end of the test. The
// image counts as missing meanwhile, unless the pull policy is Never; what runs goes on.
func (p *Pod) FailPulls(image string) {
	p.t.Helper()
	p.must(func(ctx context.Context) error { return p.FailPullsContext(ctx, image) })
}

// FailPullsContext is FailPulls with a context.
func (p *Pod) FailPullsContext(ctx context.Context, image string) error {
	return p.inject(ctx, "Pod.FailPulls", fault.Fault{Kind: fault.Pull, Image: image})
}

// MendFaults ends all that was done to the pod and lasts.
func (p *Pod) MendFaults() {
	p.t.Helper()
	p.must(p.MendFaultsContext)
}

// MendFaultsContext is MendFaults with a context.
func (p *Pod) MendFaultsContext(ctx context.Context) error {
	return p.mend(ctx, "Pod.MendFaults", func(fault.Fault) bool { return true })
}

// faults are those of the pod on podsim's node; what is the method that needs them.
func (p *Pod) faults(what string) (endpoint.Faults, error) {
	if p.space.node == nil {
		return endpoint.Faults{}, &NeedsEngineError{What: what}
	}
	return endpoint.NewFaults(p.space.client.CoreV1().RESTClient(), p.space.namespace, p.name), nil
}

// frozen is the fault that has the container frozen.
func (c *Container) frozen(ctx context.Context) (fault.Fault, bool) {
	faults, err := c.pod.faults("")
	if err != nil {
		return fault.Fault{}, false
	}
	lasting, _ := faults.List(ctx)
	i := slices.IndexFunc(lasting, c.freezes)
	if i < 0 {
		return fault.Fault{}, false
	}
	return lasting[i], true
}

func (c *Container) freezes(f fault.Fault) bool {
	return f.Kind == fault.Pause && f.Container == c.name
}

// inject does a fault. That it ends before the pod does, and with the test, the node sees to when the pod is removed.
func (p *Pod) inject(ctx context.Context, what string, f fault.Fault) error {
	faults, err := p.faults(what)
	if err != nil {
		return err
	}
	if _, err := faults.Inject(ctx, f); err != nil {
		return p.failed(ctx, what, err)
	}
	return nil
}

// mend ends the faults that are meant.
func (p *Pod) mend(ctx context.Context, what string, meant func(fault.Fault) bool) error {
	faults, err := p.faults(what)
	if err != nil {
		return err
	}
	if err := mend(ctx, faults, meant); err != nil {
		return p.failed(ctx, what, err)
	}
	return nil
}

// mendable are the faults of a pod, as an endpoint.Faults has them.
type mendable interface {
	List(context.Context) ([]fault.Fault, error)
	// Clear ends none if one of those that it is to end does not last any more.
	Clear(ctx context.Context, ids ...string) ([]fault.Fault, error)
}

// mend ends the faults that are meant and last now. One that ends by itself meanwhile is one less: a frozen container thaws when it is
// killed, and its fault is over.
func mend(ctx context.Context, faults mendable, meant func(fault.Fault) bool) error {
	ids, err := idsOf(ctx, faults, meant)
	for err == nil && len(ids) > 0 {
		_, refused := faults.Clear(ctx, ids...)
		if refused == nil {
			return nil
		}
		before := ids
		if ids, err = idsOf(ctx, faults, func(f fault.Fault) bool { return slices.Contains(before, f.ID) }); len(ids) == len(before) {
			return fmt.Errorf("ending %s: %w", strings.Join(ids, ", "), refused)
		}
	}
	return err
}

func idsOf(ctx context.Context, faults mendable, meant func(fault.Fault) bool) ([]string, error) {
	lasting, err := faults.List(ctx)
	var ids []string
	for _, f := range lasting {
		if meant(f) {
			ids = append(ids, f.ID)
		}
	}
	return ids, err
}
