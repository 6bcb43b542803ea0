package defaults

import (
	corev1 "k8s.io/api/core/v1"
)

// template fills in what the API server fills into the pod template of a controller (S1.2). Host ports, the service account and the
// requests that come from limits are not among it: the server fills those into the pods that are made of it.
func template(t *corev1.PodTemplateSpec) {
	podSpec(&t.Spec)
}

// claimSpec is what a claim has in common with the templates of claims.
func claimSpec(spec *corev1.PersistentVolumeClaimSpec) {
	setDefaultPointer(&spec.VolumeMode, corev1.PersistentVolumeFilesystem)
	roundUp(spec.Resources.Limits)
	roundUp(spec.Resources.Requests)
}
