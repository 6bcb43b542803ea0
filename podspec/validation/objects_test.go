package validation

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/podsim/podsim/podspec/defaults"
	"github.com/podsim/podsim/podspec/spectest"
)

func TestOtherObjectsAreValidated(t *testing.T) {
	secret := func(text string) field.ErrorList {
		s := &corev1.Secret{}
		if err := yaml.Unmarshal([]byte("metadata: {name: s, namespace: n}\n"+text), s); err != nil {
			t.Fatal(err)
		}
		defaults.Secret(s)
		return ValidateSecret(s)
	}
	configMap := func(text string) field.ErrorList {
		c := &corev1.ConfigMap{}
		if err := yaml.Unmarshal([]byte("metadata: {name: c, namespace: n}\n"+text), c); err != nil {
			t.Fatal(err)
		}
		return ValidateConfigMap(c)
	}
	claim := func(text string) field.ErrorList {
		c := &corev1.PersistentVolumeClaim{}
		if err := yaml.Unmarshal([]byte("metadata: {name: c, namespace: n}\nspec: "+text), c); err != nil {
			t.Fatal(err)
		}
		defaults.Claim(c)
		return ValidateClaim(c)
	}
	const key = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
	const storage = "resources: {requests: {storage: 1Gi}}"
	cases := []struct {
		name string
		got  field.ErrorList
		want []string
	}{
		{"a key of a config map", configMap("data: {a/b: c}"), []string{`data[a/b]: Invalid value: "a/b": ` + key}},
		{"a key in both kinds of data", configMap("data: {a: c}\nbinaryData: {a: YQ==}"), []string{`data[a]: Invalid value: "a": duplicate of key present in binaryData`}},
		{"a large config map", configMap("data: {a: " + strings.Repeat("x", 1<<20+1) + "}"), []string{`[]: Too long: may not be more than 1048576 bytes`}},
		{"a good secret", secret("stringData: {a: b}"), nil},
		{"a large secret", secret("stringData: {a: " + strings.Repeat("x", 1<<20+1) + "}"), []string{`data: Too long: may not be more than 1048576 bytes`}},
		{"a TLS secret", secret("type: kubernetes.io/tls"), []string{`data[tls.crt]: Required value`, `data[tls.key]: Required value`}},
		{"an SSH secret", secret("type: kubernetes.io/ssh-auth"), []string{`data[ssh-privatekey]: Required value`}},
		{"a basic auth secret with one of two", secret("type: kubernetes.io/basic-auth\nstringData: {username: u}"), nil},
		{"credentials of registries", secret("type: kubernetes.io/dockerconfigjson\nstringData: {.dockerconfigjson: '{hunter2'}"), []string{`data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character 'h' looking for beginning of object key string`}},
		{"a good claim", claim("{accessModes: [ReadWriteOnce], " + storage + "}"), nil},
		{"a claim without anything", claim("{}"), []string{`spec.accessModes: Required value: at least 1 access mode is required`, `spec.resources[storage]: Required value`}},
		{"a claim with a wrong mode", claim("{accessModes: [Write], " + storage + "}"), []string{`spec.accessModes: Unsupported value: "Write": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"`}},
		{"an SSH secret with an empty key", secret("type: kubernetes.io/ssh-auth\nstringData: {ssh-privatekey: ''}"), []string{`data[ssh-privatekey]: Required value`}},
		{"a token of nobody", secret("type: kubernetes.io/service-account-token"), []string{`metadata.annotations[kubernetes.io/service-account.name]: Required value`}},
		{"a claim with a mode that excludes the others", claim("{accessModes: [ReadWriteOncePod, ReadOnlyMany], " + storage + "}"), []string{`spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes`}},
		{"a claim with data from something that has to be named in dataSourceRef", claim("{accessModes: [ReadWriteOnce], dataSource: {kind: K, name: n}, " + storage + "}"), nil},
		{"a claim with data from nothing", claim("{accessModes: [ReadWriteOnce], dataSourceRef: {kind: K, name: ''}, " + storage + "}"), []string{
			`spec.dataSource.name: Required value`, `spec.dataSource: Invalid value: "K": must be 'PersistentVolumeClaim' when referencing the default apiGroup`,
			`spec.dataSourceRef.name: Required value`, `spec.dataSourceRef: Invalid value: "K": must be 'PersistentVolumeClaim' when referencing the default apiGroup`}},
		{"a claim with data from two sources", claim("{accessModes: [ReadWriteOnce], dataSource: {kind: PersistentVolumeClaim, name: a}, dataSourceRef: {kind: PersistentVolumeClaim, name: b}, " + storage + "}"),
			[]string{`spec: Invalid value: {}: must match dataSourceRef`}},
		{"a claim with attributes of a wrong class", claim("{accessModes: [ReadWriteOnce], volumeAttributesClassName: A, " + storage + "}"), []string{`spec.volumeAttributesClassName: Invalid value: "A": SUB`}},
		{"a claim of nothing", claim("{accessModes: [ReadWriteOnce], resources: {requests: {storage: 0}}}"), []string{`spec.resources[storage]: Invalid value: "0": must be greater than zero`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, spectest.Abbreviate(c.got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWarningsOfOtherObjects(t *testing.T) { // (S1.3.2)
	texts := func(warnings []Warning) []string {
		var all []string
		for _, w := range warnings {
			all = append(all, w.Text)
		}
		return all
	}
	claim := &corev1.PersistentVolumeClaim{}
	if err := yaml.Unmarshal([]byte("metadata: {annotations: {volume.beta.kubernetes.io/storage-class: x}}\nspec: {resources: {requests: {storage: 1.5}}}"), claim); err != nil {
		t.Fatal(err)
	}
	want := []string{`metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead`,
		`spec.resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer`}
	if diff := cmp.Diff(want, texts(ClaimWarnings(claim))); diff != "" {
		t.Error(diff)
	}
	secret := &corev1.Secret{Type: corev1.SecretTypeTLS, StringData: map[string]string{"tls.crt": "", "tls.key": "hunter2"}}
	if diff := cmp.Diff([]string{"tls: failed to find any PEM data in certificate input"}, texts(SecretWarnings(secret))); diff != "" {
		t.Error(diff)
	}
	if got := SecretWarnings(&corev1.Secret{}); got != nil {
		t.Errorf("got %v of a Secret that is not of TLS", got)
	}
}
