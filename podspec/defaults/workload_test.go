package defaults

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// decoded is a spec that is written in one line of YAML.
func decoded[T any](t *testing.T, text string) T {
	t.Helper()
	var value T
	if err := yaml.UnmarshalStrict([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// checkFields compares two objects, the wanted one written in YAML, as their JSON has them.
func checkFields(t *testing.T, want string, of any) {
	t.Helper()
	text, err := json.Marshal(of)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(decoded[map[string]any](t, want), decoded[map[string]any](t, string(text))); diff != "" {
		t.Error(diff)
	}
}

// withoutPods takes off what the defaults of the template, tested elsewhere, are about.
func withoutPods(t *corev1.PodTemplateSpec) { t.Spec = corev1.PodSpec{} }

func TestDefaultsOfADeployment(t *testing.T) {
	cases := []struct{ name, spec, want string }{
		{"all", "{}", `{replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600, selector: null, template: {metadata: {}, spec: {containers: null}},
			strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 25%}}}`},
		{"what is given stays", "{replicas: 0, strategy: {type: Recreate}}", `{replicas: 0, revisionHistoryLimit: 10, progressDeadlineSeconds: 600, selector: null,
			template: {metadata: {}, spec: {containers: null}}, strategy: {type: Recreate}}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := &appsv1.Deployment{Spec: decoded[appsv1.DeploymentSpec](t, c.spec)}
			Deployment(d)
			withoutPods(&d.Spec.Template)
			checkFields(t, c.want, d.Spec)
		})
	}
}

func TestDefaultsOfAStatefulSet(t *testing.T) {
	const rest = `selector: null, template: {metadata: {}, spec: {containers: null}}, replicas: 1, revisionHistoryLimit: 10, serviceName: "",
		podManagementPolicy: OrderedReady,
		persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain, whenScaled: Retain}`
	cases := []struct{ name, spec, want string }{
		{"all", "{}", "{updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 0, maxUnavailable: 1}}, " + rest + "}"},
		{"an update whose kind is given", "{updateStrategy: {type: RollingUpdate}}", "{updateStrategy: {type: RollingUpdate}, " + rest + "}"},
		{"templates of claims", "{updateStrategy: {type: OnDelete}, volumeClaimTemplates: [{spec: {resources: {requests: {storage: 0.0001}}}}]}",
			`{updateStrategy: {type: OnDelete}, volumeClaimTemplates: [{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {}, status: {phase: Pending},
				spec: {volumeMode: Filesystem, resources: {requests: {storage: 1m}}}}], ` + rest + "}"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := &appsv1.StatefulSet{Spec: decoded[appsv1.StatefulSetSpec](t, c.spec)}
			StatefulSet(s)
			withoutPods(&s.Spec.Template)
			checkFields(t, c.want, s.Spec)
		})
	}
}

func TestDefaultsOfADaemonSet(t *testing.T) {
	const template = "deprecated.daemonset.template.generation"
	cases := []struct{ name, daemonSet, want string }{
		{"all", "{}", `{metadata: {annotations: {` + template + `: "1"}}, update: {type: RollingUpdate, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}}`},
		{"numbers of another strategy", `{metadata: {annotations: {` + template + `: "007"}}, spec: {updateStrategy: {type: OnDelete, rollingUpdate: {maxSurge: 2}}}}`,
			`{metadata: {annotations: {` + template + `: "7"}}, update: {type: OnDelete, rollingUpdate: {maxSurge: 2, maxUnavailable: 0}}}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := decoded[appsv1.DaemonSet](t, c.daemonSet)
			DaemonSet(&d)
			checkFields(t, c.want, map[string]any{"metadata": d.ObjectMeta, "update": d.Spec.UpdateStrategy})
		})
	}
}

func TestDefaultsOfAJob(t *testing.T) {
	const rest = "backoffLimit: 6, completionMode: NonIndexed, suspend: false, podReplacementPolicy: TerminatingOrFailed"
	const labels = "{batch.kubernetes.io/controller-uid: u, batch.kubernetes.io/job-name: j, controller-uid: u, job-name: j}"
	const generated = "manualSelector: false, selector: {matchLabels: {batch.kubernetes.io/controller-uid: u}}, " +
		"template: {metadata: {labels: " + labels + "}, spec: {containers: null}}, "
	cases := []struct{ name, spec, want string }{
		{"all", "{}", "{parallelism: 1, completions: 1, " + generated + rest + "}"},
		{"a queue of work", "{parallelism: 3}", "{parallelism: 3, " + generated + rest + "}"},
		{"a selector by hand", "{manualSelector: true, completions: 2}",
			"{parallelism: 1, completions: 2, manualSelector: true, template: {metadata: {}, spec: {containers: null}}, " + rest + "}"},
		{"limits per index", "{backoffLimitPerIndex: 1, completionMode: Indexed, podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: x}]}]}}",
			"{parallelism: 1, completions: 1, backoffLimit: 2147483647, backoffLimitPerIndex: 1, completionMode: Indexed, suspend: false, " +
				"podReplacementPolicy: Failed, " + generated + "podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: x, status: 'True'}]}]}}"},
		{"a feature that is off", "{scheduling: {}}", "{parallelism: 1, completions: 1, " + generated + rest + "}"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			job := &batchv1.Job{Spec: decoded[batchv1.JobSpec](t, c.spec)}
			job.Name, job.UID = "j", "u"
			Job(job)
			withoutPods(&job.Spec.Template)
			checkFields(t, c.want, job.Spec)
		})
	}
}

func TestAJobTakesOverTheLabelsOfItsTemplate(t *testing.T) {
	job := decoded[batchv1.Job](t, "{spec: {template: {metadata: {labels: {a: b}}}}}")
	Job(&job)
	if diff := cmp.Diff(map[string]string{"a": "b"}, job.Labels); diff != "" {
		t.Error(diff)
	}
}

func TestDefaultsOfACronJob(t *testing.T) {
	c := &batchv1.CronJob{}
	CronJob(c)
	withoutPods(&c.Spec.JobTemplate.Spec.Template)
	checkFields(t, `{schedule: "", concurrencyPolicy: Allow, suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1,
		jobTemplate: {metadata: {}, spec: {template: {metadata: {}, spec: {containers: null}}}}}`, c.Spec)
}

// The server fills those fields into the pods that are made of the template.
func TestATemplateIsNotDefaultedAsAPodIs(t *testing.T) {
	r := decoded[appsv1.ReplicaSet](t, `{spec: {template: {spec: {hostNetwork: true, terminationGracePeriodSeconds: -1, serviceAccount: x, containers: [
		{name: c, image: 'i:1', ports: [{containerPort: 1}], resources: {limits: {cpu: 1}}}]}}}}`)
	ReplicaSet(&r)
	checkFields(t, `{replicas: 1, selector: null, template: {metadata: {}, spec: {hostNetwork: true,
		terminationGracePeriodSeconds: -1, serviceAccount: x, serviceAccountName: x,
		restartPolicy: Always, dnsPolicy: ClusterFirst, schedulerName: default-scheduler, securityContext: {}, containers: [
		{name: c, image: 'i:1', imagePullPolicy: IfNotPresent, terminationMessagePath: /dev/termination-log, terminationMessagePolicy: File,
			ports: [{containerPort: 1, protocol: TCP}], resources: {limits: {cpu: '1'}}}]}}}`, r.Spec)
}
