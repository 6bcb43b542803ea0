package volumes

import (
	"errors"
	"fmt"
	"path"

	"github.com/docker/docker/api/types/mount"
	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/podspec"
)

// Objects are the objects that volumes take their content from.
type Objects interface {
	ConfigMap(namespace, name string) (*corev1.ConfigMap, bool)
	Secret(namespace, name string) (*corev1.Secret, bool)
	// ServiceAccountToken is a token of the pod's service account that is good for a while: the same at each call until it is due to be
	// replaced. source must be defaulted.
	ServiceAccountToken(pod *corev1.Pod, source *corev1.ServiceAccountTokenProjection) (string, error)
	// TrustBundles are all bundles of trust anchors.
	TrustBundles() []*certificatesv1.ClusterTrustBundle
}

// Node is what volumes need to know of the node.
type Node struct {
	// ID is the node's identity, for the labels of what is made for its pods.
	ID string
	// Allocatable is what the node has to give: its memory bounds memory volumes (S11.11), and limits that are not set amount to it
	// (S9.21).
	Allocatable corev1.ResourceList
}

// Plan is what the volumes of one pod are. It holds those that at least one container mounts (S11.2), in the order of
// the pod's spec.
type Plan struct {
	pod     *corev1.Pod
	nodeID  string
	volumes []volume
	secrets engineVolume
	meta    engineVolume
}

// volume is a mounted volume of the pod. Either engine or hostPath is set.
type volume struct {
	name     string
	engine   *engineVolume
	hostPath *corev1.HostPathVolumeSource

	claim    bool    // the content is the user's: nothing is put into it
	readOnly bool    // no container may write to it (S11.8)
	image    bool    // the content is an image's (S11.46)
	rootMode int64   // of an engine volume that is the pod's own
	payload  payload // nil if the volume is not written atomically (S11C)
}

// inMemory reports whether the volume is a tmpfs, which lasts as long as the sandbox.
func (v volume) inMemory() bool { return v.engine.options["type"] == "tmpfs" }

// engineVolume is a volume as the engine knows it.
type engineVolume struct {
	name    string
	target  string // where the sandbox has it
	labels  map[string]string
	options map[string]string // of the driver "local"
}

// NewPlan decides what the volumes of a pod are. pod must be defaulted and have its UID. The error is a MountErrors:
// no container of the pod may start before all of them are gone (S11.3). The plan is there all the same, with volumes that have no
// files where their content is what is wrong: for a pod that was set up before, and keeps what its volumes have.
func NewPlan(pod *corev1.Pod, node Node, objects Objects) (*Plan, error) {
	uid := string(pod.UID)
	tmpfs := tmpfsOptions(memorySize(pod, nil, node.Allocatable))
	plan := &Plan{
		pod:     pod,
		nodeID:  node.ID,
		meta:    engineVolume{MetaName(uid), network.MetaDir, podLabels(pod, node), nil},
		secrets: engineVolume{SecretsName(uid), network.SecretsDir, podLabels(pod, node), tmpfs},
	}
	mounted := Mounted(pod)
	var failures MountErrors
	for i := range pod.Spec.Volumes {
		source := &pod.Spec.Volumes[i]
		if !mounted[source.Name] {
			continue
		}
		v, err := newVolume(pod, source, node, objects)
		if err != nil {
			failures = append(failures, &MountError{Volume: source.Name, Err: err})
		}
		if v.name != "" {
			plan.volumes = append(plan.volumes, v)
		}
	}
	return plan, failures.OrNil()
}

// errNotSetUp is the fate of an ephemeral container that mounts what no other container does: it came after the volumes.
var errNotSetUp = errors.New("it is not set up, because no init container and no main of the pod mounts it")

// Mounted are the names of the volumes that any container of the pod uses (S11.2) but an ephemeral one: those come when the
// pod's sandbox is there, which cannot be given more volumes.
func Mounted(pod *corev1.Pod) map[string]bool {
	mounted := map[string]bool{}
	for _, containers := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for _, c := range containers {
			for _, m := range c.VolumeMounts {
				mounted[m.Name] = true
			}
			for _, d := range c.VolumeDevices {
				mounted[d.Name] = true
			}
		}
	}
	return mounted
}

// The modes of the roots of volumes (S11.10, S11.11, S11.20).
const (
	diskRootMode  = 0o777
	tmpfsRootMode = 0o1777
)

func newVolume(pod *corev1.Pod, source *corev1.Volume, node Node, objects Objects) (volume, error) {
	switch {
	case source.HostPath != nil:
		return volume{name: source.Name, hostPath: source.HostPath}, nil
	case source.EmptyDir != nil:
		return newEmptyDir(pod, source, node)
	case source.Image != nil:
		return newImage(pod, source, node), nil
	case source.PersistentVolumeClaim != nil:
		return newClaim(pod, source), nil
	case source.Ephemeral != nil:
		return newEphemeral(pod, source, node), nil
	case isAtomic(source):
		return newAtomic(pod, source, node, objects)
	}
	return volume{}, fmt.Errorf("podsim does not support this kind of volume")
}

func newEmptyDir(pod *corev1.Pod, source *corev1.Volume, node Node) (volume, error) {
	switch medium := source.EmptyDir.Medium; medium {
	case corev1.StorageMediumDefault:
		return ownVolume(pod, node, source.Name, diskRootMode, nil), nil
	case corev1.StorageMediumMemory:
		size := memorySize(pod, source.EmptyDir.SizeLimit, node.Allocatable)
		return ownVolume(pod, node, source.Name, tmpfsRootMode, tmpfsOptions(size)), nil
	default:
		return volume{}, fmt.Errorf("unknown storage medium %q", medium)
	}
}

