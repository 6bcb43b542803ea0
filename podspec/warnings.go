package podspec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// warning is something about a field that is allowed and still not what its author can have meant.
type warning struct {
	path string // of the field
	text string // all of it, the field's path included where it has one
}

// warnings words what is worth saying about an object that is not refused; of a pod as it was written, before defaults.
func warnings(o object, gates FeatureGates) []string {
	pod, ok := o.Object.(*corev1.Pod)
	if !ok {
		return nil
	}
	var lines []string
	for _, w := range append(serverWarnings(pod), podsimWarnings(pod)...) {
		lines = append(lines, o.warning(w.path, w.text))
	}
	if paths := withoutMeaning(&pod.Spec); len(paths) > 0 {
		lines = append(lines, o.warning(paths[0], "without effect on a single machine: "+strings.Join(paths, ", ")))
	}
	disabled := disabledFields(&pod.Spec, gates)
	for _, gate := range slices.Sorted(maps.Keys(disabled)) {
		paths := disabled[gate]
		lines = append(lines, o.warning(paths[0], fmt.Sprintf("without effect while the feature gate %s is off: %s", gate, strings.Join(paths, ", "))))
	}
	return lines
}

// podsimWarnings are those that podsim has itself.
func podsimWarnings(pod *corev1.Pod) []warning {
	w := &warner{}
	for c, path := range containersWithPaths(&pod.Spec, field.NewPath("spec")) {
		if c.TerminationMessagePolicy == corev1.TerminationMessageFallbackToLogsOnError ||
			c.TerminationMessagePath != "" && c.TerminationMessagePath != corev1.TerminationMessagePathDefault {
			w.at(path.Child("terminationMessagePath"), "podsim gives the container the file, but does not put its message into the status yet")
		}
	}
	return w.found
}
