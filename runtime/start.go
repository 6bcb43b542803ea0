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
	"github.com/docker/docker/api/types/image"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/engine"
	"github.com/podsim/podsim/runtime/instance"
	"github.com/podsim/podsim/runtime/pause"
	"github.com/podsim/podsim/runtime/plan"
	"github.com/podsim/podsim/runtime/state"
)

// start starts the next instance of one container: image, create, start, postStart (S4.30). What goes wrong becomes the container's waiting state
// and an event; the error only says that it did.
func (w *worker) start(ctx context.Context, pod *corev1.Pod, s plan.Start) error {
	c := w.state.Container(s.Container.Name)
	c.SetBackOff(s.Container.Image, s.BackOff)
	failure := w.tryStart(ctx, pod, s.Container)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if failure == nil {
		c.StartFailure = nil // S3.35
		return nil
	}
	c.StartFailure = &state.StartFailure{Reason: failure.class, Message: failure.message, At: time.Now(), Image: s.Container.Image}
	if c.Current != nil {
		c.StartFailure.InstanceID = c.Current.ID
	}
	if !failure.silent {
		w.node.recorder.Container(pod, s.Container.Name, corev1.EventTypeWarning, "Failed", "Error: %s", failure.eventText())
	}
	return failure
}

func (w *worker) tryStart(ctx context.Context, pod *corev1.Pod, c *corev1.Container) *startError {
	if failure := w.volumes.images.failureOf(c); failure != nil {
		return failure
	}
	found, failure := w.ensureImage(ctx, pod, w.containerImage(pod, c))
	if failure != nil {
		return failure
	}
	memory := w.state.Container(c.Name)
	attempt := memory.NextAttempt()
	if attempt == 0 {
		w.warnOfPlatform(pod, c, found)
	}
	if err := w.renewHosts(ctx, pod, c); err != nil {
		w.log.Warn("renewing /etc/hosts", "error", err)
	}
	id, failure := w.instance(ctx, pod, c, attempt, found)
	if failure != nil {
		w.letGo(c, attempt, false)
		return failure
	}
	w.node.recorder.Container(pod, c.Name, corev1.EventTypeNormal, "Created", "Container created")
	w.succeed(c, memory, &state.Instance{ID: id, Attempt: attempt, SandboxID: w.state.Sandbox.ID, Image: c.Image, ImageID: imageID(found),
		StopSignal: stopSignal(c, found), Resources: *c.Resources.DeepCopy(), CreatedAt: time.Now()})
	err := w.startInstance(ctx, memory.Current)
	w.letGo(c, attempt, true)
	if err != nil {
		failStart(memory.Current, engineText(err))
		return &startError{class: plan.ReasonRunContainerError, message: engineText(err)}
	}
	w.node.recorder.Container(pod, c.Name, corev1.EventTypeNormal, "Started", "Container started")
	if seen, err := w.node.inspect(ctx, id); err == nil && seen != nil {
		memory.Current.StartedAt = seen.StartedAt
		w.noteEnd(ctx, c.Name, seen)
	}
	return w.postStart(ctx, pod, c)
}

// startInstance starts a created instance. A start that took effect although the engine's answer got lost is no failure.
func (w *worker) startInstance(ctx context.Context, i *state.Instance) error {
	w.hosts.untouched = false
	err := w.node.engine.ContainerStart(ctx, i.ID, dockercontainer.StartOptions{})
	if err != nil && !w.hasStarted(ctx, i.ID) {
		return err
	}
	i.Phase, i.StartedAt = state.Running, time.Now()
	return nil
}

// hasStarted reports whether the engine ever started an instance. It asks until it knows: an instance that may run must not get another
// beside it.
func (w *worker) hasStarted(ctx context.Context, id string) bool {
	for ctx.Err() == nil {
		seen, err := w.node.inspect(ctx, id)
		if err == nil {
			return seen != nil && !seen.StartedAt.IsZero() && seen.Reason != plan.ReasonStartError
		}
		w.log.Warn("looking at an instance that may have started", "id", id, "error", err)
		pause.For(ctx, relookInterval)
	}
	return false
}

