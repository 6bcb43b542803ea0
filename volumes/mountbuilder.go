package volumes

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/versions"
	corev1 "k8s.io/api/core/v1"
)

// place is how something is mounted in an instance.
type place struct {
	target       string
	readOnly     bool
	recursive    recursion
	propagation  mount.Propagation
	createSource bool // the engine makes a missing source, a directory 0755 root, instead of refusing it (S11.42)
}

// recursion is how far a read-only mount reaches (S11.55, S11.56).
type recursion int

const (
	notRecursive recursion = iota
	recursiveIfPossible
	recursiveOrFail
)

// mountBuilder collects the mounts of an instance in the order in which they are applied.
type mountBuilder struct {
	options MountOptions
	made    []madeMount
}

// madeMount is one mount, in one of the two notations.
type madeMount struct {
	target string
	bind   string
	mount  mount.Mount
}

func (b *mountBuilder) engineHas(apiVersion string) bool {
	return versions.GreaterThanOrEqualTo(b.options.APIVersion, apiVersion)
}

func (b *mountBuilder) recursiveReadOnly(m *corev1.VolumeMount) (recursion, error) {
	if m.RecursiveReadOnly == nil {
		return notRecursive, nil
	}
	switch *m.RecursiveReadOnly {
	case corev1.RecursiveReadOnlyIfPossible:
		return recursiveIfPossible, nil
	case corev1.RecursiveReadOnlyEnabled:
		if !b.engineHas("1.44") {
			return notRecursive, fmt.Errorf("failed to resolve recursive read-only mode: volume %q requested recursive read-only mode, but it is not supported by the runtime", m.Name)
		}
		return recursiveOrFail, nil
	}
	return notRecursive, nil
}

// volume mounts an engine volume, or with sub a path in it. Engines before API 1.45 have no sub paths, and no engine
// has propagation for volumes: there the volume's path on the engine's machine is bound.
func (b *mountBuilder) volume(name, sub string, at place) error {
	whole := sub == "" || sub == "."
	if at.propagation != "" || !whole && !b.engineHas("1.45") {
		mountpoint, ok := b.options.Mountpoints[name]
		if !ok {
			return fmt.Errorf("mounting %s: the engine did not say where the volume %s is", at.target, name)
		}
		b.bind(path.Join(mountpoint, sub), at)
		return nil
	}
	options := &mount.VolumeOptions{NoCopy: true}
	if !whole {
		options.Subpath = sub
	}
	b.add(madeMount{target: at.target, mount: mount.Mount{
		Type: mount.TypeVolume, Source: name, Target: at.target, ReadOnly: at.readOnly, VolumeOptions: options,
	}})
	return nil
}

// managedFile mounts a file of the meta volume that may not be there yet.
func (b *mountBuilder) managedFile(volume, name, target string, readOnly bool) {
	at := place{target: target, readOnly: readOnly, createSource: true}
	if b.engineHas("1.45") {
		b.add(madeMount{target: target, mount: mount.Mount{
			Type: mount.TypeVolume, Source: volume, Target: target, ReadOnly: readOnly,
			VolumeOptions: &mount.VolumeOptions{NoCopy: true, Subpath: name},
		}})
		return
	}
	b.bind(path.Join(b.options.Mountpoints[volume], name), at)
}

// bind mounts a path of the engine's machine. Before API 1.42 only the notation of Binds lets a source be missing, but
// it has no way to write a colon.
func (b *mountBuilder) bind(source string, at place) {
	if at.createSource && !b.engineHas("1.42") && !strings.Contains(source+at.target, ":") {
		b.add(madeMount{target: at.target, bind: bindNotation(source, at)})
		return
	}
	options := &mount.BindOptions{Propagation: at.propagation}
	if b.engineHas("1.42") {
		options.CreateMountpoint = at.createSource
	}
	if at.readOnly && b.engineHas("1.44") {
		options.ReadOnlyNonRecursive = at.recursive == notRecursive
		options.ReadOnlyForceRecursive = at.recursive == recursiveOrFail
	}
	b.add(madeMount{target: at.target, mount: mount.Mount{
		Type: mount.TypeBind, Source: source, Target: at.target, ReadOnly: at.readOnly, BindOptions: options,
	}})
}

func bindNotation(source string, at place) string {
	var modes []string
	if at.readOnly {
		modes = append(modes, "ro")
	}
	if at.propagation != "" {
		modes = append(modes, string(at.propagation))
	}
	if len(modes) == 0 {
		return source + ":" + at.target
	}
	return source + ":" + at.target + ":" + strings.Join(modes, ",")
}

func (b *mountBuilder) has(target string) bool {
	return slices.ContainsFunc(b.made, func(m madeMount) bool { return m.target == target })
}

func (b *mountBuilder) add(m madeMount) {
	b.made = slices.DeleteFunc(b.made, func(old madeMount) bool { return old.target == m.target })
	b.made = append(b.made, m)
}

// mounts returns what was collected, ordered by the number of path components, so that mounts nest whatever the order
// of the spec (S11.6).
func (b *mountBuilder) mounts() Mounts {
	slices.SortStableFunc(b.made, func(a, b madeMount) int {
		return cmp.Compare(strings.Count(a.target, "/"), strings.Count(b.target, "/"))
	})
	var all Mounts
	for _, m := range b.made {
		if m.bind != "" {
			all.Binds = append(all.Binds, m.bind)
		} else {
			all.Mounts = append(all.Mounts, m.mount)
		}
	}
	return all
}
