package volumes

import (
	"fmt"
	"path"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	corev1 "k8s.io/api/core/v1"
)

// MountOptions is what the mounts of one instance depend on beside its pod.
type MountOptions struct {
	// Attempt is the attempt of the instance, from 0; it names the instance's termination log.
	Attempt int
	// APIVersion is the engine's, as negotiated, such as "1.41".
	APIVersion string
	// Mountpoints are the paths of the engine volumes on the engine's machine, by engine name. They are needed below
	// API 1.45, and above it for mount propagation only.
	Mountpoints map[string]string
	// SubPaths are the resolved sub paths of the container's volumeMounts by mountPath, as ResolveSubPaths returns
	// them. A volumeMount that is not in it mounts the whole volume.
	SubPaths map[string]string
	// Held are the volumes by mountPath that HoldSubPaths returned for some of them.
	Held map[string]string
}

// Mounts are the mounts of one instance in the engine's two notations.
type Mounts struct {
	Binds  []string
	Mounts []mount.Mount
}

// Mountpoints are the paths of engine volumes on the engine's machine, by engine name, from the mounts of an inspected
// sandbox.
func Mountpoints(sandbox []container.MountPoint) map[string]string {
	paths := map[string]string{}
	for _, m := range sandbox {
		if m.Type == mount.TypeVolume {
			paths[m.Name] = m.Source
		}
	}
	return paths
}

// Mounts are the mounts of an instance of a container of the pod: its volumes, and the files that the node manages
// (S10.1, S10.13, S10.23, S10.30). The instance may be created before the managed files are there, but not started. Of
// two mounts at one place the later one stays, which is what a later mount over it amounts to.
func (p *Plan) Mounts(c *corev1.Container, o MountOptions) (Mounts, error) {
	b := &mountBuilder{options: o}
	for i := range c.VolumeMounts {
		if err := p.mountVolume(b, &c.VolumeMounts[i]); err != nil {
			return Mounts{}, err
		}
	}
	p.mountManagedFiles(b, c)
	return b.mounts(), nil
}

func (p *Plan) mountVolume(b *mountBuilder, m *corev1.VolumeMount) error {
	v, ok := p.volume(m.Name)
	if !ok {
		return fmt.Errorf("mounting volume %q: %w", m.Name, errNotSetUp)
	}
	at := place{target: absolute(m.MountPath), readOnly: m.ReadOnly || v.readOnly, propagation: propagation(m.MountPropagation)}
	var err error
	if at.recursive, err = b.recursiveReadOnly(m); err != nil {
		return err
	}
	if held, ok := b.options.Held[m.MountPath]; ok {
		return b.volume(held, "", at)
	}
	sub := b.options.SubPaths[m.MountPath]
	if v.hostPath != nil {
		at.createSource = sub == "" && isUnchecked(v.hostPath)
		b.bind(path.Join("/", v.hostPath.Path, sub), at)
		return nil
	}
	return b.volume(v.engine.name, path.Join(v.inner(), sub), at)
}

// mountManagedFiles adds the files that a node gives to every container, except where the container has a mount of its
// own. With a read-only root file system the name and resolver files are read-only too (S12.9).
func (p *Plan) mountManagedFiles(b *mountBuilder, c *corev1.Container) {
	readOnlyRoot := c.SecurityContext != nil && c.SecurityContext.ReadOnlyRootFilesystem != nil && *c.SecurityContext.ReadOnlyRootFilesystem
	managed := func(name, target string, readOnly bool) {
		if !b.has(target) {
			b.managedFile(p.meta.name, name, target, readOnly)
		}
	}
	managed(HostsFile, "/etc/hosts", false)
	managed(ResolvConfFile, "/etc/resolv.conf", readOnlyRoot)
	managed(HostnameFile, "/etc/hostname", readOnlyRoot)
	if c.TerminationMessagePath != "" {
		b.managedFile(p.meta.name, TerminationLog(c.Name, b.options.Attempt), absolute(c.TerminationMessagePath), false)
	}
}

// propagation is the engine's word for a mountPropagation (S11.55), empty for None: the engine then takes rprivate, or
// for a source below its own directories, where it refuses that, rslave.
func propagation(mode *corev1.MountPropagationMode) mount.Propagation {
	if mode == nil {
		return ""
	}
	switch *mode {
	case corev1.MountPropagationHostToContainer:
		return mount.PropagationRSlave
	case corev1.MountPropagationBidirectional:
		return mount.PropagationRShared
	}
	return ""
}
