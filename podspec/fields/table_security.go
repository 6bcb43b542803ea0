package fields

var securitySection = Section{
	"Security",
	"Of a field that both the pod and a container have, the container's value counts (S12.1).",
	[]Field{
		{"securityContext.appArmorProfile.localhostProfile", Honoured, "A profile that the node has loaded (S12.11). podsim: one that it has not fails the start, where a node rejects the pod."},
		{"securityContext.appArmorProfile.type", Honoured, "RuntimeDefault, Localhost or Unconfined; the runtime's profile when unset (S12.11)."},
		{"securityContext.fsGroup", Honoured, "The group of the files in volumes, and a group of every process (S11.60, S11.61, S11.64)."},
		{"securityContext.fsGroupChangePolicy", Honoured, "OnRootMismatch leaves a claim alone whose root has the group already (S11.62)."},
		{"securityContext.runAsGroup", Honoured, "The process's group id; when unset, that of its user in the image, else 0 (S12.2)."},
		{"securityContext.runAsNonRoot", Honoured, "A container that would run as root does not start (S12.4)."},
		{"securityContext.runAsUser", Honoured, "The process's user id; the image's USER when unset, else 0 (S12.2)."},
		{"securityContext.seLinuxChangePolicy", NoMeaning, "How volumes get their SELinux label."},
		{"securityContext.seLinuxOptions", NoMeaning, "The processes' SELinux label, on a node that has SELinux (S12.13). podsim: the engine's own holds."},
		{"securityContext.seccompProfile.localhostProfile", Refused, "A file with a profile on the node (S12.10)."},
		{"securityContext.seccompProfile.type", Honoured, "RuntimeDefault, Localhost or Unconfined; Unconfined when unset (S12.10)."},
		{"securityContext.supplementalGroups", Honoured, "More groups of every process (S12.3)."},
		{"securityContext.supplementalGroupsPolicy", InPart, "Whether the groups of the user in the image count too: Merge, as when unset, or Strict (S12.3). podsim: Strict is refused."},
		{"securityContext.sysctls.name", Honoured, "A kernel setting of the pod's namespaces; a node allows the safe ones (S12.20, S12.21). " +
			"podsim: any that the engine takes; with others the sandbox is not made."},
		{"securityContext.sysctls.value", Honoured, "Its value (S12.21)."},
		{"securityContext.windowsOptions", Refused, "For Windows only."},
		{"containers.securityContext.allowPrivilegeEscalation", Honoured, "false lets no program gain privileges, whatever its file says (S12.8)."},
		{"containers.securityContext.capabilities.add", Honoured, "Capabilities beside the usual ones, without CAP_; ALL comes first (S12.5, S12.6). " +
			"podsim: CAP_NET_ADMIN is understood, too."},
		{"containers.securityContext.capabilities.drop", Honoured, "Capabilities that are taken away; with ALL, those that are added stay (S12.6)."},
		{"containers.securityContext.privileged", Honoured, "All capabilities and devices, and nothing masked (S12.7)."},
		{"containers.securityContext.procMount", InPart, "Default masks parts of /proc, Unmasked does not and needs hostUsers false (S2.68, S12.12). " +
			"podsim: so Unmasked cannot be had; what the engine masks counts."},
		{"containers.securityContext.readOnlyRootFilesystem", Honoured, "Only volumes, /dev/shm, /etc/hosts and the termination log can be written (S12.9)."},
	},
}
