package podspec

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReferencesOfAPod(t *testing.T) {
	const image = "name: a, image: i, "
	cases := []struct {
		name, spec string
		want       References
	}{
		{"nothing", "{containers: [{name: a, image: i, env: [{name: A, value: b}]}]}", References{}},
		{"volumes", "{volumes: [{name: a, configMap: {name: c}}, {name: b, secret: {secretName: s}}, {name: c, persistentVolumeClaim: {claimName: p}}, {name: d}]}",
			References{ConfigMaps: []string{"c"}, Secrets: []string{"s"}, Claims: []string{"p"}}},
		{"whole objects as the environment", "{containers: [{" + image + "envFrom: [{configMapRef: {name: c}}, {secretRef: {name: s}}]}]}",
			References{ConfigMaps: []string{"c"}, Secrets: []string{"s"}}},
		{"single variables", "{containers: [{" + image + "env: [{name: A, valueFrom: {configMapKeyRef: {name: c, key: k}}}, " +
			"{name: B, valueFrom: {secretKeyRef: {name: s, key: k}}}, {name: C, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}]}",
			References{ConfigMaps: []string{"c"}, Secrets: []string{"s"}}},
		{"init containers", "{initContainers: [{" + image + "envFrom: [{configMapRef: {name: c}}], env: [{name: B, valueFrom: {secretKeyRef: {name: s, key: k}}}]}]}",
			References{ConfigMaps: []string{"c"}, Secrets: []string{"s"}}},
		{"ephemeral containers", "{ephemeralContainers: [{" + image + "envFrom: [{configMapRef: {name: c}}], env: [{name: B, valueFrom: {secretKeyRef: {name: s, key: k}}}]}]}",
			References{ConfigMaps: []string{"c"}, Secrets: []string{"s"}}},
		{"optional objects", "{volumes: [{name: a, configMap: {name: c, optional: true}}], containers: [{" + image + "envFrom: [{secretRef: {name: s, optional: true}}]}]}",
			References{ConfigMaps: []string{"c"}, Secrets: []string{"s"}}},
		{"pull secrets", "{imagePullSecrets: [{name: b}, {name: a}]}", References{Secrets: []string{"a", "b"}}},
		{"an object in several places", "{volumes: [{name: a, configMap: {name: z}}, {name: b, configMap: {name: c}}], containers: [{" + image +
			"envFrom: [{configMapRef: {name: c}}, {configMapRef: {name: b}}]}]}",
			References{ConfigMaps: []string{"b", "c", "z"}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, ReferencesOf(podOf(t, c.spec))); diff != "" {
				t.Error(diff)
			}
		})
	}
}
