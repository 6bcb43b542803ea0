package validation

import (
	"strings"
	"testing"

	"github.com/podsim/podsim/podspec/spectest"
)

func TestContainersAreValidated(t *testing.T) {
	long := strings.Repeat("x", 64)
	checkSpecs(t, []validationCase{
		{"S2.7", "no containers", "{containers: []}", []string{`spec.containers: Required value`}},
		{"S2.8", "no name", "{containers: [{image: i}]}", []string{`C0.name: Required value`}},
		{"S2.8", "a name that is no label", "{containers: [{name: a_b, image: i}]}", []string{`C0.name: Invalid value: "a_b": LBL`}},
		{"S2.8", "a long name", "{containers: [{name: " + long + ", image: i}]}", []string{`C0.name: Invalid value: "` + long + `": must be no more than 63 characters`}},
		{"S2.9", "no image", "{containers: [{name: c}]}", []string{`C0.image: Required value`}},
		{"S2.9", "a blank before the image", "{containers: [{name: c, image: ' busybox'}]}", []string{`C0.image: Invalid value: " busybox": must not have leading or trailing whitespace`}},
		{"S2.10", "capital letters in the image", "{containers: [{name: c, image: BusyBox}]}", nil},
		{"S2.11", "two mains of one name", "{containers: [{name: c, image: i}, {name: c, image: i}]}", []string{`spec.containers[1].name: Duplicate value: "c"`}},
		{"S2.12", "an init named like a main", "{containers: [{name: c, image: i}], initContainers: [{name: c, image: i}]}", []string{`spec.initContainers[0].name: Duplicate value: "c"`}},
		{"S2.12", "two inits of one name", "{initContainers: [{name: d, image: i}, {name: d, image: i}]}", []string{`spec.initContainers[1].name: Duplicate value: "d"`}},
		{"S2.13", "ephemeral containers that are wrong as well", "{ephemeralContainers: [{name: e}]}", []string{`spec.ephemeralContainers[0].image: Required value`, `spec.ephemeralContainers: Forbidden: cannot be set on create`}},
		{"S2.13", "ephemeral containers", "{ephemeralContainers: [{name: e, image: i}]}", []string{`spec.ephemeralContainers: Forbidden: cannot be set on create`}},
		{"S2.18", "a pull policy in small letters", spectest.Container("imagePullPolicy: always"), []string{`C0.imagePullPolicy: Unsupported value: "always": supported values: "Always", "IfNotPresent", "Never"`}},
		{"S2.78", "a termination message policy", spectest.Container("terminationMessagePolicy: x"), []string{`C0.terminationMessagePolicy: Unsupported value: "x": supported values: "File", "FallbackToLogsOnError"`}},
		{"S2.56", "probes of an init that is no sidecar", "{initContainers: [{name: d, image: i, restartPolicy: OnFailure, startupProbe: {}}]}", []string{
			`spec.initContainers[0].startupProbe: Forbidden: may not be set for init containers without restartPolicy=Always`}},
		{"S2.56", "probes and hooks of a regular init", "{initContainers: [{name: d, image: i, lifecycle: {}, livenessProbe: {}, readinessProbe: {}, startupProbe: {}}]}", []string{
			`spec.initContainers[0].lifecycle: Forbidden: may not be set for init containers without restartPolicy=Always`,
			`spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always`,
			`spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always`,
			`spec.initContainers[0].startupProbe: Forbidden: may not be set for init containers without restartPolicy=Always`}},
		{"S2.85", "a relative working directory", spectest.Container("workingDir: x"), nil},
	})
}

