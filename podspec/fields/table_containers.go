package fields

var containerSection = Section{
	"Containers",
	"`containers` stands for init and ephemeral containers too. `spec.ephemeralContainers` is refused at the creation of a pod, as by " +
		"an API server; they come to a pod that is there (S2.13, S2.86).",
	[]Field{
		{"containers.args", Honoured, "Arguments in place of the image's CMD, with $(VAR) expanded (S9.6, S9.30)."},
		{"containers.command", Honoured, "What runs in place of the image's ENTRYPOINT and CMD, with $(VAR) expanded (S9.6, S9.30)."},
		{"containers.env.name", Honoured, "A variable's name; of several the last counts (S9.1)."},
		{"containers.env.value", Honoured, "Its value, in which $(VAR) is what an earlier entry or envFrom says (S9.4, S9.5)."},
		{"containers.env.valueFrom.fieldRef.apiVersion", Honoured, "The version of the path's words; v1 when unset (S1.2)."},
		{"containers.env.valueFrom.fieldRef.fieldPath", Honoured, "A field of the pod that is the value (S2.40, S9B)."},
		{"containers.env.valueFrom.fileKeyRef.key", Honoured, "The name in a line NAME='value' of a file, whose value the variable has (S9.22)."},
		{"containers.env.valueFrom.fileKeyRef.optional", Honoured, "Without the key, or with an empty value, there is no variable; the file must be there all the same (S9.22)."},
		{"containers.env.valueFrom.fileKeyRef.path", Honoured, "The file's path in the volume, read at every start of the container (S9.22)."},
		{"containers.env.valueFrom.fileKeyRef.volumeName", Honoured, "The emptyDir volume with the file, which some container has to mount (S2.43, S9.22)."},
		{"containers.env.valueFrom.resourceFieldRef.containerName", Honoured, "Whose request or limit it is; the container's own when unset (S9.21)."},
		{"containers.env.valueFrom.resourceFieldRef.divisor", Honoured, "The unit of the value, which is rounded up; 1 when unset (S9.20)."},
		{"containers.env.valueFrom.resourceFieldRef.resource", Honoured, "A request or limit that is the value; what the node has where there is no limit (S9.20, S9.21)."},
		{"containers.envFrom.prefix", Honoured, "What stands before the name of each key (S9.3)."},
		{"containers.image", Honoured, "The image, looked for at every start; without a tag or digest it is latest (S14.1, S14.6)."},
		{"containers.imagePullPolicy", Honoured, "Whether to pull at a start: Always, IfNotPresent, Never; Always when unset and the tag is latest or none, " +
			"so that an image that only the engine has fails (S1.2, S14.1, S16.37)."},
		{"containers.name", Honoured, "What the status, logs and events call the container; unique in the pod (S2.8, S2.11)."},
		{"containers.ports.containerPort", Honoured, "Tells of a port, and is the target of a hostPort; nothing is opened or closed by it (S12.32)."},
		{"containers.ports.hostIP", Honoured, "The node's address for the hostPort. podsim: 127.0.0.1 when unset, where a node takes all."},
		{"containers.ports.hostPort", Honoured, "A port of the node that leads to the container's; of main containers only (S12.32). Two pods cannot have the same (S3.14)."},
		{"containers.ports.name", Honoured, "A name for the port in handlers of this container (S6.30)."},
		{"containers.ports.protocol", Honoured, "TCP, UDP or SCTP; TCP when unset (S1.2)."},
		{"containers.restartPolicy", Honoured, "Goes before the pod's restartPolicy (S4.15, S4.40). Always makes an init container a sidecar, with no gate needed (S4.18)."},
		{"containers.restartPolicyRules.action", Honoured, "What the first rule that fits does: Restart, or RestartAllContainers with everything of the pod (S4.40, S4.60)."},
		{"containers.restartPolicyRules.exitCodes.operator", Honoured, "Whether the rule fits exit codes that are In the values or NotIn them (S4.40)."},
		{"containers.restartPolicyRules.exitCodes.values", Honoured, "The exit codes of the rule (S4.40, S4.41)."},
		{"containers.stdin", InPart, "Keeps standard input open; otherwise reads end at once (S10.45). podsim: nobody can attach to it yet."},
		{"containers.stdinOnce", InPart, "Closes standard input when the first client that attached leaves (S10.45). podsim: nobody can attach to it yet."},
		{"containers.targetContainerName", Honoured, "Whose processes an ephemeral container sees (S4.70)."},
		{"containers.terminationMessagePath", Honoured, "A file whose last 4096 bytes are the message of the ended container; /dev/termination-log when unset (S1.2, S10.30, S10.31)."},
		{"containers.terminationMessagePolicy", Honoured, "FallbackToLogsOnError takes the end of the log for an empty message after a failure; File does not (S1.2, S10.32)."},
		{"containers.tty", Honoured, "Gives the process a terminal, with all output in one stream (S9.31, S10.41)."},
		{"containers.workingDir", Honoured, "Where the process starts, made if it is missing; the image's WORKDIR when unset (S9.32)."},
		{"keyRef.key", Honoured, "The key whose value the variable has (S9.9)."},
		{"keyRef.name", Honoured, "The ConfigMap or Secret with the key, read at every start of the container (S9.9)."},
		{"keyRef.optional", Honoured, "Without the key there is no variable, instead of a container that waits for it (S9.8, S9.9)."},
		{"allKeysRef.name", Honoured, "The ConfigMap or Secret of which every key is a variable (S9.3)."},
		{"allKeysRef.optional", Honoured, "Whether it may be missing (S9.8, S9.9)."},
	},
}

var resourceSection = Section{"Resources", "", []Field{
	{"containers.resizePolicy.resourceName", Honoured, "The resource that it is about: cpu or memory (S13.31)."},
	{"containers.resizePolicy.restartPolicy", Honoured, "RestartContainer restarts the container when that resource changes; NotRequired, as when unset, does not (S13.31)."},
	{"containers.resources.claims", Refused, "Which of the pod's resourceClaims the container uses (S2.84)."},
	{"containers.resources.limits", InPart, "Processor time and memory at most, and the class of service (S13.1, S13.11, S13.13); when memory runs out, all processes are " +
		"killed (S13.15); a pod that takes more of the disk is evicted (S8.50). podsim: huge pages and extended resources are refused."},
	{"containers.resources.requests", InPart, "The share of the processor, the oom_score_adj and the class of service; the limits when unset (S1.2, S13.1, S13.10, S13.25). " +
		"podsim: nobody schedules, so that a pod may ask for more than the machine has; without effect for disk space, and a warning says so; the score " +
		"is below 0 only where the engine may lower it."},
	{"resources.claims", Refused, "The same as for a container, for the pod as a whole."},
	{"resources.limits", InPart, "Limits of all containers together (S13.13, S13.20). podsim: each container without a limit of its own may take as much as all of them together may, " +
		"and a warning says so; huge pages are refused."},
	{"resources.requests", InPart, "Requests of all containers together; from those of the containers when unset (S1.2, S13.26, S13.30). podsim: they count for the class of service and the " +
		"oom_score_adj; no share of the processor is the pod's own."},
}}
