package runtime

import (
	"context"
	"time"

	"github.com/containerd/errdefs"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/plan"
	"github.com/podsim/podsim/runtime/status"
)

// diskInterval is how often it is measured what a pod takes of the disk (S8.50).
const diskInterval = 10 * time.Second

// diskWatch is the goroutine that evicts a pod for what it takes of the disk. It measures through one sandbox, and ends with that.
type diskWatch struct {
	sandboxID string // "" if nothing is watched
	stop      context.CancelFunc
}

// watchDisk sees to it that a pod with limits of disk space is watched; others cost nothing.
func (w *worker) watchDisk(pod *corev1.Pod) {
	limited, containersCount := plan.LimitsDisk(pod)
	sandbox := w.state.Sandbox.ID
	if !limited || w.disk.sandboxID == sandbox {
		return
	}
	if w.disk.stop != nil {
		w.disk.stop()
	}
	ctx, stop := context.WithCancel(w.ctx)
	w.disk = diskWatch{sandbox, stop}
	meter := &diskMeter{engine: w.node.engine, sandboxID: sandbox, volumes: w.volumes.plan}
	if containersCount {
		meter.logs = newLogSizes(w)
	}
	w.background.Go(func() {
		if message := w.awaitOveruse(ctx, meter); message != "" {
			w.evicted.Store(&message)
			w.inbox.nudge()
		}
	})
}

// awaitOveruse measures until the pod takes more of the disk than it may, and tells what it is about; "" if the context ends first.
func (w *worker) awaitOveruse(ctx context.Context, meter *diskMeter) string {
	tick := time.NewTicker(diskInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ""
		case <-tick.C:
		}
		pod, ok := w.pod()
		if !ok {
			return ""
		}
		use, err := meter.measure(ctx, pod)
		switch {
		case ctx.Err() != nil, errdefs.IsConflict(err), errdefs.IsNotFound(err): // a sandbox that has ended is met elsewhere
		case err != nil:
			w.log.Warn("measuring what the pod takes of the disk", "error", err)
		default:
			if message := plan.Eviction(pod, use); message != "" {
				return message
			}
		}
	}
}

// evict ends a pod that takes more of the disk than it may (S8.50).
func (w *worker) evict(ctx context.Context, pod *corev1.Pod, message string) time.Time {
	return w.fail(ctx, pod, corev1.EventTypeWarning, &status.Failure{Reason: "Evicted", Message: message}, plan.EvictionGrace*time.Second)
}