// succeed makes the instance the container's newest and discards the one before the previous: only one level of history is kept
// (S0.8), and none of an instance that never started.
func (w *worker) succeed(c *corev1.Container, memory *state.Container, next *state.Instance) {
	previous, old := memory.Current, memory.Previous
	if previous != nil && previous.Phase == state.Created {
		previous, old = memory.Previous, memory.Current
	}
	if old != nil {
		w.background.Go(func() {
			w.discard(old.ID)
			if mountsSubPaths(c) {
				w.discardHeld(c.Name, old.Attempt)
			}
		})
	}
	memory.Previous, memory.Current = previous, next
	memory.Unprobed()
}

// discard removes an instance that nobody asks for any more. What fails here goes with the pod at its end.
func (w *worker) discard(id string) {
	ctx, cancel := context.WithTimeout(context.Background(), engineTimeout)
	defer cancel()
	err := w.node.engine.ContainerRemove(ctx, id, dockercontainer.RemoveOptions{Force: true, RemoveVolumes: true})
	if err != nil && !errdefs.IsNotFound(err) {
		w.log.Warn("removing an old instance", "id", id, "error", err)
	}
}

// engineTimeout bounds calls to the engine that nobody waits for.
const engineTimeout = 30 * time.Second

// uninterrupted is a context for what the engine does anyway when it was asked to, and takes more time for than its caller has: of a
// creation that is given up, the container comes when all that was made for the pod is removed already.
func uninterrupted(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), engineTimeout)
}

// instance creates the container's next instance, or takes the one that was created ahead.
func (w *worker) instance(ctx context.Context, pod *corev1.Pod, c *corev1.Container, attempt int, found image.InspectResponse) (string, *startError) {
	wanted, failure := w.describe(ctx, pod, c, attempt, found)
	if failure != nil {
		return "", failure
	}
	if id, ok := w.takePrepared(ctx, c.Name, wanted); ok {
		return id, nil
	}
	id, err := w.create(ctx, pod, c.Name, wanted)
	if err != nil {
		return "", &startError{class: plan.ReasonCreateError, message: engineText(err)}
	}
	return id, nil
}

// description is all that the engine is told of an instance.
type description struct {
	config   *dockercontainer.Config
	host     *dockercontainer.HostConfig
	platform *ocispec.Platform // nil leaves it to the engine
	attempt  int
}

// same reports whether two descriptions make the same instance.
func (d description) same(other description) bool {
	a, errA := json.Marshal([]any{d.config, d.host, d.platform, d.attempt})
	b, errB := json.Marshal([]any{other.config, other.host, other.platform, other.attempt})
	return errA == nil && errB == nil && string(a) == string(b)
}

