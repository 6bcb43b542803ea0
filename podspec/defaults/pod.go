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
	setDefault(&spec.RestartPolicy, corev1.RestartPolicyAlways)
	setDefault(&spec.DNSPolicy, corev1.DNSClusterFirst)
	setDefault(&spec.SchedulerName, corev1.DefaultSchedulerName)
	setDefaultPointer(&spec.EnableServiceLinks, true)
	setDefaultPointer(&spec.SecurityContext, corev1.PodSecurityContext{})
	setDefaultPointer(&spec.TerminationGracePeriodSeconds, corev1.DefaultTerminationGracePeriodSeconds)
	if *spec.TerminationGracePeriodSeconds < 0 {
		*spec.TerminationGracePeriodSeconds = 1
	}
	setDefault(&spec.ServiceAccountName, spec.DeprecatedServiceAccount)
	setDefault(&spec.ServiceAccountName, "default") // admission (S1.3)
	spec.DeprecatedServiceAccount = spec.ServiceAccountName

	for i := range spec.Volumes {
		volume(&spec.Volumes[i])
	}
	for _, containers := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		for i := range containers {
			container(&containers[i], spec.HostNetwork)
		}
	}
	EphemeralContainers(pod)
	resources(spec)
}

// EphemeralContainers fills in what the API server fills into ephemeral containers (S1.2). Applying it again changes nothing.
func EphemeralContainers(pod *corev1.Pod) {
	for i := range pod.Spec.EphemeralContainers {
		c := podspec.EphemeralContainer(&pod.Spec.EphemeralContainers[i])
		container(c, false)
		roundUp(c.Resources.Limits)
		roundUp(c.Resources.Requests)
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

// Claim sets volumeMode Filesystem and the phase Pending.
func Claim(claim *corev1.PersistentVolumeClaim) {
	setDefaultPointer(&claim.Spec.VolumeMode, corev1.PersistentVolumeFilesystem)
	setDefault(&claim.Status.Phase, corev1.ClaimPending)
	roundUp(claim.Spec.Resources.Limits)
	roundUp(claim.Spec.Resources.Requests)
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
