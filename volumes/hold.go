package volumes

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/versions"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/podspec"
)

// A sub path that was resolved is a path again when the engine mounts it, and a container that writes to the volume could put a link
// there meanwhile that leads anywhere on the machine. Engines with API 1.45 see to that themselves for sub paths of volumes. For others,
// and for hostPath, HoldSubPaths has the engine mount the directory as a volume of its own, the held volume, which a helper container
// keeps mounted; looks from inside the helper whether it is the directory that was meant; and only then lets the instance mount the held
// volume, whose path nobody but the engine can change.

// Held are directories of sub paths that were mounted and found to be right.
type Held struct {
	// Keeper is the helper container that keeps them; it is needed until the instance runs. "" if nothing had to be held.
	Keeper string
	// Volumes are the held volumes by mountPath.
	Volumes map[string]string
}

// HoldOptions is what HoldSubPaths depends on beside the pod.
type HoldOptions struct {
	// Image is what network.EnsureAgentImage returned, SandboxID the pod's sandbox.
	Image, SandboxID string
	// Attempt, APIVersion, Mountpoints and SubPaths are those of MountOptions.
	MountOptions
	// Others are the running containers of the engine.
	Others []container.Summary
	// Neighbours are the node's other pods that have not ended, whose containers may start at any time.
	Neighbours []*corev1.Pod
}

// exchangeable is a sub path that somebody could exchange.
type exchangeable struct {
	subPath
	source string // on the engine's machine
	onHost bool   // dir is on the engine's machine
	claim  string // the engine's name of the claim's volume; "" if it is the pod's own
}

// CanBeExchanged reports whether the container mounts any sub path that the engine itself does not guard, so that HoldSubPaths is due.
func (p *Plan) CanBeExchanged(c *corev1.Container, o MountOptions) bool {
	return len(p.exchangeable(c, o)) > 0
}

func (p *Plan) exchangeable(c *corev1.Container, o MountOptions) []exchangeable {
	var list []exchangeable
	for i := range c.VolumeMounts {
		m := &c.VolumeMounts[i]
		sub := o.SubPaths[m.MountPath]
		v, ok := p.volume(m.Name)
		if !ok || sub == "" || sub == "." || propagation(m.MountPropagation) != "" {
			continue // a mount with propagation is one of a privileged container, or sees what the machine does
		}
		e := exchangeable{subPath: subPath{volume: m.Name, mountPath: m.MountPath, sub: sub}}
		switch {
		case v.hostPath != nil:
			e.dir, e.onHost = path.Join("/", v.hostPath.Path), true
			e.source = e.dir
		case v.readOnly && !v.claim, versions.GreaterThanOrEqualTo(o.APIVersion, "1.45"):
			continue
		default:
			e.dir, e.source = v.engine.target, o.Mountpoints[v.engine.name]
			if v.claim {
				e.claim = v.engine.name
			}
		}
		list = append(list, e)
	}
	return list
}

// contested reports whether somebody could exchange the sub path before the instance has mounted it.
func (e exchangeable) contested(o HoldOptions) bool {
	return slices.ContainsFunc(o.Others, e.isReachedBy) || slices.ContainsFunc(o.Neighbours, e.mayBeReachedBy)
}

// isReachedBy reports whether a running container can change what lies in the directory. With a path of the machine that is said of any
// container that can write anywhere: links may have it lead there, and more than one path leads to a directory.
func (e exchangeable) isReachedBy(c container.Summary) bool {
	if c.Labels[network.LabelType] == network.TypeSandbox || c.Labels[network.LabelType] == "" && c.Labels[network.LabelManaged] == "true" {
		return false // podsim's own
	}
	return slices.ContainsFunc(c.Mounts, func(m container.MountPoint) bool {
		return m.RW && (e.onHost || isHeld(m.Name) || isBelow(m.Source, e.source) || isBelow(e.source, m.Source))
	})
}

// mayBeReachedBy reports whether a container that another pod starts could do so.
func (e exchangeable) mayBeReachedBy(pod *corev1.Pod) bool {
	claimed := slices.ContainsFunc(podspec.ReferencesOf(pod).Claims, func(claim string) bool {
		return e.claim == ClaimName(pod.Namespace, claim)
	})
	return claimed || slices.ContainsFunc(pod.Spec.Volumes, func(v corev1.Volume) bool {
		return v.HostPath != nil && (e.onHost || isBelow(v.HostPath.Path, e.source) || isBelow(e.source, v.HostPath.Path))
	})
}

func isBelow(inner, outer string) bool {
	return inner == outer || strings.HasPrefix(inner, strings.TrimSuffix(outer, "/")+"/")
}

