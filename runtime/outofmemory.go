package runtime

import (
	"context"

	"github.com/containerd/errdefs"
)

// endOutOfMemory kills an instance of which a process was killed for want of memory. Where control groups are of version 2, a node has
// the kernel kill all processes of the container together (S13.15); an engine lets it kill one, so that a child's end would leave a
// container running that no node would keep (S13.28). With version 1 a node lets the others live, too (seen on a kubelet v1.37.2).
func (n *Node) endOutOfMemory(ctx context.Context, id string) {
	err := n.engine.ContainerKill(ctx, id, "KILL")
	if err != nil && !errdefs.IsNotFound(err) && !errdefs.IsConflict(err) && ctx.Err() == nil {
		n.log.Warn("ending a container that ran out of memory", "id", id, "error", err)
	}
}
