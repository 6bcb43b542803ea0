package podspec

import (
	"iter"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// ContainerKind tells which list of a pod's spec a container stands in.
type ContainerKind int

// The kinds of containers. A sidecar is of kind Init; IsSidecar tells it from a regular init container.
const (
	Main ContainerKind = iota
	Init
	Ephemeral
)

// Containers yields the init containers and then the mains of a pod, each list in its order, and whether a container is an init
// container. Ephemeral containers are not among them: nothing of the pod's life depends on those (S4.71).
func Containers(pod *corev1.Pod) iter.Seq2[*corev1.Container, bool] {
	return func(yield func(*corev1.Container, bool) bool) {
		for i := range pod.Spec.InitContainers {
			if !yield(&pod.Spec.InitContainers[i], true) {
				return
			}
		}
		for i := range pod.Spec.Containers {
			if !yield(&pod.Spec.Containers[i], false) {
				return
			}
		}
	}
}

// ContainersWithPaths yields the init containers and then the mains of a spec, as Containers does, and where each stands; path is the
// spec's own.
func ContainersWithPaths(spec *corev1.PodSpec, path *field.Path) iter.Seq2[*corev1.Container, *field.Path] {
	return func(yield func(*corev1.Container, *field.Path) bool) {
		for i := range spec.InitContainers {
			if !yield(&spec.InitContainers[i], path.Child("initContainers").Index(i)) {
				return
			}
		}
		for i := range spec.Containers {
			if !yield(&spec.Containers[i], path.Child("containers").Index(i)) {
				return
			}
		}
	}
}

// AllContainers yields the containers of every kind: inits, mains, ephemeral ones.
func AllContainers(pod *corev1.Pod) iter.Seq[*corev1.Container] {
	return func(yield func(*corev1.Container) bool) {
		for c := range Containers(pod) {
			if !yield(c) {
				return
			}
		}
		for i := range pod.Spec.EphemeralContainers {
			if !yield(EphemeralContainer(&pod.Spec.EphemeralContainers[i])) {
				return
			}
		}
	}
}

// EphemeralContainer is an ephemeral container seen as a container: it has all of one's fields.
func EphemeralContainer(c *corev1.EphemeralContainer) *corev1.Container {
	return (*corev1.Container)(&c.EphemeralContainerCommon)
}

// FindContainer returns the container of that name, of whatever kind; nil if the pod has none.
func FindContainer(pod *corev1.Pod, name string) (*corev1.Container, ContainerKind) {
	for c, init := range Containers(pod) {
		if c.Name == name {
			if init {
				return c, Init
			}
			return c, Main
		}
	}
	for i := range pod.Spec.EphemeralContainers {
		if c := EphemeralContainer(&pod.Spec.EphemeralContainers[i]); c.Name == name {
			return c, Ephemeral
		}
	}
	return nil, Main
}
