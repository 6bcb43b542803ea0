package defaults

import (
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// DaemonSet fills in an update that replaces one pod at a time, and the annotation that counts the changes of the template.
func DaemonSet(d *appsv1.DaemonSet) {
	spec := &d.Spec
	setDefaultPointer(&spec.RevisionHistoryLimit, 10)
	setDefault(&spec.UpdateStrategy.Type, appsv1.RollingUpdateDaemonSetStrategyType)
	if spec.UpdateStrategy.Type == appsv1.RollingUpdateDaemonSetStrategyType {
		setDefaultPointer(&spec.UpdateStrategy.RollingUpdate, appsv1.RollingUpdateDaemonSet{})
		setDefaultPointer(&spec.UpdateStrategy.RollingUpdate.MaxUnavailable, intstr.FromInt32(1))
		setDefaultPointer(&spec.UpdateStrategy.RollingUpdate.MaxSurge, intstr.FromInt32(0))
	}
	if rolling := spec.UpdateStrategy.RollingUpdate; rolling != nil { // of another strategy, where these numbers mean nothing
		setDefaultPointer(&rolling.MaxUnavailable, intstr.FromInt32(0))
		setDefaultPointer(&rolling.MaxSurge, intstr.FromInt32(0))
	}
	templateGeneration(d)
	template(&spec.Template)
}

// templateGeneration writes the number of the template as the API server does, where it is a field: at least 1. A value that is no
// number stays, to be refused.
func templateGeneration(d *appsv1.DaemonSet) {
	var generation int64
	if value, given := d.Annotations[appsv1.DeprecatedTemplateGeneration]; given {
		var err error
		if generation, err = strconv.ParseInt(value, 10, 64); err != nil {
			return
		}
	}
	if d.Annotations == nil {
		d.Annotations = map[string]string{}
	}
	d.Annotations[appsv1.DeprecatedTemplateGeneration] = strconv.FormatInt(max(generation, 1), 10)
}
