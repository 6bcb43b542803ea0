package defaults

import (
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Deployment fills in one replica, and an update that replaces a quarter of the pods at a time.
func Deployment(d *appsv1.Deployment) {
	spec := &d.Spec
	setDefaultPointer(&spec.Replicas, 1)
	setDefaultPointer(&spec.RevisionHistoryLimit, 10)
	setDefaultPointer(&spec.ProgressDeadlineSeconds, 600)
	setDefault(&spec.Strategy.Type, appsv1.RollingUpdateDeploymentStrategyType)
	if spec.Strategy.Type == appsv1.RollingUpdateDeploymentStrategyType {
		setDefaultPointer(&spec.Strategy.RollingUpdate, appsv1.RollingUpdateDeployment{})
		setDefaultPointer(&spec.Strategy.RollingUpdate.MaxUnavailable, intstr.FromString("25%"))
		setDefaultPointer(&spec.Strategy.RollingUpdate.MaxSurge, intstr.FromString("25%"))
	}
	rollback(d.Annotations)
	template(&spec.Template)
}

// rollback drops an empty annotation of the revision to go back to, and writes the number of any other as the API server does, where
// it is a field.
func rollback(annotations map[string]string) {
	switch revision, err := strconv.ParseInt(annotations[appsv1.DeprecatedRollbackTo], 10, 64); {
	case annotations[appsv1.DeprecatedRollbackTo] == "":
		delete(annotations, appsv1.DeprecatedRollbackTo)
	case err == nil:
		annotations[appsv1.DeprecatedRollbackTo] = strconv.FormatInt(revision, 10)
	}
}
