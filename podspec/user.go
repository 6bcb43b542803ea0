package podspec

import corev1 "k8s.io/api/core/v1"

// RunAsUser is the user that the spec names for a container: its own or, without one, the pod's (S12.1). It is nil where that is left to
// the image.
func RunAsUser(pod *corev1.Pod, c *corev1.Container) *int64 {
	switch {
	case c.SecurityContext != nil && c.SecurityContext.RunAsUser != nil:
		return c.SecurityContext.RunAsUser
	case pod.Spec.SecurityContext != nil:
		return pod.Spec.SecurityContext.RunAsUser
	}
	return nil
}
