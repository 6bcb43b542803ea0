package admission

import (
	"cmp"
	"fmt"
	"iter"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec"
)

// CheckPorts returns why a node with these pods refuses another one: two pods cannot have the same port of the machine (S3.14).
func CheckPorts(pod *corev1.Pod, others []*corev1.Pod) *Rejection {
	for range TakenPorts(pod, others) {
		return &Rejection{"NodePorts", "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"}
	}
	return nil
}

// TakenPorts are the ports of the machine that a pod asks for and another one has: a sentence each, led by the path of the field.
func TakenPorts(pod *corev1.Pod, others []*corev1.Pod) iter.Seq[string] {
	return func(yield func(string) bool) {
		for path, port := range hostPorts(pod) {
			for _, other := range others {
				for _, taken := range hostPorts(other) {
					if clash(port, taken) && !yield(fmt.Sprintf("%s: port %d/%s is taken by pod %s/%s",
						path.Child("hostPort"), port.HostPort, protocol(port), other.Namespace, other.Name)) {
						return
					}
				}
			}
		}
	}
}

// hostPorts are the ports of the machine that belong to a pod as long as it lives: those of its mains and its sidecars.
func hostPorts(pod *corev1.Pod) iter.Seq2[*field.Path, corev1.ContainerPort] {
	return func(yield func(*field.Path, corev1.ContainerPort) bool) {
		for c, path := range podspec.ContainersWithPaths(&pod.Spec, field.NewPath("spec")) {
			if regularInit(pod, c) {
				continue
			}
			for i, port := range c.Ports {
				if port.HostPort > 0 && !yield(path.Child("ports").Index(i), port) {
					return
				}
			}
		}
	}
}

// regularInit reports whether the container has ended before the pod's mains start.
func regularInit(pod *corev1.Pod, c *corev1.Container) bool {
	_, kind := podspec.FindContainer(pod, c.Name)
	return kind == podspec.Init && !podspec.IsSidecar(c)
}

// clash reports whether a node takes two ports for the same: without an address a port counts as that of every address.
func clash(a, b corev1.ContainerPort) bool {
	const every = "0.0.0.0"
	ipA, ipB := cmp.Or(a.HostIP, every), cmp.Or(b.HostIP, every)
	return a.HostPort == b.HostPort && protocol(a) == protocol(b) && (ipA == ipB || ipA == every || ipB == every)
}

func protocol(p corev1.ContainerPort) corev1.Protocol { return cmp.Or(p.Protocol, corev1.ProtocolTCP) }
