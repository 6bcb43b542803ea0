package podspec_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/spectest"
)

func TestReferencesOfAPod(t *testing.T) {
	const image = "name: a, image: i, "
	cases := []struct {
		name, spec string
		want       podspec.References
	}{
		{"nothing", "{containers: [{name: a, image: i, env: [{name: A, value: b}]}]}", podspec.References{}},
		{"volumes", "{volumes: [{name: a, configMap: {name: c}}, {name: b, secret: {secretName: s}}, {name: c, persistentVolumeClaim: {claimName: p}}, {name: d}]}",
			podspec.References{ConfigMaps: []string{"c"}, Secrets: []string{"s"}, Claims: []string{"p"}}},
		{"whole objects as the environment", "{containers: [{" + image + "envFrom: [{configMapRef: {name: c}}, {secretRef: {name: s}}]}]}",
			podspec.References{ConfigMaps: []string{"c"}, Secrets: []string{"s"}}},
		{"single variables", "{containers: [{" + image + "env: [{name: A, valueFrom: {configMapKeyRef: {name: c, key: k}}}, " +
			"{name: B, valueFrom: {secretKeyRef: {name: s, key: k}}}, {name: C, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}]}",
			podspec.References{ConfigMaps: []string{"c"}, Secrets: []string{"s"}}},
		{"init containers", "{initContainers: [{" + image + "envFrom: [{configMapRef: {name: c}}], env: [{name: B, valueFrom: {secretKeyRef: {name: s, key: k}}}]}]}",
			podspec.References{ConfigMaps: []string{"c"}, Secrets: []string{"s"}}},
		{"ephemeral containers", "{ephemeralContainers: [{" + image + "envFrom: [{configMapRef: {name: c}}], env: [{name: B, valueFrom: {secretKeyRef: {name: s, key: k}}}]}]}",
			podspec.References{ConfigMaps: []string{"c"}, Secrets: []string{"s"}}},
		{"optional objects", "{volumes: [{name: a, configMap: {name: c, optional: true}}], containers: [{" + image + "envFrom: [{secretRef: {name: s, optional: true}}]}]}",
			podspec.References{ConfigMaps: []string{"c"}, Secrets: []string{"s"}}},
		{"pull secrets", "{imagePullSecrets: [{name: b}, {name: a}]}", podspec.References{Secrets: []string{"a", "b"}}},
		{"an object in several places", "{volumes: [{name: a, configMap: {name: z}}, {name: b, configMap: {name: c}}], containers: [{" + image +
			"envFrom: [{configMapRef: {name: c}}, {configMapRef: {name: b}}]}]}",
			podspec.References{ConfigMaps: []string{"b", "c", "z"}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, podspec.ReferencesOf(spectest.Pod(t, c.spec))); diff != "" {
				t.Error(diff)
			}
		})
	}
}
