package manifest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/fields"
	"github.com/podsim/podsim/podspec/validation"
)

// warnings words what is worth saying about an object that is not refused; of a pod as it was written, before defaults.
func warnings(o object, gates podspec.FeatureGates) []string {
	pod, ok := o.Object.(*corev1.Pod)
	if !ok {
		return nil
	}
	var lines []string
	for _, w := range append(validation.Warnings(pod), notYetDone(pod)...) {
		lines = append(lines, o.warning(w.Path, w.Text))
	}
	if paths := fields.WithoutMeaning(&pod.Spec); len(paths) > 0 {
		lines = append(lines, o.warning(paths[0], "without effect on a single machine: "+strings.Join(paths, ", ")))
	}
	disabled := fields.Disabled(&pod.Spec, gates)
	for _, gate := range slices.Sorted(maps.Keys(disabled)) {
		paths := disabled[gate]
		lines = append(lines, o.warning(paths[0], fmt.Sprintf("without effect while the feature gate %s is off: %s", gate, strings.Join(paths, ", "))))
	}
	return lines
}

// notYetDone are warnings about fields that podsim honours in part.
func notYetDone(pod *corev1.Pod) []validation.Warning {
	var found []validation.Warning
	for c, path := range podspec.ContainersWithPaths(&pod.Spec, field.NewPath("spec")) {
		if c.TerminationMessagePolicy == corev1.TerminationMessageFallbackToLogsOnError ||
			c.TerminationMessagePath != "" && c.TerminationMessagePath != corev1.TerminationMessagePathDefault {
			at := path.Child("terminationMessagePath").String()
			found = append(found, validation.Warning{Path: at,
				Text: at + ": podsim gives the container the file, but does not put its message into the status yet"})
		}
	}
	return found
}
