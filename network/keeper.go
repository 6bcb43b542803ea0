package network

import (
	"context"
	"fmt"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
)

// StartKeeper starts a container that does nothing but keep the mounts, with no network and no rights; CallAgent can look at them from
// inside. The engine mounts volumes no second time that something keeps. The caller removes the container. The other parameters are those
// of RunHelper.
func StartKeeper(ctx context.Context, engine HelperEngine, image, nodeID, podUID string, mounts []mount.Mount) (id string, err error) {
	keeper := newHelper(image, nodeID, podUID, nil, func(host *container.HostConfig) { host.Mounts = mounts })
	created, err := engine.ContainerCreate(ctx, keeper.config, keeper.host, nil, nil, "")
	if err != nil {
		return "", fmt.Errorf("creating a helper container: %w", err)
	}
	if err := engine.ContainerStart(ctx, created.ID, container.StartOptions{}); err != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removalTime)
		defer cancel()
		_ = engine.ContainerRemove(ctx, created.ID, container.RemoveOptions{Force: true}) // else it goes with the pod
		return "", fmt.Errorf("starting a helper container: %w", err)
	}
	return created.ID, nil
}
