package validation

import (
	"strings"
	"testing"

	"github.com/podsim/podsim/podspec/spectest"
)

func TestSecurityContextsAreValidated(t *testing.T) {
	security := func(text string) string { return spectest.Container("securityContext: " + text + "") }
	const nothing = `"Privileged":null,"SELinuxOptions":null,"WindowsOptions":null,"RunAsUser":null,"RunAsGroup":null,"RunAsNonRoot":null,"ReadOnlyRootFilesystem":null,"AllowPrivilegeEscalation":false,"ProcMount":null,"SeccompProfile":null,"AppArmorProfile":null}`
	sysctl := "must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"
	checkSpecs(t, []validationCase{
		{"S2.66", "runAsUser -1", security("{runAsUser: -1}"), []string{`C0.securityContext.runAsUser: Invalid value: -1: UID`}},
		{"S2.66", "runAsGroup 2^31", security("{runAsGroup: 2147483648}"), []string{`C0.securityContext.runAsGroup: Invalid value: 2147483648: UID`}},
		{"S2.66", "ids of the pod", "{securityContext: {fsGroup: -1, runAsUser: -2, runAsGroup: -3, supplementalGroups: [1, -4]}}", []string{
			`spec.securityContext.fsGroup: Invalid value: -1: UID`, `spec.securityContext.runAsUser: Invalid value: -2: UID`,
			`spec.securityContext.runAsGroup: Invalid value: -3: UID`, `spec.securityContext.supplementalGroups[1]: Invalid value: -4: UID`}},
		{"S2.67", "privileged without escalation", security("{privileged: true, allowPrivilegeEscalation: false}"), []string{
			`C0.securityContext: Invalid value: {"Capabilities":null,` + strings.Replace(nothing, `"Privileged":null`, `"Privileged":true`, 1) + ": cannot set `allowPrivilegeEscalation` to false and `privileged` to true"}},
		{"S2.67", "CAP_SYS_ADMIN without escalation", security("{allowPrivilegeEscalation: false, capabilities: {add: [CAP_SYS_ADMIN]}}"), []string{
			`C0.securityContext: Invalid value: {"Capabilities":{"Add":["CAP_SYS_ADMIN"],"Drop":null},` + nothing + ": cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"}},
		{"S2.67", "SYS_ADMIN without escalation", security("{allowPrivilegeEscalation: false, capabilities: {add: [SYS_ADMIN]}}"), nil},
		{"S2.68", "procMount x", security("{procMount: x}"), []string{`C0.securityContext.procMount: Unsupported value: "x": supported values: "Default", "Unmasked"`}},
		{"S2.68", "procMount Unmasked", security("{procMount: Unmasked}"), []string{"C0.securityContext.procMount: Invalid value: \"Unmasked\": `hostUsers` must be false to use `Unmasked`"}},
		{"S2.69", "seccomp x", security("{seccompProfile: {type: x}}"), []string{`C0.securityContext.seccompProfile.type: Unsupported value: "x": supported values: "Localhost", "RuntimeDefault", "Unconfined"`}},
		{"S2.69", "seccomp Localhost without a profile", "{securityContext: {seccompProfile: {type: Localhost}}}", []string{`spec.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost`}},
		{"S2.69", "seccomp Unconfined with a profile", security("{seccompProfile: {type: Unconfined, localhostProfile: p}}"),
			[]string{`C0.securityContext.seccompProfile.localhostProfile: Invalid value: {"Type":"Unconfined","LocalhostProfile":"p"}: can only be set when seccomp type is Localhost`}},
		{"S2.70", "AppArmor Localhost without a profile", security("{appArmorProfile: {type: Localhost}}"), []string{`C0.securityContext.appArmorProfile.localhostProfile: Required value: must be set when AppArmor type is Localhost`}},
		{"S2.71", "sysctls", "{securityContext: {sysctls: [{name: Kernel.Shm}, {name: net.core.somaxconn}, {name: net.core.somaxconn}]}}", []string{
			`spec.securityContext.sysctls[0].name: Invalid value: "Kernel.Shm": ` + sysctl, `spec.securityContext.sysctls[2].name: Duplicate value: "net.core.somaxconn"`}},
		{"S2.71", "sysctls of namespaces that are the host's", "{hostNetwork: true, hostIPC: true, securityContext: {sysctls: [{name: net.ipv4.tcp_syncookies}, {name: kernel.sem}]}}", []string{
			`spec.securityContext.sysctls[0].name: Invalid value: "net.ipv4.tcp_syncookies": may not be specified when 'hostNetwork' is true`,
			`spec.securityContext.sysctls[1].name: Invalid value: "kernel.sem": may not be specified when 'hostIPC' is true`}},
		{"S2.72", "two process namespaces", "{hostPID: true, shareProcessNamespace: true}", []string{`spec.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled`}},
		{"S2.73", "users of its own and the host's namespaces", "{hostUsers: false, hostNetwork: true, hostPID: true, hostIPC: true}", []string{
			"spec.hostNetwork: Forbidden: when `hostUsers` is false", "spec.HostPID: Forbidden: when `hostUsers` is false", "spec.HostIPC: Forbidden: when `hostUsers` is false"}},
		{"S2.74", "group policies", "{securityContext: {fsGroupChangePolicy: x, supplementalGroupsPolicy: z}}", []string{
			`spec.securityContext.fsGroupChangePolicy: Unsupported value: "x": supported values: "Always", "OnRootMismatch"`,
			`spec.securityContext.supplementalGroupsPolicy: Unsupported value: "z": supported values: "Merge", "Strict"`}},
		{"S2.85", "root that must not be root", security("{runAsNonRoot: true, runAsUser: 0}"), nil},
		{"S2.85", "unknown capabilities", security("{capabilities: {add: [NOPE]}}"), nil},
	})
}
