package instance

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/docker/docker/api/types/container"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
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

// user is the engine's user[:group] of the instance (S12.1, S12.2), after the check that runAsNonRoot asks for (S12.4).
func user(in Input) (string, error) {
	own, pod := securityContext(in.Container), podSecurityContext(in.Pod)
	uid, gid := first(own.RunAsUser, pod.RunAsUser), first(own.RunAsGroup, pod.RunAsGroup)
	if isTrue(first(own.RunAsNonRoot, pod.RunAsNonRoot)) {
		if err := checkNonRoot(in, uid); err != nil {
			return "", err
		}
	}
	name := in.ImageUser
	if uid != nil {
		name = strconv.FormatInt(*uid, 10)
	}
	if gid == nil {
		return name, nil
	}
	name, _, _ = strings.Cut(name, ":")
	if name == "" {
		name = "0"
	}
	return fmt.Sprintf("%s:%d", name, *gid), nil
}

func checkNonRoot(in Input, uid *int64) error {
	where := fmt.Sprintf("(pod: %q, container: %s)", podspec.PodIdentity(in.Pod), in.Container.Name)
	if uid != nil {
		if *uid == 0 {
			return fmt.Errorf("container's runAsUser breaks non-root policy %s", where)
		}
		return nil
	}
	name, _, _ := strings.Cut(in.ImageUser, ":")
	switch n, err := strconv.ParseInt(name, 10, 64); {
	case name == "" || err == nil && n == 0:
		return fmt.Errorf("container has runAsNonRoot and image will run as root %s", where)
	case err != nil:
		return fmt.Errorf("container has runAsNonRoot and image has non-numeric user (%s), cannot verify user is non-root %s", name, where)
	}
	return nil
}

func first[T any](values ...*T) *T {
	for _, v := range values {
		if v != nil {
			return v
		}
	}
	return nil
}

// groups are the supplementary groups that every container of the pod gets (S11.64, S12.3).
func groups(pod *corev1.Pod) []string {
	context := podSecurityContext(pod)
	var list []string
	if context.FSGroup != nil {
		list = append(list, strconv.FormatInt(*context.FSGroup, 10))
	}
	for _, g := range context.SupplementalGroups {
		list = append(list, strconv.FormatInt(g, 10))
	}
	return list
}

// isolate sets capabilities, privileges and the security options (S12.5 to S12.12).
func isolate(host *container.HostConfig, pod *corev1.Pod, c *corev1.Container) {
	own := securityContext(c)
	host.Privileged = isTrue(own.Privileged)
	if own.Capabilities != nil {
		for _, name := range own.Capabilities.Add {
			host.CapAdd = append(host.CapAdd, string(name))
		}
		for _, name := range own.Capabilities.Drop {
			host.CapDrop = append(host.CapDrop, string(name))
		}
	}
	if own.AllowPrivilegeEscalation != nil && !*own.AllowPrivilegeEscalation {
		host.SecurityOpt = append(host.SecurityOpt, "no-new-privileges") // S12.8
	}
	switch seccomp := first(own.SeccompProfile, podSecurityContext(pod).SeccompProfile); {
	case host.Privileged:
	case seccomp == nil || seccomp.Type == corev1.SeccompProfileTypeUnconfined:
		host.SecurityOpt = append(host.SecurityOpt, "seccomp=unconfined") // S12.10
	}
	if profile := first(own.AppArmorProfile, podSecurityContext(pod).AppArmorProfile); profile != nil && !host.Privileged {
		switch profile.Type { // S12.11
		case corev1.AppArmorProfileTypeUnconfined:
			host.SecurityOpt = append(host.SecurityOpt, "apparmor=unconfined")
		case corev1.AppArmorProfileTypeLocalhost:
			host.SecurityOpt = append(host.SecurityOpt, "apparmor="+*profile.LocalhostProfile)
		}
	}
	if own.ProcMount != nil && *own.ProcMount == corev1.UnmaskedProcMount {
		host.MaskedPaths, host.ReadonlyPaths = []string{}, []string{} // S12.12
	}
}
