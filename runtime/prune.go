package runtime

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	dockercontainer "github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	dockernetwork "github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/runtime/build"
	"github.com/podsim/podsim/runtime/engine"
	"github.com/podsim/podsim/volumes"
)

// PruneOptions say what Prune removes.
type PruneOptions struct {
	// Volumes also removes the volumes of claims that no container uses. Their data is lost.
	Volumes bool
	// DryRun removes nothing.
	DryRun bool
}

// Prune removes what podsim made on an engine and nobody can use any more, whichever node made it: containers and volumes of pods
// without a sandbox, networks without containers, and images that were built for pods that are gone. It returns what it removed, or would remove, a line each.
func Prune(ctx context.Context, e engine.Engine, options PruneOptions) ([]string, error) {
	p := pruner{engine: e, options: options}
	if err := p.look(ctx); err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) error{p.removeContainers, p.removeVolumes, p.removeNetworks, p.removeImages} {
		if err := step(ctx); err != nil {
			return p.removed, err
		}
	}
	return p.removed, nil
}

// pruner works on what it saw in one look. It looks at what pods own before it looks at the pods, so that nothing of a pod that is
// being set up meanwhile counts as left over.
type pruner struct {
	engine     engine.Engine
	options    PruneOptions
	volumes    []*volume.Volume
	networks   []dockernetwork.Summary
	containers []dockercontainer.Summary
	removed    []string
}

func managed() filters.Args {
	return filters.NewArgs(filters.Arg("label", network.LabelManaged+"=true"))
}

func (p *pruner) look(ctx context.Context) error {
	found, err := within(ctx, func(ctx context.Context) (volume.ListResponse, error) {
		return p.engine.VolumeList(ctx, volume.ListOptions{Filters: managed()})
	})
	if err != nil {
		return fmt.Errorf("listing podsim's volumes: %w", err)
	}
	p.volumes = found.Volumes
	p.networks, err = within(ctx, func(ctx context.Context) ([]dockernetwork.Summary, error) {
		return p.engine.NetworkList(ctx, dockernetwork.ListOptions{Filters: managed()})
	})
	if err != nil {
		return fmt.Errorf("listing podsim's networks: %w", err)
	}
	return p.lookAtContainers(ctx)
}

func (p *pruner) lookAtContainers(ctx context.Context) (err error) {
	p.containers, err = within(ctx, func(ctx context.Context) ([]dockercontainer.Summary, error) {
		return p.engine.ContainerList(ctx, dockercontainer.ListOptions{All: true, Filters: managed()})
	})
	if err != nil {
		return fmt.Errorf("listing podsim's containers: %w", err)
	}
	return nil
}

// alive are the values that the label has on the sandboxes.
func (p *pruner) alive(label string) map[string]bool {
	values := map[string]bool{}
	for _, c := range p.containers {
		if c.Labels[network.LabelType] == network.TypeSandbox {
			values[c.Labels[label]] = true
		}
	}
	return values
}

// removeContainers removes the containers of pods without a sandbox, and the routers of nodes without one. A helper that runs prepares a pod that has none yet.
func (p *pruner) removeContainers(ctx context.Context) error {
	pods, nodes := p.alive(network.LabelPodUID), p.alive(network.LabelNode)
	for _, c := range p.containers {
		if c.Labels[network.LabelType] == network.TypeRouter && nodes[c.Labels[network.LabelNode]] {
			continue
		}
		helper := c.Labels[network.LabelType] == ""
		if pods[c.Labels[network.LabelPodUID]] || helper && c.State == dockercontainer.StateRunning {
			continue
		}
		name := c.ID // an engine may list a container without a name, as one that is being removed
		if len(c.Names) > 0 {
			name = strings.TrimPrefix(c.Names[0], "/")
		}
		err := p.remove(ctx, "container "+name, func(ctx context.Context) error {
			return p.engine.ContainerRemove(ctx, c.ID, dockercontainer.RemoveOptions{Force: true, RemoveVolumes: true})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *pruner) removeVolumes(ctx context.Context) error {
	pods := p.alive(network.LabelPodUID)
	for _, v := range p.volumes {
		_, claim := v.Labels[volumes.LabelClaim]
		if claim && !p.options.Volumes || pods[v.Labels[network.LabelPodUID]] {
			continue
		}
		if err := p.remove(ctx, "volume "+v.Name, func(ctx context.Context) error { return p.engine.VolumeRemove(ctx, v.Name, false) }); err != nil {
			return err
		}
	}
	return nil
}

func (p *pruner) removeNetworks(ctx context.Context) error {
	namespaces := p.alive(network.LabelPodNamespace)
	for _, n := range p.networks {
		if namespaces[n.Labels[network.LabelNamespace]] {
			continue
		}
		if err := p.remove(ctx, "network "+n.Name, func(ctx context.Context) error { return p.engine.NetworkRemove(ctx, n.ID) }); err != nil {
			return err
		}
	}
	return nil
}

// removeImages removes the images that were built for containers, but those that are in use, or that a pod may still ask for.
func (p *pruner) removeImages(ctx context.Context) error {
	unused, err := within(ctx, func(ctx context.Context) ([]build.Built, error) { return build.Unused(ctx, p.engine) })
	if err != nil || len(unused) == 0 {
		return err
	}
	if err := p.lookAtContainers(ctx); err != nil {
		return err
	}
	for _, b := range unused {
		if p.anyOf(b.For) {
			continue
		}
		if err := p.remove(ctx, "image "+b.Ref, func(ctx context.Context) error { return b.Remove(ctx, p.engine) }); err != nil {
			return err
		}
	}
	return nil
}

// anyOf reports whether a pod is there, or one of a workload may be, that the container is one of.
func (p *pruner) anyOf(c build.Container) bool {
	return slices.ContainsFunc(p.containers, func(there dockercontainer.Summary) bool {
		name := there.Labels[network.LabelPodName]
		return there.Labels[network.LabelType] == network.TypeSandbox && there.Labels[network.LabelPodNamespace] == c.Namespace &&
			(name == c.Owner || strings.HasPrefix(name, c.Owner+"-"))
	})
}

// remove does what is asked unless it is only to be shown. What somebody uses after all stays.
func (p *pruner) remove(ctx context.Context, what string, do func(context.Context) error) error {
	if !p.options.DryRun {
		_, err := within(ctx, func(ctx context.Context) (struct{}, error) { return struct{}{}, do(ctx) })
		if errdefs.IsConflict(err) || errdefs.IsPermissionDenied(err) || errdefs.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("removing %s: %w", what, err)
		}
	}
	p.removed = append(p.removed, what)
	return nil
}
