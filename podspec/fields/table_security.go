package fields

var securitySection = Section{
	"Security",
	"Of a field that both the pod and a container have, the container's value counts (S12.1).",
	[]Field{
		{"securityContext.appArmorProfile.localhostProfile", Honoured, "A profile that the machine has loaded (S12.11). podsim: one that it has not fails the start, and a pod with profiles is rejected where the engine has no AppArmor."},
		{"securityContext.appArmorProfile.type", Honoured, "RuntimeDefault, Localhost or Unconfined; the runtime's profile when unset (S12.11)."},
		{"securityContext.fsGroup", Honoured, "The group of the files in volumes, and a group of every process (S11.60, S11.61, S11.64)."},
		{"securityContext.fsGroupChangePolicy", Honoured, "OnRootMismatch leaves a claim alone whose root has the group already (S11.62)."},
		{"securityContext.runAsGroup", Honoured, "The process's group id; when unset, that of its user in the image, else 0 (S12.2)."},
		{"securityContext.runAsNonRoot", Honoured, "A container that would run as root does not start (S12.4)."},
		{"securityContext.runAsUser", Honoured, "The process's user id; the image's USER when unset, else 0 (S12.2)."},
		{"securityContext.seLinuxChangePolicy", NoMeaning, "How volumes get their SELinux label."},
		{"securityContext.seLinuxOptions.level", Honoured, "A part of the processes' SELinux label, on a node that has SELinux; a warning says where the engine has none (S12.13)."},
		{"securityContext.seLinuxOptions.role", Honoured, "The role in the label."},
		{"securityContext.seLinuxOptions.type", Honoured, "The type in the label."},
		{"securityContext.seLinuxOptions.user", Honoured, "The user in the label."},
		{"securityContext.seccompProfile.localhostProfile", Honoured, "A file with a profile on the node (S12.10). podsim: in $PODSIM_SECCOMP_DIR, else in podsim/seccomp of the user's directory for configuration."},
		{"securityContext.seccompProfile.type", Honoured, "RuntimeDefault, Localhost or Unconfined; Unconfined when unset (S12.10)."},
		{"securityContext.supplementalGroups", Honoured, "More groups of every process (S12.3)."},
		{"securityContext.supplementalGroupsPolicy", Honoured, "Whether the groups of the user in the image count too: Merge, as when unset, or Strict (S12.3)."},
		{"securityContext.sysctls.name", Honoured, "A kernel setting of the pod's namespaces; a pod with one that is not safe is rejected (S12.20, S12.21)."},
		{"securityContext.sysctls.value", Honoured, "Its value (S12.21)."},
		{"securityContext.windowsOptions", NoMeaning, "What processes on Windows run as; a node with Linux passes over it."},
		{"containers.securityContext.allowPrivilegeEscalation", Honoured, "false lets no program gain privileges, whatever its file says (S12.8)."},
		{"containers.securityContext.capabilities.add", Honoured, "Capabilities beside the usual ones, without CAP_; ALL comes first (S12.5, S12.6). " +
			"A name that no capability has, such as CAP_NET_ADMIN, has no effect."},
		{"containers.securityContext.capabilities.drop", Honoured, "Capabilities that are taken away; with ALL, those that are added stay (S12.6)."},
		{"containers.securityContext.privileged", Honoured, "All capabilities and devices, and nothing masked (S12.7)."},
		{"containers.securityContext.procMount", InPart, "Default masks parts of /proc, Unmasked does not and needs hostUsers false (S2.68, S12.12). " +
			"podsim: so Unmasked cannot be had."},
		{"containers.securityContext.readOnlyRootFilesystem", Honoured, "Only volumes, /dev/shm, /etc/hosts and the termination log can be written (S12.9)."},
	},
}
