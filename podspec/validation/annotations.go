package validation

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec"
)

// Annotations of pods that the API server reads.
const (
	mirrorAnnotation      = "kubernetes.io/config.mirror"
	tolerationsAnnotation = "scheduler.alpha.kubernetes.io/tolerations"
)

// validatePodAnnotations checks the annotations of a pod that mean something to the API server.
func validatePodAnnotations(pod *corev1.Pod, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if value, ok := pod.Annotations[mirrorAnnotation]; ok && pod.Spec.NodeName == "" {
		errs = append(errs, field.Invalid(path.Key(mirrorAnnotation), value, "must set spec.nodeName if mirror pod annotation is set"))
	}
	if value := pod.Annotations[tolerationsAnnotation]; value != "" {
		var tolerations []corev1.Toleration
		if err := json.Unmarshal([]byte(value), &tolerations); err != nil {
			errs = append(errs, field.Invalid(path, tolerationsAnnotation, err.Error()))
		}
		errs = append(errs, validateTolerations(tolerations, path.Child(tolerationsAnnotation))...)
	}
	if value, ok := pod.Annotations[corev1.PodDeletionCost]; ok && !isDeletionCost(value) {
		errs = append(errs, field.Invalid(path.Key(corev1.PodDeletionCost), value, "must be a 32bit integer"))
	}
	errs = append(errs, validateSeccompAnnotations(pod.Annotations, path)...)
	return append(errs, validateAppArmorAnnotations(pod, path)...)
}

// isDeletionCost is true for a number of 32 bits without a plus sign and without zeros before it, though those after a minus sign pass.
func isDeletionCost(value string) bool {
	if strings.HasPrefix(value, "+") || len(value) > 1 && value[0] == '0' {
		return false
	}
	_, err := strconv.ParseInt(value, 10, 32)
	return err == nil
}

func validateSeccompAnnotations(annotations map[string]string, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if value, ok := annotations[seccompPodAnnotation]; ok {
		errs = append(errs, validateSeccompAnnotation(value, path.Child(seccompPodAnnotation))...)
	}
	for _, key := range sortedKeys(annotations) {
		if strings.HasPrefix(key, seccompContainerAnnotation) {
			errs = append(errs, validateSeccompAnnotation(annotations[key], path.Child(key))...)
		}
	}
	return errs
}

// What annotations say for a profile.
const (
	runtimeDefaultAnnotation = "runtime/default"
	dockerDefaultAnnotation  = "docker/default" // its name of old
	unconfinedAnnotation     = "unconfined"
	localhostAnnotation      = "localhost/"
)

func validateSeccompAnnotation(value string, path *field.Path) field.ErrorList {
	if profile, ok := strings.CutPrefix(value, localhostAnnotation); ok {
		return validateLocalPath(profile, path)
	}
	switch value {
	case runtimeDefaultAnnotation, dockerDefaultAnnotation, unconfinedAnnotation:
		return nil
	}
	return field.ErrorList{field.Invalid(path, value, "must be a valid seccomp profile")}
}

func validateAppArmorAnnotations(pod *corev1.Pod, path *field.Path) field.ErrorList {
	containers := map[string]bool{}
	for c := range podspec.AllContainers(pod) {
		containers[c.Name] = true
	}
	var errs field.ErrorList
	for _, key := range sortedKeys(pod.Annotations) {
		container, ok := strings.CutPrefix(key, corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix)
		if !ok {
			continue
		}
		if !containers[container] {
			errs = append(errs, field.Invalid(path.Key(key), container, "container not found"))
		}
		if err := checkAppArmorAnnotation(pod.Annotations[key]); err != nil {
			errs = append(errs, field.Invalid(path.Key(key), pod.Annotations[key], err.Error()))
		}
	}
	return errs
}

func checkAppArmorAnnotation(value string) error {
	switch {
	case value == "", value == runtimeDefaultAnnotation, value == unconfinedAnnotation, strings.HasPrefix(value, localhostAnnotation):
		return nil
	}
	return fmt.Errorf("invalid AppArmor profile name: %q", value)
}

// validateProfilesAgree requires an annotation with a profile to say what the field says that took its place.
func validateProfilesAgree(meta *metav1.ObjectMeta, spec *corev1.PodSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	pod := spec.SecurityContext
	if pod == nil {
		pod = &corev1.PodSecurityContext{}
	}
	if pod.SeccompProfile != nil {
		errs = append(errs, profileAgrees(meta, seccompPodAnnotation, "seccomp", string(pod.SeccompProfile.Type),
			pod.SeccompProfile.LocalhostProfile, path.Child("securityContext", "seccompProfile"))...)
	}
	for c, at := range allContainers(spec, path) {
		if sc := c.SecurityContext; sc != nil && sc.SeccompProfile != nil {
			errs = append(errs, profileAgrees(meta, seccompContainerAnnotation+c.Name, "seccomp", string(sc.SeccompProfile.Type),
				sc.SeccompProfile.LocalhostProfile, at.Child("securityContext", "seccompProfile"))...)
		}
	}
	if isForWindows(spec) {
		return errs
	}
	for c, at := range allContainers(spec, path) {
		profile := pod.AppArmorProfile
		if sc := c.SecurityContext; sc != nil && sc.AppArmorProfile != nil {
			profile = sc.AppArmorProfile
		}
		if profile != nil {
			key := corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix + c.Name
			errs = append(errs, profileAgrees(meta, key, "apparmor", string(profile.Type), profile.LocalhostProfile,
				at.Child("securityContext", "appArmorProfile"))...)
		}
	}
	return errs
}

// profileAgrees compares one annotation, if the object has it, with a field. The names of the types are those of seccomp and of
// AppArmor alike.
func profileAgrees(meta *metav1.ObjectMeta, annotation, kind, profileType string, localhost *string, path *field.Path) field.ErrorList {
	value, ok := meta.Annotations[annotation]
	if !ok {
		return nil
	}
	agrees := true
	switch profileType {
	case string(corev1.SeccompProfileTypeUnconfined):
		agrees = value == unconfinedAnnotation
	case string(corev1.SeccompProfileTypeRuntimeDefault):
		agrees = value == runtimeDefaultAnnotation || kind == "seccomp" && value == dockerDefaultAnnotation
	case string(corev1.SeccompProfileTypeLocalhost):
		var profile string
		if profile, agrees = strings.CutPrefix(value, localhostAnnotation); agrees && (localhost == nil || *localhost != profile) {
			return field.ErrorList{field.Forbidden(path.Child("localhostProfile"), kind+" profile in annotation and field must match")}
		}
	}
	if !agrees {
		return field.ErrorList{field.Forbidden(path.Child("type"), kind+" type in annotation and field must match")}
	}
	return nil
}
