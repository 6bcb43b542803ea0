package validation

import (
	"math"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec"
)

// ValidatePod returns what the API server of Kubernetes v1.37 finds wrong with a defaulted pod at its creation, with
// its paths and words and in its order (S2.0.2).
func ValidatePod(pod *corev1.Pod, gates podspec.FeatureGates) field.ErrorList {
	spec, path := &pod.Spec, field.NewPath("spec")
	errs := validateMetadata(&pod.ObjectMeta)
	errs = append(errs, validatePodAnnotations(pod, field.NewPath("metadata", "annotations"))...)
	errs = append(errs, validatePodSpec(pod, gates, path)...)
	errs = append(errs, validateImageNames(spec.Containers, path.Child("containers"))...)
	errs = append(errs, validateImageNames(spec.InitContainers, path.Child("initContainers"))...)
	if len(spec.EphemeralContainers) > 0 {
		errs = append(errs, field.Forbidden(path.Child("ephemeralContainers"), "cannot be set on create"))
	}
	if spec.NodeName != "" && len(spec.SchedulingGates) > 0 {
		errs = append(errs, field.Forbidden(path.Child("nodeName"), "cannot be set until all schedulingGates have been cleared"))
	}
	return withoutRepeats(append(errs, validateProfilesAgree(&pod.ObjectMeta, spec, path)...))
}

// validatePodSpec checks the spec of a pod, or of a template, which stands as a pod without a name and without labels: a template's
// name is nobody's, and its labels are not in its selectors yet.
func validatePodSpec(pod *corev1.Pod, gates podspec.FeatureGates, path *field.Path) field.ErrorList {
	spec := &pod.Spec
	volumes, errs := validateVolumes(spec.Volumes, pod.Name, path.Child("volumes"))
	errs = append(errs, validatePodClaims(pod, path.Child("resourceClaims"))...)
	errs = append(errs, validateContainers(spec, volumes, gates, path.Child("containers"))...)
	errs = append(errs, validateInitContainers(spec, volumes, gates, path.Child("initContainers"))...)
	errs = append(errs, validateEphemeralContainers(pod, volumes, path.Child("ephemeralContainers"))...)
	errs = append(errs, validatePodResources(spec, path.Child("resources"))...)
	errs = append(errs, validateHostNetworkPorts(spec, path)...)
	errs = append(errs, validateOneOf(path.Child("restartPolicy"), spec.RestartPolicy,
		corev1.RestartPolicyAlways, corev1.RestartPolicyOnFailure, corev1.RestartPolicyNever)...)
	errs = append(errs, validateOneOf(path.Child("dnsPolicy"), spec.DNSPolicy,
		corev1.DNSClusterFirstWithHostNet, corev1.DNSClusterFirst, corev1.DNSDefault, corev1.DNSNone)...)
	errs = append(errs, inStableOrder(metavalidation.ValidateLabels(spec.NodeSelector, path.Child("nodeSelector")))...)
	errs = append(errs, validatePodSecurityContext(spec, path)...)
	errs = append(errs, validateAffinity(pod, path.Child("affinity"))...)
	errs = append(errs, validateDNSConfig(spec, path.Child("dnsConfig"))...)
	errs = append(errs, validateGates(spec, path)...)
	errs = append(errs, validateTopologySpread(pod, path.Child("topologySpreadConstraints"))...)
	errs = append(errs, validateHostProcess(spec, path)...)
	errs = append(errs, validateHostUsers(spec, path)...)
	errs = append(errs, validateHostnameOverride(spec, path)...)
	errs = append(errs, validateNames(path, clusterName{"serviceAccountName", spec.ServiceAccountName}, clusterName{"nodeName", spec.NodeName})...)
	errs = append(errs, validateActiveDeadline(spec.ActiveDeadlineSeconds, path.Child("activeDeadlineSeconds"))...)
	errs = append(errs, validateHostnames(spec, path)...)
	errs = append(errs, validateTolerations(spec.Tolerations, path.Child("tolerations"))...)
	errs = append(errs, validateHostAliases(spec.HostAliases, path.Child("hostAliases"))...)
	errs = append(errs, validateNames(path, clusterName{"priorityClassName", spec.PriorityClassName})...)
	if name := spec.RuntimeClassName; name != nil {
		errs = append(errs, invalid(path.Child("runtimeClassName"), *name, apivalidation.NameIsDNSSubdomain(*name, false))...)
	}
	if policy := spec.PreemptionPolicy; policy != nil {
		errs = append(errs, validateOneOf(path.Child("preemptionPolicy"), *policy, corev1.PreemptLowerPriority, corev1.PreemptNever)...)
	}
	if spec.Overhead != nil {
		errs = append(errs, validateResources(&corev1.ResourceRequirements{Limits: spec.Overhead}, path.Child("overhead"))...)
	}
	errs = append(errs, validateOS(spec, path)...)
	return append(errs, validateFileVolumes(spec, path)...)
}