// HoldSubPaths holds those directories of the container's sub paths that another container could exchange before the instance has
// mounted them. A single file cannot be held, as a volume of the engine is always a directory. What is not the directory that was
// resolved gives a *SubPathError. The caller removes the keeper when the instance has started, or will not, and the held volumes with
// RemoveHeld when the instance is gone.
func HoldSubPaths(ctx context.Context, engine SubPathEngine, p *Plan, c *corev1.Container, o HoldOptions) (Held, error) {
	var list []exchangeable
	for _, e := range p.exchangeable(c, o.MountOptions) {
		if e.contested(o) {
			list = append(list, e)
		}
	}
	if len(list) == 0 {
		return Held{}, nil
	}
	wanted, err := p.identities(ctx, engine, c, o, list)
	if err != nil {
		return Held{}, err
	}
	held := Held{Volumes: map[string]string{}}
	verb := []string{"identify"}
	var mounts []mount.Mount
	var checked []exchangeable
	var identities []string
	for i, e := range list {
		if !strings.HasPrefix(wanted[i], "d ") {
			continue
		}
		v := p.heldVolume(c, o.Attempt, len(mounts), path.Join(e.source, e.sub))
		held.Volumes[e.mountPath] = v.name
		mounts, checked, identities = append(mounts, v.mount()), append(checked, e), append(identities, wanted[i])
		verb = append(verb, v.target, ".")
	}
	if len(mounts) == 0 {
		return Held{}, nil
	}
	refuse := func(e exchangeable, err error) error {
		return &SubPathError{Volume: e.volume, Container: c.Name, Err: err}
	}
	if held.Keeper, err = network.StartKeeper(ctx, engine, o.Image, p.nodeID, string(p.pod.UID), mounts); err != nil {
		return Held{}, refuse(checked[0], err) // what is there now cannot be mounted
	}
	out, err := network.CallAgent(ctx, engine, held.Keeper, nil, verb...)
	if err != nil {
		return held, refuse(checked[0], err)
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != len(checked) {
		return held, refuse(checked[0], fmt.Errorf("the agent answered %d of %d", len(lines), len(checked)))
	}
	for i, found := range lines {
		if found != identities[i] {
			return held, refuse(checked[i], errors.New("it was exchanged after it had been resolved"))
		}
	}
	return held, nil
}

// identities are what the agent says of each sub path, in the order of the list.
func (p *Plan) identities(ctx context.Context, engine SubPathEngine, c *corev1.Container, o HoldOptions, list []exchangeable) ([]string, error) {
	found := make([]string, len(list))
	ask := func(onHost bool, call func(verb ...string) ([]byte, error)) error {
		verb, asked := []string{"identify"}, []int(nil)
		if onHost {
			verb = append(verb, "-host")
		}
		for i, e := range list {
			if e.onHost == onHost {
				verb, asked = append(verb, e.dir, e.sub), append(asked, i)
			}
		}
		if len(asked) == 0 {
			return nil
		}
		out, err := call(verb...)
		lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
		if err == nil && len(lines) != len(asked) {
			err = fmt.Errorf("the agent answered %d of %d", len(lines), len(asked))
		}
		if err != nil {
			return &SubPathError{Volume: list[asked[0]].volume, Container: c.Name, Err: err}
		}
		for i, line := range lines {
			found[asked[i]] = line
		}
		return nil
	}
	err := ask(false, func(verb ...string) ([]byte, error) { return network.CallAgent(ctx, engine, o.SandboxID, nil, verb...) })
	if err == nil {
		err = ask(true, func(verb ...string) ([]byte, error) {
			return network.RunHelper(ctx, engine, o.Image, p.nodeID, string(p.pod.UID), verb...)
		})
	}
	return found, err
}

// LabelHeld is on a held volume: the container and the attempt that it is for.
const LabelHeld = "podsim.io/held-for"

// heldInfix is in the names of held volumes, and in no other's: no volume of a pod has a dot in front.
const heldInfix = "_.held-"

func isHeld(volume string) bool { return strings.Contains(volume, heldInfix) }

func heldFor(container string, attempt int) string { return container + "." + strconv.Itoa(attempt) }

// heldOptions mount a directory of the engine's machine with what is mounted below it. The mount is private: should the path lead to a
// directory above the engine's own, whose mounts are shared, the end of this one would take the engine's mounts of all volumes along.
const heldOptions = "rbind,rprivate"

// heldVolume is the volume that is a directory of the engine's machine.
func (p *Plan) heldVolume(c *corev1.Container, attempt, index int, source string) *engineVolume {
	place := sha256.Sum256([]byte(source)) // a volume that is there is never mounted from elsewhere, whatever is asked for
	id := heldFor(c.Name, attempt) + "." + strconv.Itoa(index) + "." + hex.EncodeToString(place[:4])
	labels := podLabels(p.pod, Node{ID: p.nodeID})
	labels[LabelHeld] = heldFor(c.Name, attempt)
	return &engineVolume{
		name:    "podsim_" + string(p.pod.UID) + heldInfix + id,
		target:  path.Join(network.Root, "held", strconv.Itoa(index)),
		labels:  labels,
		options: map[string]string{"type": "none", "o": heldOptions, "device": source},
	}
}

// RemoveHeld removes the held volumes of an attempt that has ended. Those that are still used are no error: they go with the pod.
func RemoveHeld(ctx context.Context, engine VolumeEngine, podUID, container string, attempt int) error {
	return removeLabelled(ctx, engine, network.LabelPodUID+"="+podUID, LabelHeld+"="+heldFor(container, attempt))
}
