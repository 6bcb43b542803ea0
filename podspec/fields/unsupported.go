package fields

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/podsim/podsim/podspec"
)

// Unsupported returns what a pod asks for and podsim does not do yet, whatever an API server thinks of it.
func Unsupported(pod *corev1.Pod) field.ErrorList {
	var errs field.ErrorList
	walkSpec(&pod.Spec, func(f setField) bool {
		support := supportOf(f.pattern)
		if support == Refused {
			errs = append(errs, field.Forbidden(f.path, notYet(f.pattern)))
		}
		return support.goesOn()
	})
	return append(errs, unsupportedValues(&pod.Spec)...)
}

// notYet words a refusal, with the field's own name.
func notYet(pattern string) string {
	what := pattern[strings.LastIndex(pattern, ".")+1:]
	if pattern == "volumes."+what {
		what += " volumes"
	}
	return fmt.Sprintf("podsim does not support %s yet", what)
}

// unsupportedValues looks at the fields of which podsim supports some values.
func unsupportedValues(spec *corev1.PodSpec) field.ErrorList {
	var errs field.ErrorList
	path := field.NewPath("spec")
	for i, v := range spec.Volumes {
		if v.EmptyDir != nil && v.EmptyDir.Medium != corev1.StorageMediumDefault && v.EmptyDir.Medium != corev1.StorageMediumMemory {
			errs = append(errs, field.Forbidden(path.Child("volumes").Index(i).Child("emptyDir", "medium"),
				fmt.Sprintf("podsim does not support the medium %q yet, only \"\" and \"Memory\"", v.EmptyDir.Medium)))
		}
		if v.Ephemeral != nil && v.Ephemeral.VolumeClaimTemplate != nil && ptr.Deref(v.Ephemeral.VolumeClaimTemplate.Spec.VolumeMode, "") == corev1.PersistentVolumeBlock {
			errs = append(errs, field.Forbidden(path.Child("volumes").Index(i).Child("ephemeral", "volumeClaimTemplate", "spec", "volumeMode"),
				"podsim does not support block devices yet"))
		}
	}
	if !ptr.Deref(spec.HostUsers, true) {
		errs = append(errs, field.Forbidden(path.Child("hostUsers"), "podsim does not support user namespaces yet"))
	}
	for c, at := range podspec.ContainersWithPaths(spec, path) {
		errs = append(errs, unsupportedAmounts(c.Resources.Limits, at.Child("resources", "limits"))...)
	}
	if spec.Resources != nil {
		errs = append(errs, unsupportedAmounts(spec.Resources.Limits, path.Child("resources", "limits"))...)
	}
	return errs
}

// unsupportedAmounts refuses limits of what podsim has nothing of to give out. Such a resource cannot be requested without a limit.
func unsupportedAmounts(limits corev1.ResourceList, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		if amount := limits[name]; amount.Sign() > 0 && !isRationed(name) {
			errs = append(errs, field.Forbidden(path.Key(string(name)),
				"podsim has none to give out; in a cluster the pod would wait for a node that has. Take it out to run the pod without"))
		}
	}
	return errs
}

// isRationed is true for the resources that every node has.
func isRationed(name corev1.ResourceName) bool {
	return name == corev1.ResourceCPU || name == corev1.ResourceMemory || name == corev1.ResourceEphemeralStorage
}
