package runtime

import (
	"context"
	"fmt"
	"time"

	"github.com/docker/docker/api/types/mount"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/volumes"
)

// mounts resolves what one attempt of a container sees of the pod's volumes. It makes the sub paths and the termination log that it
// needs; the first attempt's log is there since the sandbox was filled.
func (w *worker) mounts(ctx context.Context, pod *corev1.Pod, c *corev1.Container, attempt int, env []podspec.EnvVar) ([]string, []mount.Mount, error) {
	subPaths, err := w.subPaths(ctx, c, env)
	if err != nil {
		return nil, nil, err
	}
	if _, kind := podspec.FindContainer(pod, c.Name); attempt > 0 || kind == podspec.Ephemeral {
		log := volumes.Meta{TerminationLogs: []string{volumes.TerminationLog(c.Name, attempt)}}
		if err := w.addToMeta(ctx, log); err != nil {
			return nil, nil, err
		}
	}
	options := volumes.MountOptions{
		Attempt:     attempt,
		APIVersion:  w.node.facts.APIVersion,
		Mountpoints: w.volumes.mountpoints,
		SubPaths:    subPaths,
	}
	if options.Held, err = w.hold(ctx, c, options); err != nil {
		return nil, nil, err
	}
	found, err := w.volumes.plan.Mounts(c, options)
	return found.Binds, found.Mounts, err
}

// subPaths are the container's sub paths by mount path, expanded, made and resolved (S11F).
func (w *worker) subPaths(ctx context.Context, c *corev1.Container, env []podspec.EnvVar) (map[string]string, error) {
	expanded := map[string]string{}
	for i := range c.VolumeMounts {
		sub, err := podspec.SubPath(&c.VolumeMounts[i], env)
		if err != nil {
			return nil, err
		}
		if sub != "" {
			expanded[c.VolumeMounts[i].MountPath] = sub
		}
	}
	if len(expanded) == 0 {
		return nil, nil
	}
	image, err := network.EnsureAgentImage(ctx, w.node.engine, w.node.facts.Arch)
	if err != nil {
		return nil, err
	}
	return volumes.ResolveSubPaths(ctx, w.node.engine, w.state.Sandbox.ID, image, w.volumes.plan, c, expanded)
}

// addToMeta writes more files into the meta volume of the running sandbox.
func (w *worker) addToMeta(ctx context.Context, meta volumes.Meta) error {
	archive := volumes.NewArchive(time.Now())
	if err := meta.Write(archive); err != nil {
		return fmt.Errorf("packing the pod's files: %w", err)
	}
	return volumes.Fill(ctx, w.node.engine, w.state.Sandbox.ID, archive)
}
