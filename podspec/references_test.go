package podspec_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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

func TestUsesClaim(t *testing.T) {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "web", UID: "u"}}
	pod.Spec.Volumes = []corev1.Volume{
		{Name: "data", VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "data"}}},
		{Name: "scratch", VolumeSource: corev1.VolumeSource{Ephemeral: &corev1.EphemeralVolumeSource{}}},
	}
	own := []metav1.OwnerReference{*metav1.NewControllerRef(pod, corev1.SchemeGroupVersion.WithKind("Pod"))}
	for _, test := range []struct {
		namespace, name string
		owners          []metav1.OwnerReference
		want            bool
	}{
		{"ns", "data", nil, true},
		{"other", "data", nil, false},
		{"ns", "web-scratch", own, true},
		{"ns", "web-scratch", nil, false},
		{"ns", "web-data", own, false},
	} {
		claim := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: test.namespace, Name: test.name, OwnerReferences: test.owners}}
		if got := podspec.UsesClaim(pod, claim); got != test.want {
			t.Errorf("%s/%s, owned by %v: %v", test.namespace, test.name, test.owners, got)
		}
	}
}
