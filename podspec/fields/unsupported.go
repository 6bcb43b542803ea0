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
	walkSpec(&pod.Spec, func(f specField) bool {
		if fieldSupport[f.pattern] == refused {
			errs = append(errs, field.Forbidden(f.path, notYet(f.pattern)))
		}
		return fieldSupport[f.pattern] != refused && fieldSupport[f.pattern] != noMeaning
	})
	return append(errs, unsupportedValues(pod)...)
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
func unsupportedValues(pod *corev1.Pod) field.ErrorList {
	var errs field.ErrorList
	spec, path := &pod.Spec, field.NewPath("spec")
	if pod.Name == "" && pod.GenerateName != "" {
		errs = append(errs, field.Forbidden(field.NewPath("metadata", "generateName"), "podsim does not support it yet, give the pod a name"))
	}
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

// WithoutMeaning returns the paths of the fields that are set and have no meaning on one machine.
func WithoutMeaning(spec *corev1.PodSpec) []string {
	var paths []string
	walkSpec(spec, func(f specField) bool {
		if fieldSupport[f.pattern] == noMeaning {
			paths = append(paths, f.path.String())
		}
		return fieldSupport[f.pattern] != refused && fieldSupport[f.pattern] != noMeaning
	})
	return paths
}