// describe resolves what the container refers to (S9, S11) into what the engine is asked to create.
func (w *worker) describe(ctx context.Context, pod *corev1.Pod, c *corev1.Container, attempt int, found image.InspectResponse) (description, *startError) {
	configError := func(err error) (description, *startError) {
		if cause := errors.Unwrap(err); cause != nil { // which a kubelet's text may hide (S9.22, S11.51)
			w.log.Warn("describing an instance", "container", c.Name, "error", err, "cause", cause)
		}
		return description{}, &startError{class: plan.ReasonCreateConfigError, message: err.Error()}
	}
	facts, err := w.facts(ctx, pod)
	if err != nil {
		return configError(err)
	}
	env, err := podspec.Environment(asKept(pod, w.seen), c, w.node.objects(), facts)
	if err != nil {
		return configError(err)
	}
	binds, mounts, err := w.mounts(ctx, pod, c, attempt, env)
	if err != nil {
		return configError(err)
	}
	command, args := podspec.Command(c, env)
	in := instance.Input{
		Pod: pod, Container: c, Attempt: attempt,
		SandboxID: w.state.Sandbox.ID, NodeID: w.node.options.ID, NodeMemory: w.node.facts.Memory, NodeCPUs: w.node.facts.CPUs,
		Env: env, Command: command, Args: args, Log: w.node.options.Log,
		Binds: binds, Mounts: mounts,
	}
	in.ImageUser = imageConfig(found).User
	if instance.NeedsAccounts(pod, c, in.ImageUser) {
		if in.Accounts, err = w.imageAccounts(ctx, pod, found.ID); err != nil {
			return description{}, &startError{class: plan.ReasonCreateError, message: err.Error()}
		}
	}
	if in.SeccompProfile, err = w.node.seccompProfile(pod, c); err != nil {
		return description{}, &startError{class: plan.ReasonCreateError, message: err.Error()}
	}
	in.Seccomp, in.SELinux, in.LowersOOMScore = w.node.facts.Seccomp, w.node.facts.SELinux, w.node.lowersOOMScore(ctx, pod)
	if in.TargetID, err = w.target(pod, c); err != nil {
		return configError(err)
	}
	config, host, err := instance.Config(in)
	var lacks *instance.ErrEngineLacks
	if errors.As(err, &lacks) {
		return description{}, &startError{class: plan.ReasonCreateError, message: err.Error()}
	}
	if err != nil {
		return configError(err)
	}
	config.Image = found.ID
	config.StopSignal = stopSignal(c, found)
	d := description{config: config, host: host, attempt: attempt}
	if platform := w.node.platform(); w.node.options.Platform != "" && isFor(found, platform) {
		d.platform = &platform
	}
	return d, nil
}

// target is the instance whose processes an ephemeral container asked to see; "" for any other container (S4.70).
func (w *worker) target(pod *corev1.Pod, c *corev1.Container) (string, error) {
	i := slices.IndexFunc(pod.Spec.EphemeralContainers, func(e corev1.EphemeralContainer) bool { return e.Name == c.Name })
	if i < 0 || pod.Spec.EphemeralContainers[i].TargetContainerName == "" {
		return "", nil
	}
	name := pod.Spec.EphemeralContainers[i].TargetContainerName
	if memory := w.state.Containers[name]; memory != nil && memory.Current != nil {
		return memory.Current.ID, nil
	}
	return "", fmt.Errorf("unable to find target container %s", name)
}

func (w *worker) create(ctx context.Context, pod *corev1.Pod, name string, d description) (string, error) {
	full := engine.ContainerName(name, pod.Name, pod.Namespace, string(pod.UID), d.attempt)
	ctx, cancel := uninterrupted(ctx)
	defer cancel()
	created, err := w.node.engine.ContainerCreate(ctx, d.config, d.host, nil, d.platform, full)
	if errdefs.IsConflict(err) { // left by an attempt that was interrupted
		w.discard(full)
		created, err = w.node.engine.ContainerCreate(ctx, d.config, d.host, nil, d.platform, full)
	}
	return created.ID, err
}

// stopSignal is what asks the container to end: its own, which it has only where the feature gate is on (S0.9), else its image's; "" is
// SIGTERM (S7.13).
func stopSignal(c *corev1.Container, found image.InspectResponse) string {
	if c.Lifecycle != nil && c.Lifecycle.StopSignal != nil {
		return string(*c.Lifecycle.StopSignal)
	}
	return imageConfig(found).StopSignal
}

// imageConfig is the image's own configuration, empty if it has none.
func imageConfig(found image.InspectResponse) dockerspec.DockerOCIImageConfig {
	if found.Config == nil {
		return dockerspec.DockerOCIImageConfig{}
	}
	return *found.Config
}

// imageID is how a status names an image: by a digest of its repository, or by its own id if it was built here (S3.40).
func imageID(found image.InspectResponse) string {
	if len(found.RepoDigests) > 0 {
		return "docker-pullable://" + found.RepoDigests[0]
	}
	return "docker://" + found.ID
}

// engineText is what the engine said, without the client's wrapping.
func engineText(err error) string {
	return strings.TrimPrefix(err.Error(), "Error response from daemon: ")
}
