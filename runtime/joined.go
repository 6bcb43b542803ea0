package runtime

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/podspec"
)

// networkOf names the network that a new pod joins; it is empty for that of the pod's namespace, and for a pod on the machine's network.
func (n *Node) networkOf(pod *corev1.Pod) string {
	if pod.Spec.HostNetwork {
		return ""
	}
	if ref, ok := pod.Annotations[network.AnnotationNetwork]; ok {
		return ref
	}
	return n.options.Network
}

// checkNetwork refuses a pod that is to join a network which the engine does not have, or which is not for pods.
func (n *Node) checkNetwork(ctx context.Context, pod *corev1.Pod) error {
	ref := n.networkOf(pod)
	if ref == "" {
		return nil
	}
	_, err := within(ctx, func(ctx context.Context) (network.Joined, error) { return network.FindNetwork(ctx, n.engine, ref) })
	if err == nil {
		return nil
	}
	at := field.NewPath("metadata", "annotations").Key(network.AnnotationNetwork)
	return apierrors.NewInvalid(corev1.SchemeGroupVersion.WithKind("Pod").GroupKind(), pod.Name, field.ErrorList{field.Invalid(at, ref, err.Error())})
}

// createJoined creates the sandbox on the network that the pod joins. The network's other containers find the pod by its hostname.
func (w *worker) createJoined(ctx context.Context, pod *corev1.Pod, options network.SandboxOptions) (string, error) {
	joined, err := network.FindNetwork(ctx, w.node.engine, w.network)
	if err != nil {
		return "", fmt.Errorf("joining the network %s: %w", w.network, err)
	}
	options.Network, options.NetworkID = w.network, joined.Reference
	if !joined.IsDefault {
		hostname, _ := podspec.Hostname(pod)
		options.Aliases = []string{hostname}
	}
	return w.createBox(ctx, network.NewSandbox(pod, options))
}
