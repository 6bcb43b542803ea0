package enginetest

import (
	"context"

	"github.com/docker/docker/api/types/system"
)

// apiVersion is what the fake speaks.
const apiVersion = "1.41"

// SetCgroupVersion says of which version the machine's control groups are; it is "2" unless set.
func (e *Engine) SetCgroupVersion(version string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.cgroups = version
}

// Info tells of a machine with 4 processors and 8 GiB of memory.
func (c *Client) Info(ctx context.Context) (system.Info, error) {
	if err := c.enter(ctx, "Info", ""); err != nil {
		return system.Info{}, err
	}
	c.machine.mu.Lock()
	version := c.machine.cgroups
	c.machine.mu.Unlock()
	return system.Info{
		ID: "fake", Name: "machine", OSType: "linux", Architecture: "x86_64", NCPU: 4, MemTotal: 8 << 30,
		MemoryLimit: true, SwapLimit: true, CPUCfsQuota: true, CPUShares: true, CgroupVersion: version,
		KernelVersion: "6.1.0", SecurityOptions: []string{"name=seccomp,profile=default"},
	}, nil
}

// ClientVersion is the version of the API.
func (c *Client) ClientVersion() string { return apiVersion }
