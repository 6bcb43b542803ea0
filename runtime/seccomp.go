package runtime

import (
	"fmt"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime/instance"
)

// seccompProfile reads the profile of the node that the container asks for (S12.10); "" if it asks for none. The text of the error is
// that of a CreateContainerError.
func (n *Node) seccompProfile(pod *corev1.Pod, c *corev1.Container) (string, error) {
	name := instance.LocalhostSeccomp(pod, c)
	if name == "" {
		return "", nil
	}
	path := filepath.Join(n.options.SeccompDir, filepath.FromSlash(name))
	profile, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("cannot load seccomp profile %q: %w", path, err)
	}
	return string(profile), nil
}
