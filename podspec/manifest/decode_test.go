package manifest

import (
	"strings"
	"testing"
)

func TestMistakesGetTheDecodersWords(t *testing.T) { // (S1.1.2)
	cases := []struct{ name, spec, want string }{
		{"a number as the value of a variable", "containers: [{name: a, image: i, env: [{name: A, value: 1}]}]",
			"spec.containers[0].env[0].value: json: cannot unmarshal number into Go struct field EnvVar.spec.containers.env.value of type string"},
		{"yes as the value of a variable", "containers: [{name: a, image: i, env: [{name: A, value: yes}]}]",
			"spec.containers[0].env[0].value: json: cannot unmarshal bool into Go struct field EnvVar.spec.containers.env.value of type string"},
		{"y as a name", "containers: [{name: y, image: i}]",
			"spec.containers[0].name: json: cannot unmarshal bool into Go struct field Container.spec.containers.name of type string"},
		{"a string as a command", "containers: [{name: a, image: i, command: ls}]",
			"spec.containers[0].command: json: cannot unmarshal string into Go struct field Container.spec.containers.command of type []string"},
		{"a string as a port", `containers: [{name: a, image: i, ports: [{containerPort: "80"}]}]`,
			"spec.containers[0].ports[0].containerPort: json: cannot unmarshal string into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32"},
		{"a quantity of a wrong unit", "containers: [{name: a, image: i, resources: {limits: {memory: 64MB}}}]",
			"spec.containers[0].resources.limits[memory]: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"},
		{"a quantity of a wrong unit after a value of a wrong type", "containers: [{name: a, image: i, env: [{name: A, value: 1}], resources: {limits: {memory: 64MB}}}]",
			"spec.containers[0].resources.limits[memory]: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"},
		{"a string as a mode", `volumes: [{name: v, secret: {secretName: s, defaultMode: "0400"}}]`,
			"spec.volumes[0].secret.defaultMode: json: cannot unmarshal string into Go struct field SecretVolumeSource.spec.volumes.VolumeSource.secret.defaultMode of type int32"},
		{"a mapping instead of a list", "containers: {name: a}",
			"spec.containers: json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type list of objects"},
		{"a string instead of a mapping", "securityContext: root",
			"spec.securityContext: json: cannot unmarshal string into Go struct field PodSpec.spec.securityContext of type object"},
		{"an unknown field", "hostNetwerk: true", `strict decoding error: unknown field "spec.hostNetwerk", did you mean "hostNetwork"?`},
		{"an unknown field that is nothing like another", "foo: 1", `strict decoding error: unknown field "spec.foo"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := loadText(t, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {"+c.spec+"}\n")
			want := `pod.yaml:4: document 1 (Pod "p"): ` + c.want
			if err == nil || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

func TestSecretValuesAreNotInMessages(t *testing.T) {
	_, err := loadText(t, "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {k: 'hunter2!'}\n")
	want := `pod.yaml:4: document 1 (Secret "s"): data[k]: illegal base64 data at input byte 7`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	_, err = loadText(t, "kind: Secret\ndata: {k: aHVudGVyMg==}\n")
	if err == nil || strings.Contains(err.Error(), "aHVudGVyMg") {
		t.Errorf("got %v", err)
	}
}

func TestBareNumbersAreQuantities(t *testing.T) { // (S1.1.3)
	manifest, err := loadText(t, strings.Replace(minimalPod, "name: a,", "name: a, resources: {limits: {cpu: 0.5, memory: 1e3}},", 1))
	if err != nil {
		t.Fatal(err)
	}
	limits := manifest.Pods[0].Spec.Containers[0].Resources.Limits
	if limits.Cpu().MilliValue() != 500 || limits.Memory().Value() != 1000 {
		t.Errorf("limits %v", limits)
	}
}

func TestUnquotedModesAreOctal(t *testing.T) {
	manifest, err := loadText(t, strings.Replace(minimalPod, "{containers", "{volumes: [{name: v, secret: {secretName: s, defaultMode: 0400}}], containers", 1))
	if err != nil {
		t.Fatal(err)
	}
	if mode := *manifest.Pods[0].Spec.Volumes[0].Secret.DefaultMode; mode != 0o400 {
		t.Errorf("mode %o", mode)
	}
}
