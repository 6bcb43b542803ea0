package volumes

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network"
)

// HasAtomic reports whether any volume of the pod is written atomically (S11C), so that Update may have something to do.
func (p *Plan) HasAtomic() bool {
	return slices.ContainsFunc(p.volumes, func(v volume) bool { return v.payload != nil })
}

// Update brings the atomically written volumes of a running sandbox to what the objects now say (S11.23, S11.28). pod is the pod as it
// now is. With unsure every volume is compared with what is in it, else only those whose files are no more what the plan last wrote. A
// volume whose content cannot be had keeps what it has, and the error is then a MountErrors that names it; the others are updated.
func Update(ctx context.Context, engine network.ExecEngine, sandboxID string, p *Plan, pod *corev1.Pod, node Node, objects Objects, unsure bool) error {
	a := NewArchive(time.Now())
	written := map[*volume]payload{}
	var failures MountErrors
	for i := range p.volumes {
		v := &p.volumes[i]
		if v.payload == nil {
			continue
		}
		files, err := newPayload(pod, sourceOf(pod, v.name), node, objects)
		if err == nil {
			err = files.conflict()
		}
		if err != nil {
			failures = append(failures, &MountError{Volume: v.name, Err: err})
			continue
		}
		if !unsure && files.sameContent(v.payload) {
			continue
		}
		written[v] = files
		w := volumeWriter{archive: a, root: v.name, group: groupRule{gid: p.fsGroup(), readOnly: v.readOnly}}
		w.directory("", directoryMode)
		for _, name := range slices.Sorted(maps.Keys(files)) {
			w.file(name, files[name])
		}
		if w.err != nil {
			return fmt.Errorf("packing volume %q: %w", v.name, w.err)
		}
	}
	if len(written) > 0 {
		if err := update(ctx, engine, sandboxID, a); err != nil {
			return err
		}
	}
	for v, files := range written {
		v.payload = files
	}
	return failures.OrNil()
}

func update(ctx context.Context, engine network.ExecEngine, sandboxID string, a *Archive) error {
	content, err := a.Reader()
	if err != nil {
		return fmt.Errorf("packing the volumes: %w", err)
	}
	var all bytes.Buffer
	if _, err := io.Copy(&all, content); err != nil {
		return fmt.Errorf("packing the volumes: %w", err)
	}
	if _, err := network.CallAgent(ctx, engine, sandboxID, all.Bytes(), "update", network.VolumesDir); err != nil {
		return fmt.Errorf("updating volumes: %w", err)
	}
	return nil
}

// sourceOf is the volume of the pod's spec with that name.
func sourceOf(pod *corev1.Pod, name string) *corev1.Volume {
	i := slices.IndexFunc(pod.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == name })
	return &pod.Spec.Volumes[i] // the volumes of a pod never change
}

// sameContent reports whether two payloads have the same files with the same content. Their modes do not count: a change of nothing but
// a mode is not written (S11.23).
func (p payload) sameContent(other payload) bool {
	return maps.EqualFunc(p, other, func(a, b file) bool { return bytes.Equal(a.content, b.content) })
}

// conflict is an error when a file lies below the path of another file.
func (p payload) conflict() error {
	for _, name := range slices.Sorted(maps.Keys(p)) {
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			if _, ok := p[dir]; ok {
				return fmt.Errorf("mkdir %s: not a directory", dir)
			}
		}
	}
	return nil
}
