package validation

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// validatePodSelector checks the selector by which a controller finds its pods: it must select something. The kind is the
// controller's, as the message has it.
func validatePodSelector(selector *metav1.LabelSelector, kind string, path *field.Path) field.ErrorList {
	if selector == nil {
		return field.ErrorList{field.Required(path, "")}
	}
	return append(validateSelector(selector, path), validateNotEmpty(selector, kind, path)...)
}

func validateNotEmpty(selector *metav1.LabelSelector, kind string, path *field.Path) field.ErrorList {
	if selector != nil && len(selector.MatchLabels)+len(selector.MatchExpressions) == 0 {
		return field.ErrorList{field.Invalid(path, selector, "empty selector is invalid for "+kind)}
	}
	return nil
}

// validateSelects requires that a selector selects pods with these labels; path is that of the template. A selector that cannot be
// read is not asked.
func validateSelects(selector *metav1.LabelSelector, templateLabels map[string]string, path *field.Path) field.ErrorList {
	if s, err := metav1.LabelSelectorAsSelector(selector); err == nil && !s.Matches(labels.Set(templateLabels)) {
		return field.ErrorList{field.Invalid(path.Child("metadata", "labels"), templateLabels, "`selector` does not match template `labels`")}
	}
	return nil
}
