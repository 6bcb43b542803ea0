package kubeapi

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/runtime/status"
)

// foreignConditions is what clients may write of a pod's status: the conditions that are not the node's, such as those of readiness
// gates. The node's own part of the status stays as it is, whatever a client sends back of it.
func foreignConditions(config Config) *update[*corev1.Pod] {
	return &update[*corev1.Pod]{
		change: changePod(config.Node),
		take: func(stored, sent *corev1.Pod) field.ErrorList {
			var errs field.ErrorList
			var conditions []corev1.PodCondition // the node's come last (S3.20)
			for i, c := range sent.Status.Conditions {
				if status.Own(c.Type) {
					continue
				}
				at := field.NewPath("status", "conditions").Index(i).Child("type")
				for _, complaint := range validation.IsQualifiedName(string(c.Type)) {
					errs = append(errs, field.Invalid(at, string(c.Type), complaint))
				}
				conditions = append(conditions, c)
			}
			for _, c := range stored.Status.Conditions {
				if status.Own(c.Type) {
					conditions = append(conditions, c)
				}
			}
			stored.Status.Conditions = conditions
			return errs
		},
	}
}
