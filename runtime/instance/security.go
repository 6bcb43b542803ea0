package instance

import (
	"fmt"
	"slices"

	"github.com/docker/docker/api/types/container"
	corev1 "k8s.io/api/core/v1"
)

// securityContext is the container's security context, empty if it has none.
func securityContext(c *corev1.Container) corev1.SecurityContext {
	if c.SecurityContext == nil {
		return corev1.SecurityContext{}
	}
	return *c.SecurityContext
}

func podSecurityContext(pod *corev1.Pod) corev1.PodSecurityContext {
	if pod.Spec.SecurityContext == nil {
		return corev1.PodSecurityContext{}
	}
	return *pod.Spec.SecurityContext
}

func first[T any](values ...*T) *T {
	for _, v := range values {
		if v != nil {
			return v
		}
	}
	return nil
}

// isolate sets privileges, capabilities and what is masked of /proc (S12.5 to S12.7, S12.12).
func isolate(host *container.HostConfig, c *corev1.Container, cpus int) {
	own := securityContext(c)
	host.Privileged = isTrue(own.Privileged)
	if !host.Privileged {
		host.CapAdd, host.CapDrop = capabilities(own.Capabilities)
	}
	switch {
	case host.Privileged: // the engine masks nothing (S12.7)
	case own.ProcMount != nil && *own.ProcMount == corev1.UnmaskedProcMount:
		host.MaskedPaths, host.ReadonlyPaths = []string{}, []string{}
	default:
		host.MaskedPaths, host.ReadonlyPaths = maskedPaths(cpus), slices.Clone(readOnlyPaths)
	}
}

// readOnlyPaths are what no container can write to (S12.12).
var readOnlyPaths = []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}

// maskedPaths are what no container sees of a machine with so many processors (S12.12). An engine passes over those that are not there.
func maskedPaths(cpus int) []string {
	paths := []string{
		"/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
		"/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap",
	}
	for cpu := range cpus {
		paths = append(paths, fmt.Sprintf("/sys/devices/system/cpu/cpu%d/thermal_throttle", cpu))
	}
	return paths
}

// ErrEngineLacks is the error of a container that asks for protection that the engine cannot give it.
type ErrEngineLacks struct{ text string }

func (e *ErrEngineLacks) Error() string { return e.text }

// LocalhostSeccomp is the name of the profile of the node that the container asks for; "" if it asks for none (S12.10).
func LocalhostSeccomp(pod *corev1.Pod, c *corev1.Container) string {
	own := securityContext(c)
	profile := first(own.SeccompProfile, podSecurityContext(pod).SeccompProfile)
	if isTrue(own.Privileged) || profile == nil || profile.Type != corev1.SeccompProfileTypeLocalhost || profile.LocalhostProfile == nil {
		return ""
	}
	return *profile.LocalhostProfile
}

// securityOptions are what keeps the processes from gaining rights, their seccomp and AppArmor profiles and their SELinux label (S12.8,
// S12.10, S12.11, S12.13). A privileged container has no profiles (S12.7).
func securityOptions(in Input) ([]string, error) {
	own, pod := securityContext(in.Container), podSecurityContext(in.Pod)
	var list []string
	if own.AllowPrivilegeEscalation != nil && !*own.AllowPrivilegeEscalation {
		list = append(list, "no-new-privileges") // S12.8
	}
	if in.SELinux {
		list = append(list, seLinuxLabels(first(own.SELinuxOptions, pod.SELinuxOptions))...)
	}
	if isTrue(own.Privileged) {
		return list, nil
	}
	switch seccomp := first(own.SeccompProfile, pod.SeccompProfile); {
	case seccomp == nil || seccomp.Type == corev1.SeccompProfileTypeUnconfined:
		list = append(list, "seccomp=unconfined")
	case !in.Seccomp:
		return nil, &ErrEngineLacks{"seccomp is not supported"}
	case seccomp.Type == corev1.SeccompProfileTypeLocalhost:
		list = append(list, "seccomp="+in.SeccompProfile)
	}
	if profile := first(own.AppArmorProfile, pod.AppArmorProfile); profile != nil {
		switch profile.Type {
		case corev1.AppArmorProfileTypeUnconfined:
			list = append(list, "apparmor=unconfined")
		case corev1.AppArmorProfileTypeLocalhost:
			list = append(list, "apparmor="+*profile.LocalhostProfile)
		}
	}
	return list, nil
}

// seLinuxLabels are the parts of the processes' label that are given.
func seLinuxLabels(o *corev1.SELinuxOptions) []string {
	if o == nil {
		return nil
	}
	var labels []string
	for _, part := range []struct{ name, value string }{{"user", o.User}, {"role", o.Role}, {"type", o.Type}, {"level", o.Level}} {
		if part.value != "" {
			labels = append(labels, "label="+part.name+":"+part.value)
		}
	}
	return labels
}