func TestPortsAreValidated(t *testing.T) {
	checkSpecs(t, []validationCase{
		{"S2.45", "port 0", spectest.Container("ports: [{containerPort: 0}]"), []string{`C0.ports[0].containerPort: Required value`}},
		{"S2.45", "port 70000", spectest.Container("ports: [{containerPort: 70000}]"), []string{`C0.ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive`}},
		{"S2.45", "host port 70000", spectest.Container("ports: [{containerPort: 1, hostPort: 70000}]"), []string{`C0.ports[0].hostPort: Invalid value: 70000: must be between 1 and 65535, inclusive`}},
		{"S2.46", "a long name", spectest.Container("ports: [{containerPort: 1, name: averyveryverylongname}]"), []string{`C0.ports[0].name: Invalid value: "averyveryverylongname": must be no more than 15 characters`}},
		{"S2.46", "a name of digits", spectest.Container("ports: [{containerPort: 1, name: '8080'}]"), []string{`C0.ports[0].name: Invalid value: "8080": must contain at least one letter (a-z)`}},
		{"S2.46", "a name twice", spectest.Container("ports: [{containerPort: 1, name: a}, {containerPort: 2, name: a}]"), []string{`C0.ports[1].name: Duplicate value: "a"`}},
		{"S2.47", "a protocol", spectest.Container("ports: [{containerPort: 1, protocol: HTTP}]"), []string{`C0.ports[0].protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP", "UDP"`}},
		{"S2.48", "a host port twice", spectest.Container("ports: [{containerPort: 1, hostPort: 80}, {containerPort: 2, hostPort: 80}]"), []string{`C0.ports[1].hostPort: Duplicate value: "TCP//80"`}},
		{"S2.48", "a host port of an init and a main", "{containers: [{name: c, image: i, ports: [{containerPort: 1, hostPort: 80}]}], initContainers: [{name: d, image: i, ports: [{containerPort: 1, hostPort: 80}]}]}", nil},
		{"S2.49", "another host port on the host's network", "{hostNetwork: true, containers: [{name: c, image: i, ports: [{containerPort: 80, hostPort: 81}]}]}", []string{"C0.ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true"}},
		{"S2.85", "a port in two containers", "{containers: [{name: c, image: i, ports: [{containerPort: 1}]}, {name: d, image: i, ports: [{containerPort: 1}]}]}", nil},
		{"S2.85", "a host IP that is none", spectest.Container("ports: [{containerPort: 1, hostIP: x}]"), nil},
	})
}

func TestEnvironmentIsValidated(t *testing.T) {
	from := func(source string) string { return spectest.Container("env: [{name: A, valueFrom: " + source + "}]") }
	resources := `"limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"`
	checkSpecs(t, []validationCase{
		{"S2.36", "no name", spectest.Container("env: [{value: x}]"), []string{`C0.env[0].name: Required value`}},
		{"S2.36", "= in a name", spectest.Container("env: [{name: A=B}]"), []string{`C0.env[0].name: Invalid value: "A=B": ENV`}},
		{"S2.36", "odd names", spectest.Container("env: [{name: 1a}, {name: a.b-c}, {name: a b}]"), nil},
		{"S2.37", "value and valueFrom", spectest.Container("env: [{name: A, value: x, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]"), []string{"C0.env[0].valueFrom: Invalid value: \"\": may not be specified when `value` is not empty"}},
		{"S2.38", "no source", from("{}"), []string{"C0.env[0].valueFrom: Invalid value: \"\": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"}},
		{"S2.38", "two sources", from("{fieldRef: {fieldPath: metadata.name}, configMapKeyRef: {name: c, key: k}}"), []string{"C0.env[0].valueFrom: Invalid value: \"\": may not have more than one field specified at a time"}},
		{"S2.39", "an unknown field", from("{fieldRef: {fieldPath: spec.foo}}"), []string{`C0.env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.foo": error converting fieldPath: field label not supported: spec.foo`}},
		{"S2.40", "a field that is not for variables", from("{fieldRef: {fieldPath: spec.restartPolicy}}"), []string{`C0.env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "spec.restartPolicy": supported values: ` +
			`"metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"`}},
		{"S9B", "one label", from(`{fieldRef: {fieldPath: "metadata.labels['a/b']"}}`), nil},
		{"S9B", "a label that cannot be", from(`{fieldRef: {fieldPath: "metadata.labels['a b']"}}`), []string{`C0.env[0].valueFrom.fieldRef: Invalid value: "a b": QN`}},
		{"S2.41", "an unknown resource", from("{resourceFieldRef: {resource: limits.gpu}}"), []string{`C0.env[0].valueFrom.resourceFieldRef.resource: Unsupported value: "limits.gpu": supported values: ` + resources}},
		{"S2.41", "a divisor", from("{resourceFieldRef: {resource: limits.cpu, divisor: 10m}}"), []string{`C0.env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor's values 1m and 1 are supported with the cpu resource`}},
		{"S9.20", "resources that are fine", spectest.Container("env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}, {name: B, valueFrom: {resourceFieldRef: {resource: requests.hugepages-2Mi}}}]"), nil},
		{"S2.42", "a key that is missing", from("{secretKeyRef: {name: s}}"), []string{`C0.env[0].valueFrom.secretKeyRef.key: Required value`}},
		{"S2.42", "an object that is missing", from("{configMapKeyRef: {key: k}}"), []string{`C0.env[0].valueFrom.configMapKeyRef.name: Invalid value: "": SUB`}},
		{"S2.44", "envFrom nothing", spectest.Container("envFrom: [{}]"), []string{"C0.envFrom: Invalid value: \"\": must specify one of: `configMapRef` or `secretRef`"}},
		{"S2.44", "envFrom both", spectest.Container("envFrom: [{configMapRef: {name: a}, secretRef: {name: b}}]"), []string{"C0.envFrom: Invalid value: \"\": may not have more than one field specified at a time"}},
		{"S2.0.4", "envFrom nothing in the second entry", spectest.Container("envFrom: [{configMapRef: {name: a}}, {}]"), []string{"C0.envFrom: Invalid value: \"\": must specify one of: `configMapRef` or `secretRef`"}},
		{"S2.44", "a prefix", spectest.Container("envFrom: [{prefix: a=, configMapRef: {name: a}}]"), []string{`C0.envFrom[0].prefix: Invalid value: "a=": ENV`}},
		{"S2.85", "a name twice", spectest.Container("env: [{name: A}, {name: A}]"), nil},
	})
}

