package validation

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// workloadCase is a controller called web and what is wrong with it. {%} in the manifest is a minimal template.
type workloadCase struct {
	name, manifest string
	want           []string
}

const minimalTemplate = "{metadata: {labels: {app: a}}, spec: {containers: [{name: c, image: i}]}}"

func checkWorkloads(t *testing.T, kind string, cases []workloadCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			manifest := "{kind: " + kind + ", metadata: {name: web}, spec: {" + strings.ReplaceAll(c.manifest, "{%}", minimalTemplate) + "}}"
			_, errs := validateWorkload(t, manifest)
			var said []string
			for _, err := range errs {
				said = append(said, err.Error())
			}
			if diff := cmp.Diff(c.want, said); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDeploymentsAreValidated(t *testing.T) {
	const selects = "selector: {matchLabels: {app: a}}, "
	checkWorkloads(t, "Deployment", []workloadCase{
		{"a minimal one", selects + "template: {%}", nil},
		{"no selector", "template: {%}", []string{
			`spec.selector: Required value`,
			"spec.template.metadata.labels: Invalid value: {\"app\":\"a\"}: `selector` does not match template `labels`",
		}},
		{"an empty selector", "selector: {}, template: {%}", []string{`spec.selector: Invalid value: {}: empty selector is invalid for deployment`}},
		{"a selector that selects others", "selector: {matchLabels: {app: b}}, template: {%}", []string{
			"spec.template.metadata.labels: Invalid value: {\"app\":\"a\"}: `selector` does not match template `labels`"}},
		{"a selector that cannot be read hides the template", "selector: {matchExpressions: [{key: app, operator: x}]}, template: {}", []string{
			`spec.selector.matchExpressions[0].operator: Invalid value: "x": not a valid selector operator`,
			`spec.selector: Invalid value: {"matchExpressions":[{"key":"app","operator":"x"}]}: invalid label selector`,
		}},
		{"pods that end", selects + "template: {metadata: {labels: {app: a}}, spec: {" +
			"restartPolicy: Never, activeDeadlineSeconds: 5, containers: [{name: c, image: i}]}}",
			[]string{
				`spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"`,
				`spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported`,
			}},
		{"an update that cannot go on", selects + "strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0%}}, template: {%}", []string{
			"spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"0%\": may not be 0 when `maxSurge` is 0"}},
		{"numbers of an update that does not roll", selects + "strategy: {type: Recreate, rollingUpdate: {maxSurge: 1}}, template: {%}", []string{
			"spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"}},
		{"a strategy that there is not", selects + "strategy: {type: x}, template: {%}", []string{
			`spec.strategy: Unsupported value: {"Type":"x","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate"`}},
		{"a deadline before pods can be available", selects + "minReadySeconds: 600, template: {%}", []string{
			`spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds`}},
		{"host ports that the pods will get", selects + "template: {metadata: {labels: {app: a}}, spec: {" +
			"hostNetwork: true, containers: [{name: c, image: i, ports: [{containerPort: 1}]}]}}", nil},
		{"ephemeral containers", selects + "template: {metadata: {labels: {app: a}}, spec: {" +
			"containers: [{name: c, image: i}], ephemeralContainers: [{name: e, image: i}]}}",
			[]string{`spec.template.spec.ephemeralContainers: Forbidden: ephemeral containers not allowed in pod template`}},
	})
}

func TestReplicaSetsAreValidated(t *testing.T) {
	checkWorkloads(t, "ReplicaSet", []workloadCase{
		{"a minimal one", "selector: {matchLabels: {app: a}}, template: {%}", nil},
		{"numbers before the selector", "replicas: -1, minReadySeconds: -2, selector: {}, template: {%}", []string{
			`spec.replicas: Invalid value: -1: must be greater than or equal to 0`,
			`spec.minReadySeconds: Invalid value: -2: must be greater than or equal to 0`,
			`spec.selector: Invalid value: {}: empty selector is invalid for deployment`,
		}},
	})
}

func TestDaemonSetsAreValidated(t *testing.T) {
	const selects = "selector: {matchLabels: {app: a}}, template: {%}, "
	checkWorkloads(t, "DaemonSet", []workloadCase{
		{"a minimal one", selects, nil},
		{"no selector", "template: {%}", []string{"spec.template.metadata.labels: Invalid value: {\"app\":\"a\"}: `selector` does not match template `labels`"}},
		{"an update with fewer pods and more", selects + "updateStrategy: {rollingUpdate: {maxSurge: 10%}}", []string{
			`spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: "10%": may not be set when maxUnavailable is non-zero`}},
		{"an update that cannot go on", selects + "updateStrategy: {rollingUpdate: {maxUnavailable: 0}}", []string{
			`spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0`}},
		{"more than all", selects + "updateStrategy: {rollingUpdate: {maxUnavailable: 101%}}", []string{
			`spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%`}},
	})
}

func TestStatefulSetsAreValidated(t *testing.T) {
	const selects = "selector: {matchLabels: {app: a}}, "
	const mounts = "template: {metadata: {labels: {app: a}}, spec: {containers: [{name: c, image: i, volumeMounts: [{name: data, mountPath: /d}]}]}}, "
	checkWorkloads(t, "StatefulSet", []workloadCase{
		{"a minimal one", selects + "template: {%}", nil},
		{"a mount of a claim", selects + mounts +
			"volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1}}}}]", nil},
		{"a mount of nothing", selects + mounts, []string{`spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"`}},
		{"a claim for nothing", selects + "template: {%}, " +
			"volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [x]}}]", []string{
			`spec.volumeClaimTemplates[0].spec.accessModes: Unsupported value: "x": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"`,
			`spec.volumeClaimTemplates[0].spec.resources[storage]: Required value`,
		}},
		{"a host name, which the controller sets", selects + "template: {metadata: {labels: {app: a}}, spec: {" +
			"hostname: A, subdomain: B, containers: [{name: c, image: i}]}}", nil},
		{"a service that can be none", selects + "serviceName: a.b, template: {%}", []string{
			`spec.serviceName: Invalid value: "a.b": must not contain dots`}},
		{"an update of an unknown kind", selects + "updateStrategy: {type: Recreate, rollingUpdate: {}}, template: {%}", []string{
			`spec.updateStrategy: Invalid value: {"Type":"Recreate","RollingUpdate":{"Partition":0,"MaxUnavailable":null}}: must be 'RollingUpdate' or 'OnDelete'`}},
		{"numbers of an update that does not roll", selects + "updateStrategy: {type: OnDelete, rollingUpdate: {partition: 2}}, template: {%}", []string{
			`spec.updateStrategy.rollingUpdate: Invalid value: {"Partition":2,"MaxUnavailable":null}: only allowed for updateStrategy 'RollingUpdate'`}},
		{"labels of a template that are wrong are said once", selects + "template: {metadata: {labels: {app: a, x: '!'}}, spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}",
			[]string{
				`spec.template.labels: Invalid value: "!": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', ` +
					`and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', ` +
					`regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
				`spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"`,
			}},
	})
}
