package admission

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/engine"
	"github.com/podsim/podsim/runtime/instance"
)

// Warnings are what the engine will not do of what the pod asks for, a sentence each, led by the path of the field. None of it takes
// anything away from the pod's isolation.
func Warnings(pod *corev1.Pod, facts engine.Facts) []string {
	w := &warner{facts: facts}
	spec := field.NewPath("spec")
	if s := pod.Spec.SecurityContext; s != nil && s.SELinuxOptions != nil {
		w.seLinux(spec.Child("securityContext", "seLinuxOptions"))
	}
	w.network(pod, spec)
	for c, path := range podspec.ContainersWithPaths(&pod.Spec, spec) {
		w.security(c, path.Child("securityContext"))
		w.mounts(c, path.Child("volumeMounts"))
		w.limits(c, path.Child("resources", "limits"))
		if !facts.LowersOOMScore && instance.WantsLowerOOMScore(pod) {
			w.warn(path.Child("resources"), "the engine may not lower oom_score_adj: the processes have 0, and %d on a node", instance.GuaranteedOOMScoreAdj)
		}
	}
	return w.warnings
}

// warner collects warnings.
type warner struct {
	facts    engine.Facts
	warnings []string
}

func (w *warner) warn(path *field.Path, format string, args ...any) {
	w.warnings = append(w.warnings, path.String()+": "+fmt.Sprintf(format, args...))
}

// seLinux warns of labels where nothing heeds them, as on a node without SELinux (S12.13).
func (w *warner) seLinux(path *field.Path) {
	if !w.facts.SELinux {
		w.warn(path, "without effect: the engine has no SELinux")
	}
}

func (w *warner) security(c *corev1.Container, path *field.Path) {
	own := c.SecurityContext
	if own == nil {
		return
	}
	if own.SELinuxOptions != nil {
		w.seLinux(path.Child("seLinuxOptions"))
	}
	if own.Privileged != nil && *own.Privileged && w.facts.Rootless {
		w.warn(path.Child("privileged"), "the engine is rootless: the container gets all rights of the engine's user, not those of the machine's root")
	}
	if own.Capabilities == nil {
		return
	}
	w.capabilities(own.Capabilities.Add, path.Child("capabilities", "add"))
	w.capabilities(own.Capabilities.Drop, path.Child("capabilities", "drop"))
}

func (w *warner) capabilities(names []corev1.Capability, path *field.Path) {
	for i, name := range names {
		if !instance.IsCapability(name) {
			w.warn(path.Index(i), "without effect, as on a node: no capability has the name %s", name)
		}
	}
}

// mounts warns of mounts that will be less read-only than they could be (S11.56).
func (w *warner) mounts(c *corev1.Container, path *field.Path) {
	for i, m := range c.VolumeMounts {
		if m.RecursiveReadOnly != nil && *m.RecursiveReadOnly == corev1.RecursiveReadOnlyIfPossible && !w.facts.RecursiveReadOnly() {
			w.warn(path.Index(i).Child("recursiveReadOnly"), "not possible: what is mounted inside the volume stays writable; it needs Docker 25 and Linux 5.12")
		}
	}
}

// limits warns of limits that nobody enforces: of rootless engines, and of machines without the control groups for them.
func (w *warner) limits(c *corev1.Container, path *field.Path) {
	if _, ok := c.Resources.Limits[corev1.ResourceMemory]; ok {
		switch {
		case !w.facts.MemoryLimits:
			w.warn(path.Key("memory"), "without effect: the engine cannot limit memory")
		case !w.facts.SwapLimits:
			w.warn(path.Key("memory"), "the engine cannot limit swap: beyond its limit the container gets swap, if the machine has any") // S13.14
		}
	}
	if _, ok := c.Resources.Limits[corev1.ResourceCPU]; ok && !w.facts.CPULimits {
		w.warn(path.Key("cpu"), "without effect: the engine cannot limit CPU")
	}
}
