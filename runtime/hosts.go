package runtime

import (
	"context"
	"fmt"
	"path"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/state"
	"github.com/podsim/podsim/volumes"
)

// filledHosts is the pod's /etc/hosts as it was filled in with the sandbox's volumes. The zero value says that nothing is known of it.
type filledHosts struct {
	// untouched: no container that could have changed it was started since.
	untouched bool
	size      int64
	written   time.Time
}

// podHosts is the managed /etc/hosts of a pod (S10.2, S10.4).
func (w *worker) podHosts(ctx context.Context, pod *corev1.Pod, sandbox *state.Sandbox) ([]byte, error) {
	if !pod.Spec.HostNetwork {
		hostname, domain := podspec.Hostname(pod)
		return network.Hosts(sandbox.IPs, hostname, domain, pod.Spec.HostAliases), nil
	}
	nodeHosts, err := getFile(ctx, w.node.engine, sandbox.ID, "/etc/hosts") // nothing else writes to the sandbox's own
	if err != nil {
		return nil, fmt.Errorf("reading the hosts file of the engine's machine: %w", err)
	}
	return network.HostNetworkHosts(nodeHosts, pod.Spec.HostAliases), nil
}

// renewHosts undoes what containers did to /etc/hosts, as it is done whenever one of them is about to start (S10.1), unless that one has
// a mount of its own there. That nothing was done to it is cheap to learn.
func (w *worker) renewHosts(ctx context.Context, pod *corev1.Pod, c *corev1.Container) error {
	own := slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.MountPath == "/etc/hosts" })
	if own || w.hosts.untouched {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, engineTimeout) // it must not hold the pod for ever
	defer cancel()
	if w.hostsAreAsFilled(ctx) {
		return nil
	}
	w.hosts = filledHosts{}
	content, err := w.podHosts(ctx, pod, w.state.Sandbox)
	if err != nil {
		return err
	}
	return network.WriteHosts(ctx, w.node.engine, w.state.Sandbox.ID, content)
}

// hostsAreAsFilled reports whether nobody has written to the pod's /etc/hosts since it was filled in.
func (w *worker) hostsAreAsFilled(ctx context.Context) bool {
	if w.hosts.written.IsZero() {
		return false
	}
	seen, err := w.node.engine.ContainerStatPath(ctx, w.state.Sandbox.ID, path.Join(network.MetaDir, volumes.HostsFile))
	return err == nil && seen.Size == w.hosts.size && seen.Mtime.Equal(w.hosts.written)
}
