package defaults

import (
	"github.com/distribution/reference"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
)

// Pod fills in what the API server of Kubernetes v1.37 fills in (S1.2), and what its admission does that a pod
// on its own can feel (S1.3). Applying it again changes nothing.
func Pod(pod *corev1.Pod) {
	spec := &pod.Spec
	setDefaultPointer(&spec.EnableServiceLinks, true)
	podSpec(spec)
	if *spec.TerminationGracePeriodSeconds < 0 {
		*spec.TerminationGracePeriodSeconds = 1
	}
	setDefault(&spec.ServiceAccountName, "default") // admission (S1.3)
	spec.DeprecatedServiceAccount = spec.ServiceAccountName
	if spec.HostNetwork {
		hostPorts(spec.InitContainers)
		hostPorts(spec.Containers)
	}
	requests(spec)
	appArmorFields(pod)
}

// podSpec is the part of S1.2 that a pod has in common with the pod template of a controller.
func podSpec(spec *corev1.PodSpec) {
	setDefault(&spec.RestartPolicy, corev1.RestartPolicyAlways)
	setDefault(&spec.DNSPolicy, corev1.DNSClusterFirst)
	setDefault(&spec.SchedulerName, corev1.DefaultSchedulerName)
	setDefaultPointer(&spec.SecurityContext, corev1.PodSecurityContext{})
	setDefaultPointer(&spec.TerminationGracePeriodSeconds, corev1.DefaultTerminationGracePeriodSeconds)
	setDefault(&spec.ServiceAccountName, spec.DeprecatedServiceAccount)
	spec.DeprecatedServiceAccount = spec.ServiceAccountName

	for i := range spec.Volumes {
		volume(&spec.Volumes[i])
	}
	for _, containers := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		for i := range containers {
			container(&containers[i])
		}
	}
	ephemeralContainers(spec)
	roundUp(spec.Overhead)
	if spec.Resources != nil {
		roundUp(spec.Resources.Limits)
		roundUp(spec.Resources.Requests)
	}
}

// hostPorts publishes every port of a pod on the host's network under its own number.
func hostPorts(containers []corev1.Container) {
	for _, c := range containers {
		for i := range c.Ports {
			setDefault(&c.Ports[i].HostPort, c.Ports[i].ContainerPort)
		}
	}
}

// EphemeralContainers fills in what the API server fills into ephemeral containers (S1.2). Applying it again changes nothing.
func EphemeralContainers(pod *corev1.Pod) {
	ephemeralContainers(&pod.Spec)
}

func ephemeralContainers(spec *corev1.PodSpec) {
	for i := range spec.EphemeralContainers {
		container(podspec.EphemeralContainer(&spec.EphemeralContainers[i]))
	}
}

// Secret sets the type Opaque, and moves stringData into data as the server does when it stores a Secret.
func Secret(secret *corev1.Secret) {
	setDefault(&secret.Type, corev1.SecretTypeOpaque)
	for key, value := range secret.StringData {
		if secret.Data == nil {
			secret.Data = map[string][]byte{}
		}
		secret.Data[key] = []byte(value)
	}
	secret.StringData = nil
}

// Claim sets volumeMode Filesystem, the phase Pending, and the two fields that say where the data comes from alike.
func Claim(claim *corev1.PersistentVolumeClaim) {
	setDefault(&claim.Status.Phase, corev1.ClaimPending)
	claimSpec(&claim.Spec)
	dataSources(&claim.Spec)
}

// setDefault sets a value that is still the zero of its type.
func setDefault[T comparable](value *T, otherwise T) {
	var zero T
	if *value == zero {
		*value = otherwise
	}
}

// setDefaultPointer sets a pointer that is still nil.
func setDefaultPointer[T any](value **T, otherwise T) {
	if *value == nil {
		*value = &otherwise
	}
}

// pullPolicy is the default for an image: Always for the tag latest, said or implied, else IfNotPresent; also for a
// name that cannot be parsed (S1.2).
func pullPolicy(image string) corev1.PullPolicy {
	named, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return corev1.PullIfNotPresent
	}
	if tagged, ok := reference.TagNameOnly(named).(reference.Tagged); ok && tagged.Tag() == "latest" {
		return corev1.PullAlways
	}
	return corev1.PullIfNotPresent
}
