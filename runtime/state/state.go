// Package state holds what the node knows of one pod beside its spec: the sandbox, the instances of each container, and the
// node's own memory of failed starts and back-off. It is plain data, owned by the pod's worker; packages plan and status read it.
package state

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
)

// Pod is what is known of one pod.
type Pod struct {
	// Sandbox is the newest sandbox; nil before the first and once it was removed.
	Sandbox *Sandbox
	// Containers by container name (regular inits, sidecars, mains and ephemeral containers share one name space); a missing entry means that nothing
	// is known of the container yet.
	Containers map[string]*Container
	// PullFailures by image string of the spec, shared by the pod's containers (S5.12).
	PullFailures map[string]PullFailure
	// Resize is how far the newest change of the containers' resources has come.
	Resize Resize
}

// Resize is the change of a pod's resources while it runs (S13.31).
type Resize struct {
	// Allocated are the resources that the node has granted, by container; those of a missing one are the spec's.
	Allocated map[string]corev1.ResourceRequirements
	// Pending and InProgress are the conditions that tell of it, nil if there is nothing to tell.
	Pending, InProgress *corev1.PodCondition
}

// Sandbox is one attempt of the container that owns the pod's namespaces.
type Sandbox struct {
	ID      string
	Attempt int
	Ready   bool // running, its volumes filled
	IPs     []string
	HostIPs []string
}

// Container is the memory of one container of the pod.
type Container struct {
	// Current is the newest instance, running or not; Previous the one before. Nil where there is none.
	Current, Previous *Instance
	// Spent is the number of attempts that were made by earlier nodes, whose instances may be gone: the next attempt is at least that.
	Spent int
	// StartFailure is why the last attempt to start failed or was refused; nil after a successful start (S3.34, S3.35).
	StartFailure *StartFailure
	// Startup, Readiness and Liveness are what the probes of Current came to; without a probe they mean nothing.
	Startup, Readiness, Liveness ProbeResult
	// BackOffs are the crash back-offs of the container by image, each its own (S5.6); none before the first restart.
	BackOffs map[string]BackOff
}

// ProbeResult is what a probe of a running instance came to (S6.7, S6.8).
type ProbeResult int

// The results of a probe.
const (
	Unjudged ProbeResult = iota // not often enough the same
	Passed
	Failed
)

// Phase of an instance's life.
type Phase int

// The phases of an instance.
const (
	Created Phase = iota
	Running
	Exited
)

// Instance is one engine container of one attempt of one pod container.
type Instance struct {
	ID      string
	Attempt int
	Phase   Phase
	// SandboxID is the sandbox that the instance joined.
	SandboxID string
	Image     string // as the spec had it
	ImageID   string // as a status names it (S3.40)
	// StopSignal is what asks the instance to end; "" is SIGTERM (S7.13).
	StopSignal string
	// Resources are those that the instance has while it runs.
	Resources corev1.ResourceRequirements
	CreatedAt time.Time
	StartedAt time.Time // zero before the start
	// FinishedAt, ExitCode, Reason (Completed, Error, OOMKilled, StartError; S3E) and Message are set once Exited.
	FinishedAt time.Time
	ExitCode   int
	Reason     string
	Message    string
}

// Unprobed forgets what the probes came to: Current is another instance, or it ended.
func (c *Container) Unprobed() { c.Startup, c.Readiness, c.Liveness = Unjudged, Unjudged, Unjudged }

// BackOff is the crash back-off of the container with an image; the zero value if there is none yet.
func (c *Container) BackOff(image string) BackOff {
	if c == nil {
		return BackOff{}
	}
	return c.BackOffs[image]
}

// SetBackOff remembers the crash back-off of the container with an image.
func (c *Container) SetBackOff(image string, entry BackOff) {
	if c.BackOffs == nil {
		c.BackOffs = map[string]BackOff{}
	}
	c.BackOffs[image] = entry
}

// Running reports whether the container has a running instance.
func (c *Container) Running() bool { return c != nil && c.Current != nil && c.Current.Phase == Running }

// Exited is the newest instance if it has ended, else nil.
func (c *Container) Exited() *Instance {
	if c == nil || c.Current == nil || c.Current.Phase != Exited {
		return nil
	}
	return c.Current
}

// NextAttempt is the number of the next instance: the newest one's plus one (S3.36).
func (c *Container) NextAttempt() int {
	switch {
	case c == nil:
		return 0
	case c.Current == nil:
		return c.Spent
	default:
		return max(c.Current.Attempt+1, c.Spent)
	}
}

// StartFailure is a start that failed or was refused.
type StartFailure struct {
	Reason  string // a waiting reason of S3D
	Message string
	At      time.Time
	// InstanceID is the newest instance at the time of the failure; "" if there was none.
	InstanceID string
	// Image is the one with which the container was to start.
	Image string
}

// BackOff is an entry of a back-off (S5).
type BackOff struct {
	Delay   time.Duration // 0: no entry
	Updated time.Time     // when the entry was last advanced
}

// PullFailure is the last failed pull of an image with the back-off that it caused.
type PullFailure struct {
	BackOff BackOff
	Message string
}

// NotePullFailure remembers that an image could not be pulled.
func (p *Pod) NotePullFailure(image string, f PullFailure) {
	if p.PullFailures == nil {
		p.PullFailures = map[string]PullFailure{}
	}
	p.PullFailures[image] = f
}

// Allocated is the pod with the resources that the node has granted instead of those that its spec asks for. It is the pod itself if
// these are the same.
func (p *Pod) Allocated(pod *corev1.Pod) *corev1.Pod {
	allocated := pod
	for _, list := range []func(*corev1.Pod) []corev1.Container{initContainers, mains} {
		for i, c := range list(pod) {
			granted, ok := p.Resize.Allocated[c.Name]
			if !ok || equality.Semantic.DeepEqual(granted, c.Resources) {
				continue
			}
			if allocated == pod {
				allocated = pod.DeepCopy()
			}
			list(allocated)[i].Resources = *granted.DeepCopy()
		}
	}
	return allocated
}

func initContainers(pod *corev1.Pod) []corev1.Container { return pod.Spec.InitContainers }
func mains(pod *corev1.Pod) []corev1.Container          { return pod.Spec.Containers }

// Container returns the named container's entry, making it if needed.
func (p *Pod) Container(name string) *Container {
	if p.Containers == nil {
		p.Containers = map[string]*Container{}
	}
	c := p.Containers[name]
	if c == nil {
		c = &Container{}
		p.Containers[name] = c
	}
	return c
}

// SandboxReady reports whether the pod has a sandbox that containers can join.
func (p *Pod) SandboxReady() bool { return p.Sandbox != nil && p.Sandbox.Ready }

// InSandbox is the container's newest instance if it belongs to the pod's current sandbox, else nil (S4.10).
func (p *Pod) InSandbox(name string) *Instance {
	c := p.Containers[name]
	if c == nil || c.Current == nil || p.Sandbox == nil || c.Current.SandboxID != p.Sandbox.ID {
		return nil
	}
	return c.Current
}

// AnyRunning reports whether any container runs.
func (p *Pod) AnyRunning() bool {
	for _, c := range p.Containers {
		if c.Running() {
			return true
		}
	}
	return false
}
