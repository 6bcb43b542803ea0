package podspec

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// References are the names of the objects of its namespace that a pod refers to, each list sorted and without repetition.
type References struct {
	ConfigMaps, Secrets, Claims []string
}

// ReferencesOf finds the objects that a pod refers to: in volumes, in the environment of its containers of every kind, and as pull
// secrets.
func ReferencesOf(pod *corev1.Pod) References {
	configMaps, secrets, claims := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, v := range pod.Spec.Volumes {
		switch {
		case v.ConfigMap != nil:
			configMaps[v.ConfigMap.Name] = true
		case v.Secret != nil:
			secrets[v.Secret.SecretName] = true
		case v.PersistentVolumeClaim != nil:
			claims[v.PersistentVolumeClaim.ClaimName] = true
		}
	}
	projectionReferences(Projections(pod), configMaps, secrets)
	for c := range AllContainers(pod) {
		environmentReferences(c, configMaps, secrets)
	}
	for _, s := range pod.Spec.ImagePullSecrets {
		secrets[s.Name] = true
	}
	return References{
		ConfigMaps: slices.Sorted(maps.Keys(configMaps)),
		Secrets:    slices.Sorted(maps.Keys(secrets)),
		Claims:     slices.Sorted(maps.Keys(claims)),
	}
}

func projectionReferences(sources []*corev1.VolumeProjection, configMaps, secrets map[string]bool) {
	for _, source := range sources {
		switch {
		case source.ConfigMap != nil:
			configMaps[source.ConfigMap.Name] = true
		case source.Secret != nil:
			secrets[source.Secret.Name] = true
		}
	}
}

// ClaimsOf are the names of the claims that a pod uses, those that are made for it too.
func ClaimsOf(pod *corev1.Pod) []string {
	names := ReferencesOf(pod).Claims
	for _, v := range EphemeralVolumes(pod) {
		names = append(names, EphemeralClaimName(pod, v))
	}
	return names
}

// UsesClaim reports whether a pod uses that very claim: one that is called as one of its own would be, but is not its own, it cannot use
// (S11.45).
func UsesClaim(pod *corev1.Pod, claim *corev1.PersistentVolumeClaim) bool {
	if pod.Namespace != claim.Namespace {
		return false
	}
	return slices.Contains(ReferencesOf(pod).Claims, claim.Name) ||
		metav1.IsControlledBy(claim, pod) && slices.Contains(ClaimsOf(pod), claim.Name)
}

// ClaimProtection is the finalizer of every claim: a cluster lets none go that a pod uses.
const ClaimProtection = "kubernetes.io/pvc-protection"

// Loses reports whether a pod cannot have a claim any more, because it came when that was being deleted already; the claim does not wait
// for it. Times are to the second: who came in the same one has the claim.
func Loses(pod *corev1.Pod, claim *corev1.PersistentVolumeClaim) bool {
	return claim.DeletionTimestamp != nil && pod.CreationTimestamp.After(claim.DeletionTimestamp.Time)
}

// EphemeralClaimName is the name of the claim that is made for an ephemeral volume of a pod (S11.45).
func EphemeralClaimName(pod *corev1.Pod, volume *corev1.Volume) string {
	return pod.Name + "-" + volume.Name
}

// EphemeralVolumes are the volumes of a pod that have a claim of their own, which goes with the pod.
func EphemeralVolumes(pod *corev1.Pod) []*corev1.Volume {
	var all []*corev1.Volume
	for i := range pod.Spec.Volumes {
		if pod.Spec.Volumes[i].Ephemeral != nil {
			all = append(all, &pod.Spec.Volumes[i])
		}
	}
	return all
}

// Projections are the sources of all projected volumes of a pod.
func Projections(pod *corev1.Pod) []*corev1.VolumeProjection {
	var all []*corev1.VolumeProjection
	for _, v := range pod.Spec.Volumes {
		if v.Projected == nil {
			continue
		}
		for i := range v.Projected.Sources {
			all = append(all, &v.Projected.Sources[i])
		}
	}
	return all
}

func environmentReferences(c *corev1.Container, configMaps, secrets map[string]bool) {
	for _, from := range c.EnvFrom {
		switch {
		case from.ConfigMapRef != nil:
			configMaps[from.ConfigMapRef.Name] = true
		case from.SecretRef != nil:
			secrets[from.SecretRef.Name] = true
		}
	}
	for _, e := range c.Env {
		switch {
		case e.ValueFrom == nil:
		case e.ValueFrom.ConfigMapKeyRef != nil:
			configMaps[e.ValueFrom.ConfigMapKeyRef.Name] = true
		case e.ValueFrom.SecretKeyRef != nil:
			secrets[e.ValueFrom.SecretKeyRef.Name] = true
		}
	}
}
