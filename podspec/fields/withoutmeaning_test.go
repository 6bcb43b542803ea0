package fields

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/podsim/podsim/podspec/spectest"
)

func TestFieldsWithoutMeaningOnOneMachine(t *testing.T) {
	cases := []struct {
		name, spec string
		want       []string
	}{
		{"none", spectest.Container("resources: {limits: {cpu: 1, memory: 1Mi}}"), nil},
		{"the scheduler's", "{nodeSelector: {a: b}, tolerations: [{key: k}], affinity: {}}", []string{"spec.nodeSelector", "spec.affinity", "spec.tolerations"}},
		{"beside what has a meaning", "{securityContext: {seLinuxChangePolicy: Recursive, seLinuxOptions: {level: l}}}", []string{"spec.securityContext.seLinuxChangePolicy"}},
		{"a request of disk space", spectest.Container("resources: {requests: {cpu: 1, ephemeral-storage: 1Gi}, limits: {ephemeral-storage: 2Gi}}"),
			[]string{"spec.containers[0].resources.requests[ephemeral-storage]"}},
		{"the size of a volume", "{volumes: [{name: d, emptyDir: {sizeLimit: 1Mi}}, {name: m, emptyDir: {medium: Memory, sizeLimit: 1Mi}}]}", nil},
		{"credentials", "{automountServiceAccountToken: true}", []string{"spec.automountServiceAccountToken"}},
		{"no credentials", "{automountServiceAccountToken: false}", nil},
		{"below what is refused", "{volumes: [{name: e, ephemeral: {volumeClaimTemplate: {spec: {resources: {requests: {storage: 1Gi}}}}}}]}", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			spec := spectest.Spec(t, c.spec)
			if diff := cmp.Diff(c.want, WithoutMeaning(&spec, false)); diff != "" {
				t.Error(diff)
			}
			if c.name == "credentials" && WithoutMeaning(&spec, true) != nil {
				t.Error("pods that reach the API use them")
			}
		})
	}
}

func TestMetadataWithoutMeaningOnOneMachine(t *testing.T) {
	cases := []struct {
		name, metadata string
		want           []string
	}{
		{"a finalizer", "{name: p, finalizers: [example.com/wait]}", []string{"metadata.finalizers"}},
		{"the finalizer of a Job's pod", "{name: p, finalizers: [batch.kubernetes.io/job-tracking]}", nil},
		{"a finalizer beside it", "{name: p, finalizers: [batch.kubernetes.io/job-tracking, example.com/wait]}", []string{"metadata.finalizers"}},
		{"what a cluster says of a pod", "{generateName: p-, labels: {a: b}, annotations: {a: b}, uid: u, resourceVersion: '7', generation: 1, managedFields: [{manager: m}], " +
			"creationTimestamp: '2026-01-01T00:00:00Z', ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: r, uid: r}]}", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var meta metav1.ObjectMeta
			if err := yaml.UnmarshalStrict([]byte(c.metadata), &meta); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, MetadataWithoutMeaning(&meta)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
