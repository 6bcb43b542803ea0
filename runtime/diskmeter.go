package runtime

import (
	"context"
	"fmt"

	dockercontainer "github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/engine"
	"github.com/podsim/podsim/runtime/plan"
	"github.com/podsim/podsim/volumes"
)

// diskMeter measures what a pod takes of the disk.
type diskMeter struct {
	engine    engine.Engine
	sandboxID string
	volumes   *volumes.Plan
	logs      *logSizes // nil if the volumes alone count
}

// measure is what the pod takes now: its volumes and, if they count, what its containers wrote elsewhere.
func (m *diskMeter) measure(ctx context.Context, pod *corev1.Pod) (use plan.DiskUse, err error) {
	use.Volumes, err = volumes.Usage(ctx, m.engine, m.sandboxID, m.volumes)
	if err == nil && m.logs != nil {
		use.Containers, err = m.containers(ctx, pod)
	}
	return use, err
}

// containers are the bytes that each of the pod's containers has outside of volumes: what the running instance wrote, and what the logs
// of that and of ended ones hold.
func (m *diskMeter) containers(ctx context.Context, pod *corev1.Pod) (map[string]int64, error) {
	instances, err := m.engine.ContainerList(ctx, dockercontainer.ListOptions{All: true, Size: true, Filters: filters.NewArgs(
		filters.Arg("label", network.LabelPodUID+"="+string(pod.UID)),
		filters.Arg("label", network.LabelType+"="+network.TypeContainer))})
	if err != nil {
		return nil, fmt.Errorf("listing containers: %w", err)
	}
	used := map[string]int64{}
	for _, i := range instances {
		name := i.Labels[network.LabelContainerName]
		if i.State == dockercontainer.StateRunning {
			used[name] += i.SizeRw
		}
		if i.State != dockercontainer.StateCreated {
			used[name] += m.logs.of(ctx, i.ID, isTerminal(pod, name))
		}
	}
	return used, nil
}

// isTerminal reports whether the container's output is that of a terminal.
func isTerminal(pod *corev1.Pod, name string) bool {
	c, _ := podspec.FindContainer(pod, name)
	return c != nil && c.TTY
}
