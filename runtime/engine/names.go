package engine

import (
	"fmt"
	"strconv"

	"github.com/podsim/podsim/network"
)

// Labels that the node itself reads, beside those of package network.
const (
	// LabelMaxRestartBackoff is the cap of a pod's crash back-off, on its sandbox; a node that adopts the pod keeps it.
	LabelMaxRestartBackoff = "podsim.io/max-restart-backoff"
	// LabelClusterAPI is on the sandbox of a pod that reaches the node's API; a node that adopts the pod lets it go on to.
	LabelClusterAPI = "podsim.io/cluster-api"
	// LabelRBAC is on the sandbox of a pod of a node whose clients may do what roles allow; a node that adopts the pod is like that, too.
	LabelRBAC = "podsim.io/rbac"
	// LabelImage is the image of an instance as the spec had it.
	LabelImage = "podsim.io/image"
	// LabelSandbox is the sandbox that an instance joined.
	LabelSandbox = network.LabelSandbox
)

// ContainerName is the engine's name of one attempt of a container: k8s_<container>_<pod>_<namespace>_<uid>_<attempt>.
func ContainerName(container, pod, namespace, uid string, attempt int) string {
	return fmt.Sprintf("k8s_%s_%s_%s_%s_%d", container, pod, namespace, uid, attempt)
}

// Attempt reads the attempt number from a container's labels; a missing or broken label is attempt 0.
func Attempt(labels map[string]string) int {
	n, err := strconv.Atoi(labels[network.LabelRestartCount])
	if err != nil {
		return 0
	}
	return n
}
