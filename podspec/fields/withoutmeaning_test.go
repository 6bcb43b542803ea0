package fields

import (
	"testing"

	"github.com/google/go-cmp/cmp"

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
