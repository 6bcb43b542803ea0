// Package spectest makes the pods of podspec's tests.
package spectest

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/podsim/podsim/podspec/defaults"
)

// Spec decodes a spec that is written in one line of YAML.
func Spec(t *testing.T, text string) corev1.PodSpec {
	t.Helper()
	var spec corev1.PodSpec
	if err := yaml.UnmarshalStrict([]byte(text), &spec); err != nil {
		t.Fatal(err)
	}
	return spec
}

// Pod returns a defaulted pod called p with that spec.
func Pod(t *testing.T, spec string) *corev1.Pod {
	t.Helper()
	pod := &corev1.Pod{Spec: Spec(t, spec)}
	pod.Name, pod.Namespace = "p", "default"
	defaults.Pod(pod)
	return pod
}

// The long Sentences of the API, by the names that the fact sheet gives them.
const (
	SentenceSUB = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character " +
		`(e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`
	SentenceLBL = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character " +
		"(e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
	SentenceQN = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
		"(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
	SentenceUID = "must be between 0 and 2147483647, inclusive"
	SentenceEnv = "a valid environment variable name must consist only of printable ASCII characters other than '='"
)

// Abbreviate turns the Sentences, and the most common paths, back into their names.
func Abbreviate(errs field.ErrorList) []string {
	short := strings.NewReplacer(SentenceSUB, "SUB", SentenceLBL, "LBL", SentenceQN, "QN", SentenceUID, "UID", SentenceEnv, "ENV",
		"spec.containers[0]", "C0", "spec.volumes[0]", "V0")
	var lines []string
	for _, err := range errs {
		lines = append(lines, short.Replace(err.Error()))
	}
	return lines
}

// Container is a spec of one container that is fine but for the fields given.
func Container(fields string) string {
	return "{containers: [{name: c, image: i, " + fields + "}]}"
}
