package validation

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	resourcehelper "k8s.io/component-helpers/resource"
)

// validateResources checks requests and limits of a container (S2.61 to S2.64).
func validateResources(r *corev1.ResourceRequirements, path *field.Path) field.ErrorList {
	errs := validateResourceList(r.Limits, path.Child("limits"), validateContainerResourceName)
	errs = append(errs, validateRequests(r, path, validateContainerResourceName)...)
	return append(errs, validateHugePages(r, path)...)
}

// validatePodResources checks requests and limits of the pod level, also against those of the containers (S2.65).
func validatePodResources(spec *corev1.PodSpec, path *field.Path) field.ErrorList {
	r := spec.Resources
	switch {
	case r == nil:
		return nil
	case isForWindows(spec):
		return field.ErrorList{field.Forbidden(path, "may not be set for a windows pod")}
	}
	var errs field.ErrorList
	if r.Claims != nil {
		errs = append(errs, field.Forbidden(path.Child("claims"), "claims may not be set for Resources at pod-level"))
	}
	errs = append(errs, validateResourceList(r.Limits, path.Child("limits"), validatePodResourceName)...)
	errs = append(errs, validateRequests(r, path, validatePodResourceName)...)
	errs = append(errs, validateHugePages(r, path)...)
	errs = append(errs, validateClaimNames(r.Claims, spec, path.Child("claims"))...)

	together := resourcehelper.AggregateContainerRequests(&corev1.Pod{Spec: *spec}, resourcehelper.PodResourcesOptions{})
	for _, name := range sortedNames(together) {
		sum := together[name]
		if own, ok := r.Requests[name]; ok && sum.Cmp(own) > 0 {
			errs = append(errs, field.Invalid(path.Child("requests").Key(string(name)), own.String(),
				fmt.Sprintf("must be greater than or equal to aggregate container requests of %s", sum.String())))
		}
	}
	for i, c := range spec.Containers {
		for _, name := range sortedNames(c.Resources.Limits) {
			limit := c.Resources.Limits[name]
			if own, ok := r.Limits[name]; ok && limit.Cmp(own) > 0 {
				errs = append(errs, field.Invalid(path.Child("containers").Index(i).Key(string(name)).Child("limits"), limit.String(),
					fmt.Sprintf("must be less than or equal to pod limits of %s", own.String())))
			}
		}
	}
	return errs
}

// validateRequests checks the requests, also against the limits.
func validateRequests(r *corev1.ResourceRequirements, path *field.Path, validateName func(corev1.ResourceName, *field.Path) field.ErrorList) field.ErrorList {
	errs := field.ErrorList{}
	for _, name := range sortedNames(r.Requests) {
		request := r.Requests[name]
		at := path.Child("requests").Key(string(name))
		errs = append(errs, validateName(name, at)...)
		errs = append(errs, validateQuantity(name, request, at)...)
		limit, limited := r.Limits[name]
		mustEqual := isExtended(name) || isHugePages(name)
		switch {
		case limited && mustEqual && request.Cmp(limit) != 0:
			errs = append(errs, field.Invalid(path.Child("requests"), request.String(), fmt.Sprintf("must be equal to %s limit of %s", name, limit.String())))
		case limited && !mustEqual && request.Cmp(limit) > 0:
			errs = append(errs, field.Invalid(path.Child("requests"), request.String(), fmt.Sprintf("must be less than or equal to %s limit of %s", name, limit.String())))
		case !limited && mustEqual:
			errs = append(errs, field.Required(path.Child("limits"), "Limit must be set for non overcommitable resources"))
		}
		errs = append(errs, validatePages(name, request, at)...)
	}
	return errs
}

func validateResourceList(list corev1.ResourceList, path *field.Path, validateName func(corev1.ResourceName, *field.Path) field.ErrorList) field.ErrorList {
	var errs field.ErrorList
	for _, name := range sortedNames(list) {
		at := path.Key(string(name))
		errs = append(errs, validateName(name, at)...)
		errs = append(errs, validateQuantity(name, list[name], at)...)
		errs = append(errs, validatePages(name, list[name], at)...)
	}
	return errs
}

func validateContainerResourceName(name corev1.ResourceName, path *field.Path) field.ErrorList {
	errs := validateResourceName(name, path)
	if !strings.Contains(string(name), "/") {
		if !isStandardForContainers(name) {
			errs = append(errs, field.Invalid(path, string(name), "must be a standard resource for containers"))
		}
	} else if !isNativeDomain(name) && !isExtended(name) {
		errs = append(errs, field.Invalid(path, string(name), "doesn't follow extended resource name standard"))
	}
	return errs
}

func validatePodResourceName(name corev1.ResourceName, path *field.Path) field.ErrorList {
	errs := validateResourceName(name, path)
	if len(errs) == 0 && !resourcehelper.IsSupportedPodLevelResource(name) {
		return field.ErrorList{field.NotSupported(path, string(name), []string{"cpu", corev1.ResourceHugePagesPrefix, "memory"})}
	}
	return errs
}