// newAtomic is a volume with content from objects of the API: a ConfigMap's on disk, the others' in memory (S11.20).
func newAtomic(pod *corev1.Pod, source *corev1.Volume, node Node, objects Objects) (volume, error) {
	var v volume
	if source.ConfigMap != nil {
		v = ownVolume(pod, node, source.Name, diskRootMode, nil)
	} else {
		v = ownVolume(pod, node, source.Name, tmpfsRootMode, tmpfsOptions(memorySize(pod, nil, node.Allocatable)))
	}
	var err error
	v.readOnly = true
	if v.payload, err = newPayload(pod, source, node, objects); err != nil {
		v.payload = payload{}
	}
	return v, err
}

// ownVolume is a volume that lives and ends with the pod.
func ownVolume(pod *corev1.Pod, node Node, name string, rootMode int64, options map[string]string) volume {
	return volume{name: name, rootMode: rootMode, engine: &engineVolume{
		name:    EngineName(string(pod.UID), name),
		target:  path.Join(network.VolumesDir, name),
		labels:  podLabels(pod, node),
		options: options,
	}}
}

// newClaim is the volume of a claim; which of the pod's volumes uses it does not matter to its name.
func newClaim(pod *corev1.Pod, source *corev1.Volume) volume {
	claim := source.PersistentVolumeClaim
	return volume{name: source.Name, claim: true, readOnly: claim.ReadOnly, engine: &engineVolume{
		name:   ClaimName(pod.Namespace, claim.ClaimName),
		target: path.Join(network.VolumesDir, source.Name),
		labels: map[string]string{
			network.LabelManaged:   "true",
			network.LabelNamespace: pod.Namespace,
			LabelClaim:             claim.ClaimName,
		},
	}}
}

// newEphemeral is the volume of a claim that is the pod's own and goes with it (S11.45).
func newEphemeral(pod *corev1.Pod, source *corev1.Volume, node Node) volume {
	return volume{name: source.Name, claim: true, engine: &engineVolume{
		name:   ClaimName(pod.Namespace, podspec.EphemeralClaimName(pod, source)),
		target: path.Join(network.VolumesDir, source.Name),
		labels: podLabels(pod, node),
	}}
}

func podLabels(pod *corev1.Pod, node Node) map[string]string {
	return map[string]string{
		network.LabelManaged:   "true",
		network.LabelNamespace: pod.Namespace,
		network.LabelPodUID:    string(pod.UID),
		network.LabelNode:      node.ID,
	}
}

// SandboxMounts are the mounts of the pod's sandbox: all engine volumes, hostPath excepted. The engine creates those
// that it does not have when it creates the sandbox, with their labels and driver options, and they stay mounted as
// long as the sandbox runs: that keeps memory volumes alive between containers.
func (p *Plan) SandboxMounts() []mount.Mount {
	mounts := []mount.Mount{p.meta.mount(), p.secrets.mount()}
	for _, v := range p.volumes {
		if v.engine != nil {
			mounts = append(mounts, v.engine.mount())
		}
	}
	return mounts
}

// mount never copies the image's content into an empty volume (S11.5).
func (v *engineVolume) mount() mount.Mount {
	return mount.Mount{
		Type:   mount.TypeVolume,
		Source: v.name,
		Target: v.target,
		VolumeOptions: &mount.VolumeOptions{
			NoCopy:       true,
			Labels:       v.labels,
			DriverConfig: &mount.Driver{Name: "local", Options: v.options},
		},
	}
}

// volume returns the mounted volume of that name.
func (p *Plan) volume(name string) (*volume, bool) {
	for i := range p.volumes {
		if p.volumes[i].name == name {
			return &p.volumes[i], true
		}
	}
	return nil, false
}

// root is where the sandbox has what containers see of the volume.
func (v *volume) root() string { return path.Join(v.engine.target, v.inner()) }

// inner is the directory of an engine volume that containers see; "" for the whole.
func (v *volume) inner() string {
	if v.image {
		return imageDir
	}
	return ""
}

// SandboxPath is where the pod's sandbox has a volume of the pod. It is false for one that no container mounts (S11.2), and for a
// hostPath.
func (p *Plan) SandboxPath(name string) (string, bool) {
	v, ok := p.volume(name)
	if !ok || v.engine == nil {
		return "", false
	}
	return v.root(), true
}

// IsClaim reports whether a volume of the pod is a claim's, whose data may be there for other pods.
func (p *Plan) IsClaim(name string) bool {
	v, ok := p.volume(name)
	return ok && v.claim
}

// DiskMount has a container beside the sandbox see a volume of the pod at its SandboxPath. It is false for one without that path, and for
// one in memory, of which only the running sandbox has the content.
func (p *Plan) DiskMount(name string) (mount.Mount, bool) {
	v, ok := p.volume(name)
	if !ok || v.engine == nil || v.inMemory() {
		return mount.Mount{}, false
	}
	return v.engine.mount(), true
}

// groupOf is what the pod's fsGroup means for a volume: for an image's files nothing.
func (p *Plan) groupOf(v volume) groupRule {
	if v.image {
		return groupRule{}
	}
	return groupRule{gid: p.fsGroup(), readOnly: v.readOnly}
}

// fsGroup is the pod's group for volumes; nil if it has none.
func (p *Plan) fsGroup() *int64 {
	if p.pod.Spec.SecurityContext == nil {
		return nil
	}
	return p.pod.Spec.SecurityContext.FSGroup
}
