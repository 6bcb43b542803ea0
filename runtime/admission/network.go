package admission

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/podspec"
)

// network warns of ports and networks that are elsewhere than they seem.
func (w *warner) network(pod *corev1.Pod, spec *field.Path) {
	if pod.Spec.HostNetwork {
		w.hostNetwork(pod, spec.Child("hostNetwork"))
		return
	}
	for c, path := range podspec.ContainersWithPaths(&pod.Spec, spec) {
		_, kind := podspec.FindContainer(pod, c.Name)
		for i, p := range c.Ports {
			at := path.Child("ports").Index(i).Child("hostPort")
			switch {
			case p.HostPort == 0:
			case kind != podspec.Main: // S12.32
				w.warn(at, "without effect, as on a node: only ports of main containers are published")
			case isRemote(w.facts.Host):
				w.warn(at, "published on the engine's machine, %s, not on this one", w.facts.Host)
			}
		}
	}
}

func (w *warner) hostNetwork(pod *corev1.Pod, path *field.Path) {
	switch {
	case w.facts.Desktop:
		w.warn(path, "the pod is on the network of Docker Desktop's virtual machine; this machine reaches it only if host networking is enabled in the settings of Docker Desktop")
	case w.facts.Rootless:
		w.warn(path, "the engine is rootless: the pod is in the network namespace of the engine, into which no port of the machine leads")
	case isRemote(w.facts.Host):
		w.warn(path, "the pod is on the network of the engine's machine, %s, not of this one", w.facts.Host)
	}
	if ref := pod.Annotations[network.AnnotationNetwork]; ref != "" {
		w.warn(field.NewPath("metadata", "annotations").Key(network.AnnotationNetwork), "without effect: with hostNetwork the pod joins no other network")
	}
}

// isRemote reports whether the engine is on another machine, as its address tells.
func isRemote(host string) bool {
	rest, overTCP := strings.CutPrefix(host, "tcp://")
	local := strings.HasPrefix(rest, "127.") || strings.HasPrefix(rest, "localhost:") || strings.HasPrefix(rest, "[::1]")
	return overTCP && !local || strings.HasPrefix(host, "ssh://")
}
