package validation

import (
	"fmt"
	"iter"
	"reflect"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/diff"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/fields"
)

// ValidateEphemeralContainersUpdate returns what the API server finds wrong with a change of a pod's ephemeral containers, all
// of them defaulted (S2.86, S2.87). The pods differ in nothing else. An ephemeral container can only be added.
func ValidateEphemeralContainersUpdate(newPod, oldPod *corev1.Pod) field.ErrorList {
	spec, path := &newPod.Spec, field.NewPath("spec", "ephemeralContainers")
	volumes, _ := validateVolumes(spec.Volumes, newPod.Name, field.NewPath("spec", "volumes"))
	errs := validateEphemeralContainers(newPod, volumes, path)
	for _, before := range oldPod.Spec.EphemeralContainers {
		i := slices.IndexFunc(spec.EphemeralContainers, func(c corev1.EphemeralContainer) bool { return c.Name == before.Name })
		switch {
		case i < 0:
			errs = append(errs, field.Forbidden(path, fmt.Sprintf("existing ephemeral containers %q may not be removed\n", before.Name)))
		case !equality.Semantic.DeepEqual(before, spec.EphemeralContainers[i]):
			errs = append(errs, field.Forbidden(path, fmt.Sprintf("existing ephemeral containers %q may not be changed\n%s",
				before.Name, diff.Diff(before, spec.EphemeralContainers[i]))))
		}
	}
	return errs
}

// validateEphemeralContainers checks spec.ephemeralContainers (S2.86). The volumes are those that are declared without an error.
func validateEphemeralContainers(pod *corev1.Pod, volumes map[string]*corev1.Volume, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	spec, others := &pod.Spec, map[string]bool{}
	for c := range podspec.Containers(pod) {
		others[c.Name] = true
	}
	ephemeral := map[string]bool{}
	for i := range spec.EphemeralContainers {
		at, target := path.Index(i), spec.EphemeralContainers[i].TargetContainerName
		c := podspec.EphemeralContainer(&spec.EphemeralContainers[i])
		errs = append(errs, validateContainer(c, spec, volumes, at)...)
		errs = append(errs, validateImageName(c, at)...)
		if others[c.Name] || ephemeral[c.Name] {
			errs = append(errs, field.Duplicate(at.Child("name"), c.Name))
		}
		ephemeral[c.Name] = true
		if target != "" && !others[target] {
			errs = append(errs, field.NotFound(at.Child("targetContainerName"), target))
		}
		errs = append(errs, validateEphemeralFields(&spec.EphemeralContainers[i].EphemeralContainerCommon, at)...)
	}
	return errs
}

// ephemeralFields are those that an ephemeral container may have.
var ephemeralFields = []string{
	"name", "image", "command", "args", "workingDir", "envFrom", "env", "volumeMounts", "volumeDevices", "terminationMessagePath",
	"terminationMessagePolicy", "imagePullPolicy", "securityContext", "stdin", "stdinOnce", "tty",
}

// validateEphemeralFields refuses what a pod's work would rest on. A list that is given counts even when it is empty.
func validateEphemeralFields(c *corev1.EphemeralContainerCommon, path *field.Path) field.ErrorList {
	const forbidden = "cannot be set for an Ephemeral Container"
	var errs field.ErrorList
	value := reflect.ValueOf(c).Elem()
	for _, f := range fields.JSON(value.Type()) {
		if !slices.Contains(ephemeralFields, f.Name) && !value.FieldByIndex(f.Index).IsZero() {
			errs = append(errs, field.Forbidden(path.Child(f.Name), forbidden))
		}
	}
	for i, mount := range c.VolumeMounts {
		at := path.Child("volumeMounts").Index(i)
		if mount.SubPath != "" {
			errs = append(errs, field.Forbidden(at.Child("subPath"), forbidden))
		}
		if mount.SubPathExpr != "" {
			errs = append(errs, field.Forbidden(at.Child("subPathExpr"), forbidden))
		}
	}
	return errs
}

// allContainers yields the containers of every kind, ephemeral ones last, and where each stands; path is the spec's own.
func allContainers(spec *corev1.PodSpec, path *field.Path) iter.Seq2[*corev1.Container, *field.Path] {
	return func(yield func(*corev1.Container, *field.Path) bool) {
		for c, at := range podspec.ContainersWithPaths(spec, path) {
			if !yield(c, at) {
				return
			}
		}
		for i := range spec.EphemeralContainers {
			if !yield(podspec.EphemeralContainer(&spec.EphemeralContainers[i]), path.Child("ephemeralContainers").Index(i)) {
				return
			}
		}
	}
}
