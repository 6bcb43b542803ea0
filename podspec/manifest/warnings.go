package manifest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/fields"
	"github.com/podsim/podsim/podspec/validation"
	"github.com/podsim/podsim/podspec/workload"
)

// warnings words what is worth saying about an object that is not refused; of a pod as it was written, before defaults.
func warnings(o object, gates podspec.FeatureGates) []string {
	var lines []string
	if hook := o.GetAnnotations()[helmHook]; hook != "" {
		lines = append(lines, o.warning("metadata.annotations", fmt.Sprintf("a hook of Helm (%s): podsim treats it like any other object", hook)))
	}
	if _, isService := o.Object.(*corev1.Service); isService {
		lines = append(lines, o.warning("", "accepted, but podsim gives containers neither its variables nor its name yet"))
	}
	pod, template := podIn(o.Object)
	if pod == nil {
		return lines
	}
	said := validation.Warnings(pod)
	if template != nil {
		said = validation.WorkloadWarnings(o.Object)
	}
	for _, w := range append(said, notYetDone(pod, template)...) {
		lines = append(lines, o.warning(w.Path, w.Text))
	}
	meaningless := append(fields.MetadataWithoutMeaning(&pod.ObjectMeta), fields.WithoutMeaning(&pod.Spec)...)
	if paths := allInTemplate(template, meaningless); len(paths) > 0 {
		lines = append(lines, o.warning(paths[0], "without effect on a single machine: "+strings.Join(paths, ", ")))
	}
	disabled := fields.Disabled(&pod.Spec, gates)
	for _, gate := range slices.Sorted(maps.Keys(disabled)) {
		paths := allInTemplate(template, disabled[gate])
		lines = append(lines, o.warning(paths[0], fmt.Sprintf("without effect while the feature gate %s is off: %s", gate, strings.Join(paths, ", "))))
	}
	return lines
}

// helmHook is the annotation of objects that Helm creates at a time of their own.
const helmHook = "helm.sh/hook"

// podIn is the pod that an object is, or that its template describes, and the path of that template, nil for a pod itself. It is nil
// for objects without pods.
func podIn(o metav1.Object) (pod *corev1.Pod, template *field.Path) {
	if pod, ok := o.(*corev1.Pod); ok {
		return pod, nil
	}
	t, template := workload.Template(o)
	if t == nil {
		return nil, nil
	}
	return &corev1.Pod{ObjectMeta: t.ObjectMeta, Spec: t.Spec}, template
}

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
	for c, path := range podspec.ContainersWithPaths(&pod.Spec, field.NewPath("spec")) {
		if c.TerminationMessagePolicy == corev1.TerminationMessageFallbackToLogsOnError ||
			c.TerminationMessagePath != "" && c.TerminationMessagePath != corev1.TerminationMessagePathDefault {
			at := inTemplate(template, path.Child("terminationMessagePath").String())
			found = append(found, validation.Warning{Path: at,
				Text: at + ": podsim gives the container the file, but does not put its message into the status yet"})
		}
	}
	return found
}
