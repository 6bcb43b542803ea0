// Package admission decides whether the node takes a pod that the API has accepted, and words what the engine will not do of what the
// pod asks for. It is pure: the pod and the engine's facts go in.
//
// What an engine cannot do is a warning where it takes nothing away from the isolation of the pod. Where it would, the pod is refused
// here, as a kubelet refuses a pod that its machine cannot protect, or its containers do not start (package instance).
package admission

import (
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/node/util/sysctl"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/engine"
)

// Rejection is why the node refuses a pod: the reason of its status and of the event, whose message is Message.
type Rejection struct{ Reason, Message string }

// StatusMessage is the message of the pod's status (S12.20).
func (r *Rejection) StatusMessage() string { return "Pod was rejected: " + r.Message }

// Check returns why a node on such an engine refuses the pod; nil if it takes it.
func Check(pod *corev1.Pod, facts engine.Facts) *Rejection {
	if pod.Spec.OS != nil && pod.Spec.OS.Name != corev1.Linux {
		return &Rejection{"PodOSNotSupported", "Failed to admit pod as the OS field doesn't match node OS"} // S1.4.2
	}
	if err := checkSysctls(pod, facts); err != nil {
		return &Rejection{"SysctlForbidden", "forbidden sysctl: " + err.Error()}
	}
	if err := checkAppArmor(pod, facts); err != nil {
		return &Rejection{"AppArmor", "Cannot enforce AppArmor: " + err.Error()}
	}
	return nil
}

// safeSysctls are the settings that a node lets a pod have, with the first kernel that keeps them apart for each pod (S12.20); "" is any.
var safeSysctls = map[string]string{
	"kernel.shm_rmid_forced":              "",
	"net.ipv4.ip_local_port_range":        "",
	"net.ipv4.tcp_syncookies":             "",
	"net.ipv4.ping_group_range":           "",
	"net.ipv4.ip_unprivileged_port_start": "",
	"net.ipv4.ip_local_reserved_ports":    "3.16",
	"net.ipv4.tcp_keepalive_time":         "4.5",
	"net.ipv4.tcp_fin_timeout":            "4.6",
	"net.ipv4.tcp_keepalive_intvl":        "4.5",
	"net.ipv4.tcp_keepalive_probes":       "4.5",
	"net.ipv4.tcp_rmem":                   "4.15",
	"net.ipv4.tcp_wmem":                   "4.15",
	"net.ipv4.tcp_slow_start_after_idle":  "4.15",
	"net.ipv4.tcp_notsent_lowat":          "4.6",
}

func checkSysctls(pod *corev1.Pod, facts engine.Facts) error {
	if pod.Spec.SecurityContext == nil {
		return nil
	}
	for _, s := range pod.Spec.SecurityContext.Sysctls {
		name := sysctl.NormalizeName(s.Name)
		since, known := safeSysctls[name]
		if !known || since != "" && !facts.KernelAtLeast(since) {
			return fmt.Errorf("%q not allowlisted", name)
		}
		namespace, _, _ := sysctl.GetNamespace(name)
		if namespace == sysctl.NetNamespace && pod.Spec.HostNetwork || namespace == sysctl.IPCNamespace && pod.Spec.HostIPC {
			return fmt.Errorf("%q not allowed with host %s enabled", name, namespace)
		}
	}
	return nil
}

// checkAppArmor is an error if anything of the pod is to have a profile and the engine has none (S12.11). A pod without a word about
// profiles runs without one.
func checkAppArmor(pod *corev1.Pod, facts engine.Facts) error {
	if facts.AppArmor {
		return nil
	}
	wanted := pod.Spec.SecurityContext != nil && wantsProfile(pod.Spec.SecurityContext.AppArmorProfile)
	for c := range podspec.AllContainers(pod) {
		wanted = wanted || c.SecurityContext != nil && wantsProfile(c.SecurityContext.AppArmorProfile)
	}
	if wanted {
		return errors.New("AppArmor is not enabled on the host")
	}
	return nil
}

func wantsProfile(p *corev1.AppArmorProfile) bool {
	return p != nil && p.Type != corev1.AppArmorProfileTypeUnconfined
}
