package defaults

import corev1 "k8s.io/api/core/v1"

// PodTemplate fills in what the API server fills into a template that stands by itself.
func PodTemplate(t *corev1.PodTemplate) {
	template(&t.Template)
}
