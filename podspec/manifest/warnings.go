package manifest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec/fields"
	"github.com/podsim/podsim/podspec/validation"
)

// warnings words what is worth saying about an object that is not refused; of a pod as it was written, before defaults.
func warnings(o object, options Options) Problems {
	var found Problems
	warn := func(reason Reason, path, text string) {
		found = append(found, o.problem(reason, path, errors.New(text)))
	}
	if hook := o.GetAnnotations()[helmHook]; hook != "" {
		warn(Doubtful, "metadata.annotations", fmt.Sprintf("a hook of Helm (%s): podsim treats it like any other object", hook))
	}
	for _, w := range ServerWarnings(o.Object) {
		warn(Doubtful, w.Path, w.Text)
	}
	pod, template := podIn(o.Object)
	if pod == nil {
		return found
	}
	for _, w := range sharedPorts(pod, template) {
		warn(Doubtful, w.Path, w.Text)
	}
	for _, w := range notYetDone(pod, template) {
		warn(WithoutEffect, w.Path, w.Text)
	}
	meaningless := fields.WithoutMeaning(&pod.Spec, options.ClusterAPI)
	if paths := allInTemplate(template, meaningless); len(paths) > 0 {
		warn(WithoutEffect, paths[0], "without effect on a single machine: "+strings.Join(paths, ", "))
	}
	disabled := fields.Disabled(&pod.Spec, options.FeatureGates)
	for _, gate := range slices.Sorted(maps.Keys(disabled)) {
		paths := allInTemplate(template, disabled[gate])
		warn(Doubtful, paths[0], fmt.Sprintf("without effect while the feature gate %s is off: %s", gate, strings.Join(paths, ", ")))
	}
	return found
}

// ServerWarnings are those that an API server sends about an object of a kind that podsim reads and that it accepts (S1.3.2).
func ServerWarnings(o metav1.Object) []validation.Warning {
	switch o := o.(type) {
	case *corev1.Pod:
		return validation.Warnings(o)
	case *corev1.Secret:
		return validation.SecretWarnings(o)
	case *corev1.PersistentVolumeClaim:
		return validation.ClaimWarnings(o)
	case *corev1.ServiceAccount:
		return validation.AccountWarnings(o)
	}
	return validation.WorkloadWarnings(o)
}

// helmHook is the annotation of objects that Helm creates at a time of their own.
const helmHook = "helm.sh/hook"

func allInTemplate(template *field.Path, paths []string) []string {
	all := make([]string, len(paths))
	for i, path := range paths {
		all[i] = inTemplate(template, path)
	}
	return all
}

// notYetDone are warnings about fields that podsim honours in part.
func notYetDone(pod *corev1.Pod, template *field.Path) []validation.Warning {
	var found []validation.Warning
	if r := pod.Spec.Resources; r != nil && len(r.Limits) > 0 {
		at := inTemplate(template, "spec.resources.limits")
		found = append(found, validation.Warning{Path: at,
			Text: at + ": podsim gives them to each container without a limit of its own, not to all containers together"})
	}
	return found
}
