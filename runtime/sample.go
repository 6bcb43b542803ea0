package runtime

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	dockercontainer "github.com/docker/docker/api/types/container"
)

// sample is what an instance has used at one moment.
type sample struct {
	at time.Time
	// cpu is the processor time since its start.
	cpu time.Duration
	// memory is all that counts against its limit, workingSet what of that cannot be given back at once, both in bytes.
	memory, workingSet int64
}

// sample asks the engine what an instance uses.
func (n *Node) sample(ctx context.Context, id string) (sample, error) {
	answer, err := n.engine.ContainerStatsOneShot(ctx, id)
	if err != nil {
		return sample{}, fmt.Errorf("measuring an instance: %w", err)
	}
	defer answer.Body.Close()
	var stats dockercontainer.StatsResponse
	if err := json.NewDecoder(answer.Body).Decode(&stats); err != nil {
		return sample{}, fmt.Errorf("measuring an instance: %w", err)
	}
	return sampleOf(stats), nil
}

// sampleOf reads an engine's answer. The working set is the use without inactive pages of files, which the two versions of cgroups name
// differently, as a kubelet counts it.
func sampleOf(stats dockercontainer.StatsResponse) sample {
	s := sample{at: stats.Read, cpu: time.Duration(stats.CPUStats.CPUUsage.TotalUsage), memory: int64(stats.MemoryStats.Usage)}
	inactive, ok := stats.MemoryStats.Stats["total_inactive_file"]
	if !ok {
		inactive = stats.MemoryStats.Stats["inactive_file"]
	}
	s.workingSet = max(s.memory-int64(inactive), 0)
	return s
}
