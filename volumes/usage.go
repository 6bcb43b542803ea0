package volumes

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/podsim/podsim/network"
)

// Usage is how many bytes of the disk those of the pod's volumes take that a node counts as the pod's own: emptyDirs on disk and
// configMaps (S8.50), by name. The sandbox must be running.
func Usage(ctx context.Context, engine network.ExecEngine, sandboxID string, p *Plan) (map[string]int64, error) {
	used := map[string]int64{}
	var names []string
	verb := []string{"usage"}
	for _, source := range p.pod.Spec.Volumes {
		onDisk := source.ConfigMap != nil || source.EmptyDir != nil && source.EmptyDir.Medium == ""
		if dir, mounted := p.SandboxPath(source.Name); mounted && onDisk {
			names, verb = append(names, source.Name), append(verb, dir)
		}
	}
	if len(names) == 0 {
		return used, nil
	}
	out, err := network.CallAgent(ctx, engine, sandboxID, nil, verb...)
	if err != nil {
		return nil, fmt.Errorf("measuring volumes: %w", err)
	}
	lines := strings.Fields(string(out))
	if len(lines) != len(names) {
		return nil, fmt.Errorf("measuring volumes: %d figures for %d volumes", len(lines), len(names))
	}
	for i, name := range names {
		if used[name], err = strconv.ParseInt(lines[i], 10, 64); err != nil {
			return nil, fmt.Errorf("measuring volumes: %w", err)
		}
	}
	return used, nil
}
