package enginetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
)

// ContainerUpdate changes the limits of a container; what is 0 stays as it is.
func (c *Client) ContainerUpdate(ctx context.Context, id string, config container.UpdateConfig) (container.UpdateResponse, error) {
	if err := c.enter(ctx, "ContainerUpdate", id); err != nil {
		return container.UpdateResponse{}, err
	}
	return container.UpdateResponse{}, c.machine.answered("ContainerUpdate", func() error {
		e := c.machine
		e.mu.Lock()
		defer e.mu.Unlock()
		found, err := e.find(id)
		if err != nil {
			return err
		}
		host := *found.host
		setUnlessZero(&host.CPUShares, config.CPUShares)
		setUnlessZero(&host.CPUQuota, config.CPUQuota)
		setUnlessZero(&host.CPUPeriod, config.CPUPeriod)
		setUnlessZero(&host.Memory, config.Memory)
		setUnlessZero(&host.MemorySwap, config.MemorySwap)
		found.host = &host
		return nil
	})
}

func setUnlessZero(field *int64, value int64) {
	if value != 0 {
		*field = value
	}
}

// ContainerStatsOneShot tells what a running container uses: one processor all the time, and the memory of its script.
func (c *Client) ContainerStatsOneShot(ctx context.Context, id string) (container.StatsResponseReader, error) {
	if err := c.enter(ctx, "ContainerStatsOneShot", id); err != nil {
		return container.StatsResponseReader{}, err
	}
	e := c.machine
	e.mu.Lock()
	defer e.mu.Unlock()
	found, err := e.find(id)
	if err != nil {
		return container.StatsResponseReader{}, err
	}
	if !found.running() {
		return container.StatsResponseReader{}, fmt.Errorf("container %s is not running: %w", id, errdefs.ErrConflict)
	}
	stats := container.StatsResponse{ID: found.id, Read: time.Now()}
	stats.CPUStats.CPUUsage.TotalUsage = uint64(time.Since(found.started))
	stats.MemoryStats.Usage = uint64(found.run.Memory)
	text, err := json.Marshal(stats)
	return container.StatsResponseReader{Body: io.NopCloser(bytes.NewReader(text)), OSType: "linux"}, err
}
