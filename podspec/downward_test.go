package podspec_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/yaml"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/spectest"
)

func TestFilesOfADownwardAPIVolume(t *testing.T) { // (S9B, S9.20, S9.21, S11.28)
	pod := spectest.Pod(t, "{resources: {limits: {cpu: 2}}, initContainers: [{name: init, image: i}], "+
		"containers: [{name: c, image: i, resources: {requests: {memory: 1Mi}, limits: {cpu: 1500m}}}, {name: other, image: i}], ephemeralContainers: [{name: e, image: i}]}")
	pod.UID = "5a1e"
	pod.Labels = map[string]string{"b": "2", "a/x": "é\t", "empty": ""}
	pod.Annotations = map[string]string{"note": "two\n\"lines\""}
	allocatable := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("4")}
	cases := []struct{ name, item, want, wantErr string }{
		{"the name", "fieldRef: {fieldPath: metadata.name}", "p", ""},
		{"the namespace", "fieldRef: {fieldPath: metadata.namespace}", "default", ""},
		{"the uid", "fieldRef: {fieldPath: metadata.uid}", "5a1e", ""},
		{"all labels", "fieldRef: {fieldPath: metadata.labels}", "a/x=\"é\\t\"\nb=\"2\"\nempty=\"\"", ""},
		{"all annotations", "fieldRef: {fieldPath: metadata.annotations}", `note="two\n\"lines\""`, ""},
		{"one label", `fieldRef: {fieldPath: "metadata.labels['b']"}`, "2", ""},
		{"a label that is not there", `fieldRef: {fieldPath: "metadata.labels['z']"}`, "", ""},
		{"one annotation", `fieldRef: {fieldPath: "metadata.annotations['note']"}`, "two\n\"lines\"", ""},
		{"what only the environment has", "fieldRef: {fieldPath: status.podIP}", "", "unsupported fieldPath: status.podIP"},
		{"a limit", "resourceFieldRef: {containerName: c, resource: limits.cpu, divisor: 1m}", "1500", ""},
		{"a limit that is not set is what the node has, not the pod's", "resourceFieldRef: {containerName: other, resource: limits.cpu}", "4", ""},
		{"of an init too", "resourceFieldRef: {containerName: init, resource: limits.cpu}", "4", ""},
		{"a request", "resourceFieldRef: {containerName: c, resource: requests.memory, divisor: 1Ki}", "1024", ""},
		{"a request that is not set is 0", "resourceFieldRef: {containerName: other, resource: requests.memory}", "0", ""},
		{"a container that is not there", "resourceFieldRef: {containerName: x, resource: limits.cpu}", "", "container x not found"},
		{"an ephemeral container", "resourceFieldRef: {containerName: e, resource: limits.cpu}", "", "container e not found"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var file corev1.DownwardAPIVolumeFile
			if err := yaml.UnmarshalStrict([]byte("{"+c.item+"}"), &file); err != nil {
				t.Fatal(err)
			}
			got, err := podspec.DownwardFile(pod, &file, allocatable)
			gotErr := ""
			if err != nil {
				gotErr = err.Error()
			}
			if got != c.want || gotErr != c.wantErr {
				t.Errorf("got %q, %q", got, gotErr)
			}
		})
	}
}

func TestWhoIsToldOfTheDisk(t *testing.T) { // (S9.21)
	const ref = "{resourceFieldRef: {containerName: c, resource: "
	for _, c := range []struct {
		name, spec string
		want       bool
	}{
		{"nobody", "containers: [{name: c, env: [{name: A, value: x}, {name: B, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}]", false},
		{"of a request only", "containers: [{name: c, env: [{name: A, valueFrom: " + ref + "requests.ephemeral-storage}}}]}]", false},
		{"a main", "containers: [{name: c, env: [{name: A, valueFrom: " + ref + "limits.ephemeral-storage}}}]}]", true},
		{"an ephemeral container", "ephemeralContainers: [{name: e, env: [{name: A, valueFrom: " + ref + "limits.ephemeral-storage}}}]}]", true},
		{"a volume", "volumes: [{name: v, downwardAPI: {items: [{path: a, resourceFieldRef: {containerName: c, resource: limits.ephemeral-storage}}]}}]", true},
		{"a volume of several sources", "volumes: [{name: v, projected: {sources: [{secret: {name: s}}, " +
			"{downwardAPI: {items: [{path: a, resourceFieldRef: {containerName: c, resource: limits.ephemeral-storage}}]}}]}}]", true},
		{"a volume with something else", "volumes: [{name: v, downwardAPI: {items: [{path: a, resourceFieldRef: {containerName: c, resource: limits.cpu}}]}}]", false},
	} {
		if got := podspec.TellsOfDisk(&corev1.Pod{Spec: spectest.Spec(t, "{"+c.spec+"}")}); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