func TestResourcesAreValidated(t *testing.T) {
	resources := func(text string) string { return spectest.Container("resources: " + text + "") }
	checkSpecs(t, []validationCase{
		{"S2.61", "a request over the limit", resources("{requests: {cpu: 2}, limits: {cpu: 1}}"), []string{`C0.resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1`}},
		{"S2.62", "a negative request", resources("{requests: {cpu: -1}}"), []string{`C0.resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0`}},
		{"S2.62", "an unknown resource", resources("{requests: {gpu: 1}}"), []string{
			`C0.resources.requests[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified`,
			`C0.resources.requests[gpu]: Invalid value: "gpu": must be a standard resource for containers`}},
		{"S2.62", "a resource of quotas", resources("{limits: {pods: 1}, requests: {pods: 1}}"), []string{
			`C0.resources.limits[pods]: Invalid value: "pods": must be a standard resource for containers`,
			`C0.resources.requests[pods]: Invalid value: "pods": must be a standard resource for containers`}},
		{"S2.63", "an extended resource without a limit", resources("{requests: {a.com/gpu: 1}}"), []string{`C0.resources.limits: Required value: Limit must be set for non overcommitable resources`}},
		{"S2.63", "a part of an extended resource", resources("{limits: {a.com/gpu: 1500m}}"), []string{
			`C0.resources.limits[a.com/gpu]: Invalid value: "1500m": must be an integer`, `C0.resources.requests[a.com/gpu]: Invalid value: "1500m": must be an integer`}},
		{"S2.63", "an extended resource asked for in part", resources("{requests: {a.com/gpu: 1}, limits: {a.com/gpu: 2}}"), []string{`C0.resources.requests: Invalid value: "1": must be equal to a.com/gpu limit of 2`}},
		{"S2.64", "huge pages alone", resources("{limits: {hugepages-2Mi: 2Mi}}"), []string{`C0.resources: Forbidden: HugePages require cpu or memory`}},
		{"S2.65", "a pod that asks for less than its containers", "{resources: {requests: {cpu: 1}}, containers: [{name: c, image: i, resources: {requests: {cpu: 2}}}]}",
			[]string{`spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2`}},
		{"S2.65", "a container with more than its pod", "{resources: {requests: {cpu: 1}, limits: {cpu: 1}}, containers: [{name: c, image: i, resources: {requests: {cpu: 1}, limits: {cpu: 2}}}]}",
			[]string{`spec.resources.containers[0][cpu].limits: Invalid value: "2": must be less than or equal to pod limits of 1`}},
		{"S2.65", "a resource that pods do not have", "{resources: {requests: {ephemeral-storage: 1}}}",
			[]string{`spec.resources.requests[ephemeral-storage]: Unsupported value: "ephemeral-storage": supported values: "cpu", "hugepages-", "memory"`}},
	})
}
