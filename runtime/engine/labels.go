package engine

import (
	"context"
	"maps"
	"slices"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/network"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// WithLabels is the engine with labels put on each container and network that is made through it, and on the volumes that come with
// the containers, beside those that they are to have anyway. A volume that is there already keeps its own.
func WithLabels(e Engine, labels map[string]string) Engine {
	if len(labels) == 0 {
		return e
	}
	return labelling{e, labels}
}

type labelling struct {
	Engine
	labels map[string]string
}

// and is the labels with those that a thing is to have anyway, which prevail.
func (l labelling) and(own map[string]string) map[string]string {
	all := maps.Clone(l.labels)
	maps.Copy(all, own)
	return all
}

func (l labelling) ContainerCreate(ctx context.Context, config *container.Config, host *container.HostConfig, networking *network.NetworkingConfig,
	platform *ocispec.Platform, name string) (container.CreateResponse, error) {
	labelled := *config
	labelled.Labels = l.and(config.Labels)
	if host != nil {
		mounting := *host
		mounting.Mounts = l.mounts(host.Mounts)
		host = &mounting
	}
	return l.Engine.ContainerCreate(ctx, &labelled, host, networking, platform, name)
}

// mounts are the same with labels for the volumes that are made for them.
func (l labelling) mounts(all []mount.Mount) []mount.Mount {
	all = slices.Clone(all)
	for i, m := range all {
		if m.Type != mount.TypeVolume {
			continue
		}
		options := mount.VolumeOptions{}
		if m.VolumeOptions != nil {
			options = *m.VolumeOptions
		}
		options.Labels = l.and(options.Labels)
		all[i].VolumeOptions = &options
	}
	return all
}

func (l labelling) NetworkCreate(ctx context.Context, name string, options network.CreateOptions) (network.CreateResponse, error) {
	options.Labels = l.and(options.Labels)
	return l.Engine.NetworkCreate(ctx, name, options)
}
