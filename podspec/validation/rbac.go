package validation

import (
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/validate/content"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// ValidateRole returns what the API server finds wrong with a Role.
func ValidateRole(role *rbacv1.Role) field.ErrorList {
	errs := validateMetadataNamed(&role.ObjectMeta, nameInPath)
	for i := range role.Rules {
		errs = append(errs, validatePolicyRule(&role.Rules[i], true, field.NewPath("rules").Index(i))...)
	}
	return append(errs, requireVerbs(role.Rules)...)
}

// ValidateRoleUpdate returns what the API server finds wrong with a Role that is to take the place of an older one.
func ValidateRoleUpdate(newer, older *rbacv1.Role) field.ErrorList {
	return append(ValidateRole(newer), apivalidation.ValidateObjectMetaUpdate(&newer.ObjectMeta, &older.ObjectMeta, field.NewPath("metadata"))...)
}

// ValidateClusterRole returns what the API server finds wrong with a ClusterRole.
func ValidateClusterRole(role *rbacv1.ClusterRole) field.ErrorList {
	errs := validateClusterMetadata(&role.ObjectMeta, nameInPath)
	for i := range role.Rules {
		errs = append(errs, validatePolicyRule(&role.Rules[i], false, field.NewPath("rules").Index(i))...)
	}
	if role.AggregationRule != nil {
		errs = append(errs, validateRoleSelectors(role.AggregationRule.ClusterRoleSelectors)...)
	}
	return append(errs, requireVerbs(role.Rules)...)
}

func validateRoleSelectors(selectors []metav1.LabelSelector) field.ErrorList {
	var errs field.ErrorList
	path := field.NewPath("aggregationRule", "clusterRoleSelectors")
	if len(selectors) == 0 {
		errs = append(errs, field.Required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil"))
	}
	for i := range selectors {
		errs = append(errs, metav1validation.ValidateLabelSelector(&selectors[i], metav1validation.LabelSelectorValidationOptions{}, path.Index(i))...)
		if selector, err := metav1.LabelSelectorAsSelector(&selectors[i]); err != nil {
			errs = append(errs, field.Invalid(path.Index(i), selector, "invalid label selector."))
		}
	}
	return errs
}

// ValidateClusterRoleUpdate returns what the API server finds wrong with a ClusterRole that is to take the place of an older one.
func ValidateClusterRoleUpdate(newer, older *rbacv1.ClusterRole) field.ErrorList {
	return append(ValidateClusterRole(newer), apivalidation.ValidateObjectMetaUpdate(&newer.ObjectMeta, &older.ObjectMeta, field.NewPath("metadata"))...)
}

// requireVerbs wants each rule to have verbs. The server looks for them when it has found all other faults, as for names in bindings.
func requireVerbs(rules []rbacv1.PolicyRule) field.ErrorList {
	var errs field.ErrorList
	for i, rule := range rules {
		if len(rule.Verbs) == 0 {
			errs = append(errs, field.Required(field.NewPath("rules").Index(i).Child("verbs"), ""))
		}
	}
	return errs
}

// validatePolicyRule checks a rule of a role, which is about resources, or about paths if the role is the cluster's.
func validatePolicyRule(rule *rbacv1.PolicyRule, isNamespaced bool, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if urls := path.Child("nonResourceURLs"); len(rule.NonResourceURLs) > 0 {
		if isNamespaced {
			errs = append(errs, field.Invalid(urls, rule.NonResourceURLs, "namespaced rules cannot apply to non-resource URLs"))
		}
		if len(rule.APIGroups)+len(rule.Resources)+len(rule.ResourceNames) > 0 {
			errs = append(errs, field.Invalid(urls, rule.NonResourceURLs, "rules cannot apply to both regular resources and non-resource URLs"))
		}
		return errs
	}
	if len(rule.APIGroups) == 0 {
		errs = append(errs, field.Required(path.Child("apiGroups"), "resource rules must supply at least one api group"))
	}
	if len(rule.Resources) == 0 {
		errs = append(errs, field.Required(path.Child("resources"), "resource rules must supply at least one resource"))
	}
	return errs
}

// ValidateRoleBinding returns what the API server finds wrong with a defaulted RoleBinding.
func ValidateRoleBinding(binding *rbacv1.RoleBinding) field.ErrorList {
	errs := validateMetadataNamed(&binding.ObjectMeta, nameInPath)
	errs = append(errs, validateRoleRef(&binding.RoleRef, "Role", "ClusterRole")...)
	errs = append(errs, validateSubjects(binding.Subjects, true)...)
	return append(errs, requireNames(binding.Subjects, &binding.RoleRef)...)
}

// ValidateRoleBindingUpdate returns what the API server finds wrong with a defaulted RoleBinding that is to take the place of an older one.
func ValidateRoleBindingUpdate(newer, older *rbacv1.RoleBinding) field.ErrorList {
	errs := append(ValidateRoleBinding(newer), apivalidation.ValidateObjectMetaUpdate(&newer.ObjectMeta, &older.ObjectMeta, field.NewPath("metadata"))...)
	return append(errs, apivalidation.ValidateImmutableField(newer.RoleRef, older.RoleRef, field.NewPath("roleRef"))...)
}

// ValidateClusterRoleBinding returns what the API server finds wrong with a defaulted ClusterRoleBinding.
func ValidateClusterRoleBinding(binding *rbacv1.ClusterRoleBinding) field.ErrorList {
	errs := validateClusterMetadata(&binding.ObjectMeta, nameInPath)
	errs = append(errs, validateRoleRef(&binding.RoleRef, "ClusterRole")...)
	errs = append(errs, validateSubjects(binding.Subjects, false)...)
	return append(errs, requireNames(binding.Subjects, &binding.RoleRef)...)
}

// ValidateClusterRoleBindingUpdate returns what the API server finds wrong with a defaulted ClusterRoleBinding that is to take the place of
// an older one.
func ValidateClusterRoleBindingUpdate(newer, older *rbacv1.ClusterRoleBinding) field.ErrorList {
	errs := append(ValidateClusterRoleBinding(newer), apivalidation.ValidateObjectMetaUpdate(&newer.ObjectMeta, &older.ObjectMeta, field.NewPath("metadata"))...)
	return append(errs, apivalidation.ValidateImmutableField(newer.RoleRef, older.RoleRef, field.NewPath("roleRef"))...)
}

func validateRoleRef(role *rbacv1.RoleRef, kinds ...string) field.ErrorList {
	path := field.NewPath("roleRef")
	errs := onlyOneOf(path.Child("apiGroup"), role.APIGroup, rbacv1.GroupName)
	errs = append(errs, onlyOneOf(path.Child("kind"), role.Kind, kinds...)...)
	if role.Name == "" {
		return errs
	}
	return append(errs, invalid(path.Child("name"), role.Name, nameInPath(role.Name, false))...)
}

// validateSubjects checks those whom a binding means. In one that is namespaced, accounts without a namespace are of the binding's.
func validateSubjects(subjects []rbacv1.Subject, isNamespaced bool) field.ErrorList {
	var errs field.ErrorList
	for i, subject := range subjects {
		path := field.NewPath("subjects").Index(i)
		switch subject.Kind {
		case rbacv1.ServiceAccountKind:
			if subject.Name != "" {
				errs = append(errs, invalid(path.Child("name"), subject.Name, apivalidation.ValidateServiceAccountName(subject.Name, false))...)
			}
			errs = append(errs, onlyOneOf(path.Child("apiGroup"), subject.APIGroup, "")...)
			if !isNamespaced {
				errs = append(errs, validateRequired(path, requiredField{"namespace", subject.Namespace})...)
			}
		case rbacv1.UserKind, rbacv1.GroupKind:
			errs = append(errs, onlyOneOf(path.Child("apiGroup"), subject.APIGroup, rbacv1.GroupName)...)
		default:
			errs = append(errs, onlyOneOf(path.Child("kind"), subject.Kind, rbacv1.ServiceAccountKind, rbacv1.UserKind, rbacv1.GroupKind)...)
		}
	}
	return errs
}

func requireNames(subjects []rbacv1.Subject, role *rbacv1.RoleRef) field.ErrorList {
	var errs field.ErrorList
	for i, subject := range subjects {
		errs = append(errs, validateRequired(field.NewPath("subjects").Index(i), requiredField{"name", subject.Name})...)
	}
	return append(errs, validateRequired(field.NewPath("roleRef"), requiredField{"name", role.Name})...)
}

// onlyOneOf checks a value that is one of a few words; an empty value is no other than a wrong one.
func onlyOneOf(path *field.Path, value string, supported ...string) field.ErrorList {
	if slices.Contains(supported, value) {
		return nil
	}
	return field.ErrorList{field.NotSupported(path, value, supported)}
}

// nameInPath wants a name that can be a part of a URL's path, which is all that is asked of the names of roles and bindings.
func nameInPath(name string, _ bool) []string { return content.IsPathSegmentName(name) }
