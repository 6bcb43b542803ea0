package validation

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec"
)

// validateContainers checks spec.containers. The volumes are those that are declared without an error.
func validateContainers(spec *corev1.PodSpec, volumes map[string]*corev1.Volume, gates podspec.FeatureGates, path *field.Path) field.ErrorList {
	if len(spec.Containers) == 0 {
		return field.ErrorList{field.Required(path, "")}
	}
	var errs field.ErrorList
	names := map[string]bool{}
	for i := range spec.Containers {
		c, at := &spec.Containers[i], path.Index(i)
		errs = append(errs, validateContainer(c, spec, volumes, at)...)
		if names[c.Name] {
			errs = append(errs, field.Duplicate(at.Child("name"), c.Name))
		}
		names[c.Name] = true
		errs = append(errs, validateLifecycle(c.Lifecycle, spec, at.Child("lifecycle"))...)
		errs = append(errs, validateProbes(c, at)...)
		errs = append(errs, validateRestartPolicy(c, gates, at)...)
	}
	ports := map[string]bool{}
	for i := range spec.Containers {
		errs = append(errs, validateHostPortsFree(&spec.Containers[i], ports, path.Index(i))...)
	}
	return errs
}

// validateInitContainers checks spec.initContainers, whose names must differ from those of the mains as well.
func validateInitContainers(spec *corev1.PodSpec, volumes map[string]*corev1.Volume, gates podspec.FeatureGates, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	names := map[string]bool{}
	for _, c := range spec.Containers {
		names[c.Name] = true
	}
	for i := range spec.InitContainers {
		c, at := &spec.InitContainers[i], path.Index(i)
		errs = append(errs, validateContainer(c, spec, volumes, at)...)
		errs = append(errs, validateInitRestartPolicy(c, gates, at)...)
		if names[c.Name] {
			errs = append(errs, field.Duplicate(at.Child("name"), c.Name))
		}
		if c.Name != "" {
			names[c.Name] = true
		}
		// Init containers run one after another, so each one's host ports are looked at alone (S2.48).
		errs = append(errs, validateHostPortsFree(c, map[string]bool{}, at)...)
		if podspec.IsSidecar(c) {
			errs = append(errs, validateLifecycle(c.Lifecycle, spec, at.Child("lifecycle"))...)
			errs = append(errs, validateProbes(c, at)...)
		} else {
			errs = append(errs, validateRegularInit(c, at)...)
		}
	}
	return errs
}

// validateContainer checks what all kinds of containers have in common.
func validateContainer(c *corev1.Container, spec *corev1.PodSpec, volumes map[string]*corev1.Volume, path *field.Path) field.ErrorList {
	errs := validateDNSLabel(path.Child("name"), c.Name)
	if c.Image == "" {
		errs = append(errs, field.Required(path.Child("image"), ""))
	}
	errs = append(errs, validateOneOf(path.Child("terminationMessagePolicy"), c.TerminationMessagePolicy,
		corev1.TerminationMessageReadFile, corev1.TerminationMessageFallbackToLogsOnError)...)
	errs = append(errs, validatePorts(c.Ports, path.Child("ports"))...)
	errs = append(errs, validateEnv(c.Env, path.Child("env"))...)
	errs = append(errs, validateEnvFrom(c.EnvFrom, path.Child("envFrom"))...)
	errs = append(errs, validateVolumeMounts(c, volumes, path.Child("volumeMounts"))...)
	errs = append(errs, validateVolumeDevices(c, volumes, path.Child("volumeDevices"))...)
	errs = append(errs, validateOneOf(path.Child("imagePullPolicy"), c.ImagePullPolicy,
		corev1.PullAlways, corev1.PullIfNotPresent, corev1.PullNever)...)
	errs = append(errs, validateResources(&c.Resources, path.Child("resources"))...)
	errs = append(errs, validateClaimNames(c.Resources.Claims, spec, path.Child("resources", "claims"))...)
	errs = append(errs, validateResizePolicy(c.ResizePolicy, spec, path.Child("resizePolicy"))...)
	return append(errs, validateSecurityContext(c.SecurityContext, spec, path.Child("securityContext"))...)
}

// validateRegularInit refuses what only makes sense for a container that keeps running (S2.56).
func validateRegularInit(c *corev1.Container, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	given := []struct {
		field string
		set   bool
	}{
		{"lifecycle", c.Lifecycle != nil},
		{"livenessProbe", c.LivenessProbe != nil},
		{"readinessProbe", c.ReadinessProbe != nil},
		{"startupProbe", c.StartupProbe != nil},
	}
	for _, g := range given {
		if g.set {
			errs = append(errs, field.Forbidden(path.Child(g.field),
				fmt.Sprintf("may not be set for init containers without restartPolicy=%s", corev1.ContainerRestartPolicyAlways)))
		}
	}
	for i, policy := range c.ResizePolicy {
		if policy.RestartPolicy == corev1.RestartContainer {
			errs = append(errs, field.Invalid(path.Child("resizePolicy").Index(i).Child("restartPolicy"), policy.RestartPolicy,
				"must not be set to 'RestartContainer' for non-sidecar initContainers"))
		}
	}
	return errs
}
