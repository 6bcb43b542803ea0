package fields

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/spectest"
)

// fieldPatterns lists the fields of a type that hold values, by their paths.
func fieldPatterns(t reflect.Type, pattern string) []string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || DecodesItself(t) {
		return []string{pattern}
	}
	var patterns []string
	for _, f := range JSON(t) {
		patterns = append(patterns, fieldPatterns(f.Type, fieldPattern(pattern, f.Name))...)
	}
	return patterns
}

// classification returns the entry of fieldSupport that decides about a field, "" when there is none.
func classification(pattern string) string {
	if fieldSupport[pattern] != 0 {
		return pattern
	}
	for end := strings.LastIndex(pattern, "."); end > 0; end = strings.LastIndex(pattern[:end], ".") {
		if s := fieldSupport[pattern[:end]]; s == noMeaning || s == refused {
			return pattern[:end]
		}
	}
	return ""
}

func TestEveryFieldOfAPodSpecIsClassified(t *testing.T) {
	unused := maps.Clone(fieldSupport)
	for _, pattern := range fieldPatterns(reflect.TypeFor[corev1.PodSpec](), "") {
		entry := classification(pattern)
		if entry == "" {
			t.Errorf("%s is not in the table", pattern)
		}
		delete(unused, entry)
	}
	for _, pattern := range slices.Sorted(maps.Keys(unused)) {
		t.Errorf("%s of the table is no field", pattern)
	}
}

func TestEveryFieldBehindAFeatureGateIsAField(t *testing.T) {
	patterns := fieldPatterns(reflect.TypeFor[corev1.PodSpec](), "")
	for gated, gate := range fieldGates {
		if !slices.ContainsFunc(patterns, func(p string) bool { return p == gated || strings.HasPrefix(p, gated+".") }) {
			t.Errorf("%s is no field", gated)
		}
		if _, err := podspec.ParseFeatureGates(gate + "=true"); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatPodsimCannotDoIsRefused(t *testing.T) {
	cases := []struct {
		name, spec string
		want       []string
	}{
		{"a plain pod", spectest.Container("startupProbe: {exec: {command: [x]}}"), nil},
		{"a sidecar", "{initContainers: [{name: s, restartPolicy: Always}]}", nil},
		{"empty lists", "{ephemeralContainers: [], containers: [{name: c, volumeDevices: []}]}", nil},
		{"probes of every kind", spectest.Container("startupProbe: {tcpSocket: {port: 1}}, livenessProbe: {httpGet: {port: 1}}, readinessProbe: {grpc: {port: 1}}"), nil},
		{"hooks", "{initContainers: [{name: s, restartPolicy: Always, lifecycle: {preStop: {sleep: {seconds: 1}}, postStart: {tcpSocket: {port: 1}}, stopSignal: SIGINT}}]}", nil},
		{"restart policies of containers", "{initContainers: [{restartPolicy: Never}], containers: [{restartPolicy: Always, restartPolicyRules: [{action: Restart}]}]}", nil},
		{"an ephemeral container", "{ephemeralContainers: [{name: e, targetContainerName: c, env: [{name: A, valueFrom: {fileKeyRef: {key: k}}}]}]}", []string{
			"spec.ephemeralContainers[0].env[0].valueFrom.fileKeyRef: Forbidden: podsim does not support fileKeyRef yet"}},
		{"features that Kubernetes has off", "{volumes: [{name: v, emptyDir: {mode: 511}}], containers: [{volumeMounts: [{name: v, bindMountOptions: [noexec]}]}]}", []string{
			"V0.emptyDir.mode: Forbidden: podsim does not support mode yet",
			"C0.volumeMounts[0].bindMountOptions: Forbidden: podsim does not support bindMountOptions yet"}},
		{"volumes", "{volumes: [{name: v, projected: {}}, {name: w, emptyDir: {medium: HugePages}}, {name: x, emptyDir: {medium: Memory}}]}", []string{
			"V0.projected: Forbidden: podsim does not support projected volumes yet",
			`spec.volumes[1].emptyDir.medium: Forbidden: podsim does not support the medium "HugePages" yet, only "" and "Memory"`}},
		{"a variable from a file", spectest.Container("env: [{name: A, valueFrom: {fileKeyRef: {volumeName: v, path: p, key: k}}}]"), []string{
			"C0.env[0].valueFrom.fileKeyRef: Forbidden: podsim does not support fileKeyRef yet"}},
		{"other systems", "{hostUsers: false, os: {name: windows}}", []string{
			"spec.hostUsers: Forbidden: podsim does not support user namespaces yet", "spec.os.name: Forbidden: podsim does not support Windows"}},
		{"users of the host", "{hostUsers: true, os: {name: linux}}", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, spectest.Abbreviate(Unsupported(spectest.Pod(t, c.spec)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}
