package validation

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// validateMetadata checks the metadata of the kinds that have DNS subdomains as names, which are most.
func validateMetadata(meta *metav1.ObjectMeta) field.ErrorList {
	return validateMetadataNamed(meta, apivalidation.NameIsDNSSubdomain)
}

// validateMetadataNamed checks name, namespace, labels, annotations and the rest of an object's metadata (S2.1 to S2.6).
func validateMetadataNamed(meta *metav1.ObjectMeta, validateName apivalidation.ValidateNameFunc) field.ErrorList {
	return validateMetadataIn(meta, true, validateName)
}

// validateClusterMetadata is the same for the kinds that lie in no namespace.
func validateClusterMetadata(meta *metav1.ObjectMeta, validateName apivalidation.ValidateNameFunc) field.ErrorList {
	return validateMetadataIn(meta, false, validateName)
}

func validateMetadataIn(meta *metav1.ObjectMeta, namespaced bool, validateName apivalidation.ValidateNameFunc) field.ErrorList {
	if meta.Name == "" && meta.GenerateName != "" { // the server makes up a name before it validates
		named := meta.DeepCopy()
		named.Name = meta.GenerateName + "xxxxx"
		meta = named
	}
	path := field.NewPath("metadata")
	errs := inStableOrder(apivalidation.ValidateObjectMeta(meta, namespaced, validateName, path))
	for i, name := range meta.Finalizers {
		errs = append(errs, validateFinalizer(name, path.Child("finalizers").Index(i))...)
	}
	return errs
}

func validateFinalizer(name string, path *field.Path) field.ErrorList {
	if strings.Contains(name, "/") || slices.Contains(standardFinalizers, name) {
		return nil
	}
	return field.ErrorList{field.Invalid(path, name, "name is neither a standard finalizer name nor is it fully qualified")}
}

// standardFinalizers need no domain in their names.
var standardFinalizers = []string{string(corev1.FinalizerKubernetes), metav1.FinalizerOrphanDependents, metav1.FinalizerDeleteDependents}

// inStableOrder sorts neighbours that concern the same field, which come from walks over maps.
func inStableOrder(errs field.ErrorList) field.ErrorList {
	for start := 0; start < len(errs); {
		end := start + 1
		for end < len(errs) && errs[end].Field == errs[start].Field {
			end++
		}
		slices.SortStableFunc(errs[start:end], func(a, b *field.Error) int { return strings.Compare(a.Error(), b.Error()) })
		start = end
	}
	return errs
}
