package fields

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"
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
	}
	if s := spec.SecurityContext; s != nil && s.SupplementalGroupsPolicy != nil && *s.SupplementalGroupsPolicy == corev1.SupplementalGroupsPolicyStrict {
		errs = append(errs, field.Forbidden(path.Child("securityContext", "supplementalGroupsPolicy"), "podsim does not support Strict yet, only Merge"))
	}
	if !ptr.Deref(spec.HostUsers, true) {
		errs = append(errs, field.Forbidden(path.Child("hostUsers"), "podsim does not support user namespaces yet"))
	}
	if spec.OS != nil && spec.OS.Name == corev1.Windows {
		errs = append(errs, field.Forbidden(path.Child("os", "name"), "podsim does not support Windows"))
	}
	return errs
}
