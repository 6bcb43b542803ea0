package defaults

import (
	appsv1 "k8s.io/api/apps/v1"
)

// ReplicaSet fills in one replica.
func ReplicaSet(r *appsv1.ReplicaSet) {
	setDefaultPointer(&r.Spec.Replicas, 1)
	template(&r.Spec.Template)
}
