package validation

import (
	"testing"
)

func TestVolumesAreValidated(t *testing.T) {
	checkSpecs(t, []validationCase{
		{"S2.19", "a name twice", "{volumes: [{name: v}, {name: v}]}", []string{`spec.volumes[1].name: Duplicate value: "v"`}},
		{"S2.19", "a name that is no label", "{volumes: [{name: V_1}]}", []string{`V0.name: Invalid value: "V_1": LBL`}},
		{"S2.19", "no name", "{volumes: [{emptyDir: {}}]}", []string{`V0.name: Required value`}},
		{"S2.20", "two sources", "{volumes: [{name: v, hostPath: {path: /x}, emptyDir: {}}]}", []string{`V0.hostPath: Forbidden: may not specify more than 1 volume type`}},
		{"S2.27", "hostPath without a path", "{volumes: [{name: v, hostPath: {}}]}", []string{`V0.hostPath.path: Required value`}},
		{"S2.27", "hostPath with ..", "{volumes: [{name: v, hostPath: {path: /a/../b}}]}", []string{`V0.hostPath.path: Invalid value: "/a/../b": must not contain '..'`}},
		{"S2.27", "hostPath of a wrong type", "{volumes: [{name: v, hostPath: {path: /a, type: Dir}}]}", []string{`V0.hostPath.type: Unsupported value: "Dir": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"`}},
		{"S2.28", "a negative sizeLimit", "{volumes: [{name: v, emptyDir: {sizeLimit: -1}}]}", []string{`V0.emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity`}},
		{"S2.29", "a secret without a name", "{volumes: [{name: v, secret: {}}]}", []string{`V0.secret.secretName: Required value`}},
		{"S2.29", "a configMap without a name", "{volumes: [{name: v, configMap: {}}]}", []string{`V0.configMap.name: Required value`}},
		{"S2.29", "a claim without a name", "{volumes: [{name: v, persistentVolumeClaim: {}}]}", []string{`V0.persistentVolumeClaim.claimName: Required value`}},
		{"S2.30", "a mode above 0777", "{volumes: [{name: v, configMap: {name: c, defaultMode: 4096}}]}", []string{`V0.configMap.defaultMode: Invalid value: 4096: must be a number between 0 and 0777 (octal), both inclusive`}},
		{"S2.31", "an item with ..", "{volumes: [{name: v, configMap: {name: c, items: [{key: k, path: ../x}]}}]}", []string{`V0.configMap.items[0].path: Invalid value: "../x": must not contain '..'`}},
		{"S2.31", "an absolute item", "{volumes: [{name: v, secret: {secretName: c, items: [{key: k, path: /x}]}}]}", []string{`V0.secret.items[0].path: Invalid value: "/x": must be a relative path`}},
		{"S2.31", "an empty item", "{volumes: [{name: v, configMap: {name: c, items: [{}]}}]}", []string{`V0.configMap.items[0].key: Required value`, `V0.configMap.items[0].path: Required value`}},
		{"S2.31", "an item named as podsim's own", "{volumes: [{name: v, configMap: {name: c, items: [{key: k, path: ..data}]}}]}", []string{`V0.configMap.items[0].path: Invalid value: "..data": must not start with '..'`}},
		{"S2.29", "an image without a reference", "{volumes: [{name: v, image: {}}]}", []string{`V0.image.reference: Required value`}},
		{"S2.32", "a projection of one path from two sources", "{volumes: [{name: v, projected: {sources: [{secret: {name: s, items: [{key: k, path: p}]}}, {configMap: {name: z, items: [{key: k, path: p}]}}]}}]}",
			[]string{`V0.projected: Invalid value: "z": conflicting duplicate paths`}},
		{"S2.33", "a token that expires soon", "{volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: t, expirationSeconds: 10}}]}}]}",
			[]string{`V0.projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 10: may not specify a duration less than 10 minutes`}},
		{"S2.34, S2.0.4", "a file with a field that only variables have", "{volumes: [{name: v, downwardAPI: {items: [{path: p, fieldRef: {fieldPath: status.podIP}}]}}]}",
			[]string{`V0.downwardAPI.fieldRef.fieldPath: Unsupported value: "status.podIP": supported values: "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"`}},
		{"S2.35", "a file with a resource of no container", "{volumes: [{name: v, downwardAPI: {items: [{path: p, resourceFieldRef: {resource: limits.cpu}}]}}]}",
			[]string{`V0.downwardAPI.resourceFieldRef.containerName: Required value`}},
		{"S2.82", "a device of what is no claim", "{volumes: [{name: v, emptyDir: {}}], containers: [{name: c, image: i, volumeDevices: [{name: v, devicePath: /d}]}]}",
			[]string{`C0.volumeDevices[0].name: Invalid value: "v": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode`}},
		{"S2.43", "a variable from a file of an unknown volume", "{containers: [{name: c, image: i, env: [{name: A, valueFrom: {fileKeyRef: {volumeName: v, path: p, key: k}}}]}]}",
			[]string{`C0.env[0].valueFrom.fileKeyRef.volumeName: Not found: "v"`}},
		{"S2.43", "a variable from a file of another kind of volume", "{volumes: [{name: v, hostPath: {path: /h}}], containers: [{name: c, image: i, env: [{name: A, valueFrom: {fileKeyRef: {volumeName: v, path: p, key: k}}}]}]}",
			[]string{`C0.env[0].valueFrom.fileKeyRef.volumeName: Invalid value: "v": referenced volume must be of type emptyDir`}},
		{"S2.85", "an unknown medium", "{volumes: [{name: v, emptyDir: {medium: RAM}}]}", nil},
		{"S2.85", "two items of one path", "{volumes: [{name: v, secret: {secretName: s, items: [{key: a, path: x}, {key: b, path: x}]}}]}", nil},
	})
}