// validateResourceName checks the form of a name, of whatever it is a resource.
func validateResourceName(name corev1.ResourceName, path *field.Path) field.ErrorList {
	errs := invalid(path, string(name), validation.IsQualifiedName(string(name)))
	if len(errs) == 0 && !strings.Contains(string(name), "/") && !isStandard(name) {
		return field.ErrorList{field.Invalid(path, string(name), "must be a standard resource type or fully qualified")}
	}
	return errs
}

func validateQuantity(name corev1.ResourceName, quantity resource.Quantity, path *field.Path) field.ErrorList {
	if quantity.Sign() < 0 {
		return field.ErrorList{field.Invalid(path, quantity.String(), apivalidation.IsNegativeErrorMsg)}
	}
	if isExtended(name) && quantity.MilliValue()%1000 != 0 {
		return field.ErrorList{field.Invalid(path, quantity.String(), "must be an integer")}
	}
	return nil
}

// validatePages requires huge pages to be whole pages.
func validatePages(name corev1.ResourceName, quantity resource.Quantity, path *field.Path) field.ErrorList {
	if !isHugePages(name) {
		return nil
	}
	size, err := resource.ParseQuantity(strings.TrimPrefix(string(name), corev1.ResourceHugePagesPrefix))
	if err != nil || size.Sign() <= 0 || quantity.Value()%size.Value() != 0 || quantity.MilliValue()%1000 != 0 {
		return field.ErrorList{field.Invalid(path, quantity.String(), fmt.Sprintf("%s is not positive integer multiple of %s", quantity.String(), name))}
	}
	return nil
}

// resizable and resizePolicies are what a resizePolicy can say.
var (
	resizable      = []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory}
	resizePolicies = []corev1.ResourceResizeRestartPolicy{corev1.NotRequired, corev1.RestartContainer}
)

// validateResizePolicy checks resizePolicy; its errors forget the index (S2.0.4).
func validateResizePolicy(policies []corev1.ContainerResizePolicy, spec *corev1.PodSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	seen := map[corev1.ResourceName]bool{}
	for i, p := range policies {
		if seen[p.ResourceName] {
			errs = append(errs, field.Duplicate(path.Index(i), p.ResourceName))
		}
		seen[p.ResourceName] = true
		errs = append(errs, validateOneOf(path, p.ResourceName, resizable...)...)
		errs = append(errs, validateOneOf(path, p.RestartPolicy, resizePolicies...)...)
		if spec.RestartPolicy == corev1.RestartPolicyNever && p.RestartPolicy != corev1.NotRequired {
			errs = append(errs, field.Invalid(path, p.RestartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'"))
		}
	}
	return errs
}

// validateHugePages requires cpu or memory beside huge pages (S2.64).
func validateHugePages(r *corev1.ResourceRequirements, path *field.Path) field.ErrorList {
	hugePages, others := false, false
	for _, list := range []corev1.ResourceList{r.Limits, r.Requests} {
		for name := range list {
			hugePages = hugePages || isHugePages(name)
			others = others || name == corev1.ResourceCPU || name == corev1.ResourceMemory
		}
	}
	if hugePages && !others {
		return field.ErrorList{field.Forbidden(path, "HugePages require cpu or memory")}
	}
	return nil
}

func sortedNames(list corev1.ResourceList) []corev1.ResourceName {
	return slices.Sorted(maps.Keys(list))
}

func isHugePages(name corev1.ResourceName) bool {
	return strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix)
}

// isExtended is true for resources that devices of a node offer, such as example.com/gpu.
func isExtended(name corev1.ResourceName) bool {
	return !isNativeDomain(name) && !strings.HasPrefix(string(name), corev1.DefaultResourceRequestsPrefix) &&
		len(validation.IsQualifiedName(corev1.DefaultResourceRequestsPrefix+string(name))) == 0
}

// isNativeDomain is true for names without a domain and for those of Kubernetes itself.
func isNativeDomain(name corev1.ResourceName) bool {
	return !strings.Contains(string(name), "/") || strings.Contains(string(name), corev1.ResourceDefaultNamespacePrefix)
}

func isStandardForContainers(name corev1.ResourceName) bool {
	return name == corev1.ResourceCPU || name == corev1.ResourceMemory || name == corev1.ResourceEphemeralStorage || isHugePages(name)
}

// isStandard is true for every resource name without a domain that means something somewhere, quotas included.
func isStandard(name corev1.ResourceName) bool {
	plain, counted := strings.CutPrefix(string(name), "requests.")
	if !counted {
		plain, counted = strings.CutPrefix(string(name), "limits.")
	}
	if isStandardForContainers(corev1.ResourceName(plain)) {
		return true
	}
	return name == "requests.storage" || !counted && slices.Contains([]string{
		"configmaps", "persistentvolumeclaims", "pods", "replicationcontrollers", "resourcequotas", "secrets", "services",
		"services.loadbalancers", "services.nodeports", "storage",
	}, plain)
}
