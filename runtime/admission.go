package runtime

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/runtime/admission"
	"github.com/podsim/podsim/runtime/instance"
	"github.com/podsim/podsim/runtime/status"
)

// reject refuses a pod that the node looks at for the first time, if the engine cannot run it as a node has to (S3.14). It reports
// whether it did: such a pod has failed, and nothing was made for it.
func (w *worker) reject(ctx context.Context) bool {
	pod, ok := w.pod()
	if !ok || pod.Status.StartTime != nil || w.admitted.Load() {
		return false
	}
	refused := cmp.Or(admission.Check(pod, w.node.facts), w.node.takePorts(w, pod))
	if refused == nil {
		return false
	}
	w.node.recorder.Pod(pod, corev1.EventTypeWarning, refused.Reason, "%s", refused.Message)
	now := time.Now()
	fail := func(pod *corev1.Pod) error {
		pod.Status = status.Rejected(pod, status.Failure{Reason: refused.Reason, Message: refused.StatusMessage()}, now)
		return nil
	}
	rejected := pod.DeepCopy()
	_ = fail(rejected)
	w.saver.save(rejected, nil)
	w.saveFirst(ctx) // what has been seen of an end stays so (S3.11)
	_, err := w.node.store.Pods.Update(w.key, fail)
	if err != nil {
		w.log.Error("publishing that the pod was rejected", "error", err)
	}
	return true
}

// takePorts gives the pod its ports of the machine; it returns why that cannot be.
func (n *Node) takePorts(w *worker, pod *corev1.Pod) *admission.Rejection {
	n.admitting.Lock()
	defer n.admitting.Unlock()
	if refused := admission.CheckPorts(pod, n.admitted(pod)); refused != nil {
		return refused
	}
	w.admitted.Store(true)
	return nil
}

// admitted are the other pods that the node has taken and that have not ended.
func (n *Node) admitted(pod *corev1.Pod) []*corev1.Pod {
	all, _ := n.store.Pods.List("")
	return slices.DeleteFunc(all, func(other *corev1.Pod) bool {
		w := n.worker(other.UID)
		taken := other.Status.StartTime != nil || w != nil && w.admitted.Load()
		return other.UID == pod.UID || !taken || status.Terminal(other.Status.Phase)
	})
}

// Warnings are what the engine will not do of what the pod asks for.
func (n *Node) Warnings(ctx context.Context, pod *corev1.Pod) []string {
	facts := n.facts
	facts.Host = n.options.EngineHost
	facts.LowersOOMScore = n.lowersOOMScore(ctx, pod)
	return slices.AppendSeq(admission.Warnings(pod, facts), admission.TakenPorts(pod, n.admitted(pod)))
}

// oomScore is whether the engine may lower the oom_score_adj of processes, once that was tried.
type oomScore struct {
	mu            sync.Mutex
	known, lowers bool
}

// lowersOOMScore reports whether the engine may give the pod's processes the negative oom_score_adj that they have on a node. It is false
// for pods that have none there. An engine does not tell; it is tried out once, in a helper container.
func (n *Node) lowersOOMScore(ctx context.Context, pod *corev1.Pod) bool {
	if !instance.WantsLowerOOMScore(pod) || n.facts.Rootless {
		return false
	}
	n.oomScore.mu.Lock()
	defer n.oomScore.mu.Unlock()
	if n.oomScore.known {
		return n.oomScore.lowers
	}
	image, err := network.EnsureAgentImage(ctx, n.engine, n.facts.Arch)
	if err != nil {
		return false // the sandbox will fail of that, too, and be tried again
	}
	lowers := network.CanLowerOOMScore(ctx, n.engine, image, n.options.ID, string(pod.UID), instance.GuaranteedOOMScoreAdj)
	if ctx.Err() == nil {
		n.oomScore.known, n.oomScore.lowers = true, lowers
	}
	return lowers
}
