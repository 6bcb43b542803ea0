package validation

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec"
)

// ValidatePodResize returns what the API server finds wrong with a change of a pod's resources (S13.31). Both pods are defaulted; the old
// one carries its status.
func ValidatePodResize(newPod, oldPod *corev1.Pod, gates podspec.FeatureGates) field.ErrorList {
	path := field.NewPath("spec")
	errs := validatePodSpec(newPod, gates, path)
	if podspec.QOSClass(newPod) != podspec.QOSClass(oldPod) {
		errs = append(errs, field.Invalid(path, newPod.Status.QOSClass, "Pod QOS Class may not change as a result of resizing"))
	}
	order := validateSameContainers(newPod.Spec.Containers, oldPod.Spec.Containers, path, "containers")
	order = append(order, validateSameContainers(newPod.Spec.InitContainers, oldPod.Spec.InitContainers, path, "initContainers")...)
	if len(order) > 0 {
		return append(errs, order...)
	}
	for i := range oldPod.Spec.InitContainers {
		errs = append(errs, validateNoneRemoved(&newPod.Spec.InitContainers[i], &oldPod.Spec.InitContainers[i], path.Child("initContainers").Index(i))...)
	}
	for i := range oldPod.Spec.Containers {
		errs = append(errs, validateNoneRemoved(&newPod.Spec.Containers[i], &oldPod.Spec.Containers[i], path.Child("containers").Index(i))...)
	}
	for i := range oldPod.Spec.Containers {
		if !equality.Semantic.DeepEqual(withAmountsOf(&newPod.Spec.Containers[i], &oldPod.Spec.Containers[i]), &oldPod.Spec.Containers[i]) {
			errs = append(errs, field.Forbidden(path, "only cpu and memory resources are mutable"))
		}
	}
	for i := range oldPod.Spec.InitContainers {
		newer, older, at := &newPod.Spec.InitContainers[i], &oldPod.Spec.InitContainers[i], path.Child("initContainers").Index(i)
		if !equality.Semantic.DeepEqual(withAmountsOf(newer, older), older) {
			errs = append(errs, field.Forbidden(at, "only cpu and memory resources for init or sidecar containers are mutable"))
		}
		if equality.Semantic.DeepEqual(newer, older) || podspec.IsSidecar(newer) {
			continue
		}
		for _, policy := range newer.ResizePolicy {
			if policy.RestartPolicy == corev1.RestartContainer {
				errs = append(errs, field.Forbidden(at, "non-sidecar init containers with a resize policy of RestartContainer cannot be resized"))
			}
		}
	}
	return errs
}

// validateSameContainers refuses other containers than those that were there, or another order. The list is the field's name.
func validateSameContainers(newer, older []corev1.Container, path *field.Path, list string) field.ErrorList {
	at := path.Child(list)
	if len(newer) != len(older) {
		return field.ErrorList{field.Forbidden(at, list+" may not be added or removed on resize")}
	}
	var errs field.ErrorList
	for i := range older {
		if newer[i].Name != older[i].Name {
			errs = append(errs, field.Forbidden(at.Index(i).Child("name"), list+" may not be renamed or reordered on resize"))
		}
	}
	return errs
}

// validateNoneRemoved refuses to take a request or limit away.
func validateNoneRemoved(newer, older *corev1.Container, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if anyRemoved(newer.Resources.Requests, older.Resources.Requests) {
		errs = append(errs, field.Forbidden(path.Child("resources", "requests"), "resource requests cannot be removed"))
	}
	if anyRemoved(newer.Resources.Limits, older.Resources.Limits) {
		errs = append(errs, field.Forbidden(path.Child("resources", "limits"), "resource limits cannot be removed"))
	}
	return errs
}

func anyRemoved(newer, older corev1.ResourceList) bool {
	for name := range older {
		if _, ok := newer[name]; !ok {
			return true
		}
	}
	return false
}

// withAmountsOf is the container with the processor time and memory of another one.
func withAmountsOf(c, other *corev1.Container) *corev1.Container {
	c = c.DeepCopy()
	c.Resources.Requests = exchanged(c.Resources.Requests, other.Resources.Requests)
	c.Resources.Limits = exchanged(c.Resources.Limits, other.Resources.Limits)
	return c
}

func exchanged(list, with corev1.ResourceList) corev1.ResourceList {
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		amount, ok := with[name]
		switch {
		case !ok:
			delete(list, name)
		case list == nil:
			list = corev1.ResourceList{name: amount}
		default:
			list[name] = amount
		}
	}
	return list
}