// clusterName is a field with the name of a cluster object that the pod points to.
type clusterName struct{ field, name string }

// validateNames looks at names of cluster objects, where there are any. Whether the objects exist is not asked.
func validateNames(path *field.Path, names ...clusterName) field.ErrorList {
	var errs field.ErrorList
	for _, n := range names {
		if n.name != "" {
			errs = append(errs, invalid(path.Child(n.field), n.name, apivalidation.NameIsDNSSubdomain(n.name, false))...)
		}
	}
	return errs
}

func validateGates(spec *corev1.PodSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, gate := range spec.ReadinessGates {
		name := string(gate.ConditionType)
		errs = append(errs, invalid(path.Child("readinessGates").Index(i).Child("conditionType"), name, validation.IsQualifiedName(name))...)
	}
	seen := map[string]bool{}
	for i, gate := range spec.SchedulingGates {
		at := path.Child("schedulingGates").Index(i)
		errs = append(errs, invalid(at, gate.Name, validation.IsQualifiedName(gate.Name))...)
		if seen[gate.Name] {
			errs = append(errs, field.Duplicate(at, gate.Name))
		}
		seen[gate.Name] = true
	}
	return errs
}

func validateActiveDeadline(seconds *int64, path *field.Path) field.ErrorList {
	if seconds != nil && (*seconds < 1 || *seconds > math.MaxInt32) {
		return field.ErrorList{field.Invalid(path, *seconds, validation.InclusiveRangeError(1, math.MaxInt32))}
	}
	return nil
}

// validateImageNames checks the names of images. The API server does it after everything else.
func validateImageNames(containers []corev1.Container, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i := range containers {
		errs = append(errs, validateImageName(&containers[i], path.Index(i))...)
	}
	return errs
}

// validateImageName refuses blanks around an image.
func validateImageName(c *corev1.Container, path *field.Path) field.ErrorList {
	if strings.TrimSpace(c.Image) != c.Image {
		return field.ErrorList{field.Invalid(path.Child("image"), c.Image, "must not have leading or trailing whitespace")}
	}
	return nil
}

// invalid turns each complaint about a value into an error.
func invalid(path *field.Path, value any, complaints []string) field.ErrorList {
	var errs field.ErrorList
	for _, complaint := range complaints {
		errs = append(errs, field.Invalid(path, value, complaint))
	}
	return errs
}

// validateOneOf checks a value that is one of a few words. The message lists them in the order given.
func validateOneOf[T ~string](path *field.Path, value T, supported ...T) field.ErrorList {
	switch {
	case slices.Contains(supported, value):
		return nil
	case value == "":
		return field.ErrorList{field.Required(path, "")}
	}
	return field.ErrorList{field.NotSupported(path, value, supported)}
}

// validateDNSLabel requires a value that is a DNS label.
func validateDNSLabel(path *field.Path, value string) field.ErrorList {
	if value == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	return invalid(path, value, validation.IsDNS1123Label(value))
}