func TestMountsAreValidated(t *testing.T) {
	mounts := func(mounts string) string {
		return "{volumes: [{name: v, emptyDir: {}}], containers: [{name: c, image: i, volumeMounts: [" + mounts + "]}]}"
	}
	checkSpecs(t, []validationCase{
		{"S2.0.3", "of a volume that has an error", "{volumes: [{name: v, configMap: {}}], containers: [{name: c, image: i, volumeMounts: [{name: v, mountPath: /m}]}]}",
			[]string{`V0.configMap.name: Required value`, `C0.volumeMounts[0].name: Not found: "v"`}},
		{"S2.21", "of a volume that is not declared", mounts("{name: nope, mountPath: /m}"), []string{`C0.volumeMounts[0].name: Not found: "nope"`}},
		{"S2.22", "without a path", mounts("{name: v}"), []string{`C0.volumeMounts[0].mountPath: Required value`}},
		{"S2.22", "twice at one path", mounts("{name: v, mountPath: /m}, {name: v, mountPath: /m}"), []string{`C0.volumeMounts[1].mountPath: Invalid value: "/m": must be unique`}},
		{"S2.22", "twice at one path in two spellings", mounts("{name: v, mountPath: /m}, {name: v, mountPath: /m/}"), nil},
		{"S2.23", "with .. in subPath", mounts("{name: v, mountPath: /m, subPath: a/../b}"), []string{`C0.volumeMounts.subPath: Invalid value: "a/../b": must not contain '..'`}},
		{"S2.23", "with an absolute subPath", mounts("{name: v, mountPath: /m, subPath: /a}"), []string{`C0.volumeMounts.subPath: Invalid value: "/a": must be a relative path`}},
		{"S2.0.4", "with a bad subPath in the second of them", mounts("{name: v, mountPath: /m}, {name: v, mountPath: /n, subPath: /a}"), []string{`C0.volumeMounts.subPath: Invalid value: "/a": must be a relative path`}},
		{"S2.24", "with both sub paths", mounts("{name: v, mountPath: /m, subPath: a, subPathExpr: b}"), []string{`C0.volumeMounts[0].subPathExpr: Invalid value: "b": subPathExpr and subPath are mutually exclusive`}},
		{"S2.25", "with an unknown propagation", mounts("{name: v, mountPath: /m, mountPropagation: Both}"), []string{`C0.volumeMounts.mountPropagation: Unsupported value: "Both": supported values: "Bidirectional", "HostToContainer", "None"`}},
		{"S2.25", "bidirectional without privilege", mounts("{name: v, mountPath: /m, mountPropagation: Bidirectional}"), []string{`C0.volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers`}},
		{"S2.26", "recursively read-only but not read-only", mounts("{name: v, mountPath: /m, recursiveReadOnly: Enabled}"), []string{`C0.volumeMounts.recursiveReadOnly: Forbidden: may only be specified when readOnly is true`}},
		{"S2.26", "recursively read-only and propagating", mounts("{name: v, mountPath: /m, readOnly: true, recursiveReadOnly: IfPossible, mountPropagation: HostToContainer}"),
			[]string{`C0.volumeMounts.recursiveReadOnly: Forbidden: may only be specified when mountPropagation is None or not specified`}},
		{"S2.85", "at odd places", mounts("{name: v, mountPath: rel}, {name: v, mountPath: /}, {name: v, mountPath: '/a:b'}"), nil},
	})
}

func TestWhatASchedulerReadsIsValidated(t *testing.T) {
	checkSpecs(t, []validationCase{
		{"S2.80", "a toleration with a value that counts for nothing", "{tolerations: [{key: a, operator: Exists, value: b}]}",
			[]string{"spec.tolerations[0].operator: Invalid value: \"b\": value must be empty when `operator` is 'Exists'"}},
		{"S2.81, S2.0.4", "a resize that restarts what must not be", "{restartPolicy: Never, containers: [{name: c, image: i, resizePolicy: [{resourceName: cpu, restartPolicy: RestartContainer}]}]}",
			[]string{"C0.resizePolicy: Invalid value: \"RestartContainer\": must be 'NotRequired' when pod `restartPolicy` is 'Never'"}},
		{"S2.84", "a claim that the pod does not have", "{containers: [{name: c, image: i, resources: {claims: [{name: x}]}}]}",
			[]string{`C0.resources.claims[0]: Not found: "x": must be one of the names in pod.spec.resourceClaims which is empty`}},
		{"S2.0.2", "a term without a key", "{affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{labelSelector: {}}]}}}",
			[]string{"spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: can not be empty",
				"spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: \"\": name part must be non-empty",
				"spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: \"\": QN"}},
	})
}
