package enginetest

import (
	"context"

	"github.com/docker/docker/api/types/system"
)

// apiVersion is what the fake speaks.
const apiVersion = "1.41"

// Info tells of a machine with 4 processors and 8 GiB of memory.
func (c *Client) Info(ctx context.Context) (system.Info, error) {
	if err := c.enter(ctx, "Info", ""); err != nil {
		return system.Info{}, err
	}
	return system.Info{
		ID: "fake", Name: "machine", OSType: "linux", Architecture: "x86_64", NCPU: 4, MemTotal: 8 << 30,
		MemoryLimit: true, CPUCfsQuota: true, CPUShares: true, CgroupVersion: "2",
	}, nil
}

// ClientVersion is the version of the API.
func (c *Client) ClientVersion() string { return apiVersion }
