package validation

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/podsim/podsim/podspec/spectest"
)

func TestAResizeChangesProcessorTimeAndMemoryOnly(t *testing.T) { // (S13.31)
	const before = "{name: a, image: i, resources: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 2, memory: 2Gi, ephemeral-storage: 1Gi}}}"
	for _, c := range []struct {
		name, containers string
		want             []string
	}{
		{"other amounts", "{name: a, image: i, resources: {requests: {cpu: 2, memory: 2Gi}, limits: {cpu: 3, memory: 3Gi, ephemeral-storage: 1Gi}}}", nil},
		{"a request above its limit", "{name: a, image: i, resources: {requests: {cpu: 3, memory: 1Gi}, limits: {cpu: 2, memory: 2Gi, ephemeral-storage: 1Gi}}}",
			[]string{`C0.resources.requests: Invalid value: "3": must be less than or equal to cpu limit of 2`}},
		{"another class of service", "{name: a, image: i, resources: {requests: {cpu: 2, memory: 2Gi}, limits: {cpu: 2, memory: 2Gi, ephemeral-storage: 1Gi}}}",
			[]string{`spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing`}},
		{"a limit less", "{name: a, image: i, resources: {requests: {cpu: 1, memory: 1Gi, ephemeral-storage: 1Gi}, limits: {cpu: 2, ephemeral-storage: 1Gi}}}",
			[]string{"C0.resources.limits: Forbidden: resource limits cannot be removed"}},
		{"room on the disk", "{name: a, image: i, resources: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 2, memory: 2Gi, ephemeral-storage: 2Gi}}}",
			[]string{"spec: Forbidden: only cpu and memory resources are mutable"}},
		{"the policy", "{name: a, image: i, resizePolicy: [{resourceName: cpu, restartPolicy: RestartContainer}], " +
			"resources: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 2, memory: 2Gi, ephemeral-storage: 1Gi}}}",
			[]string{"spec: Forbidden: only cpu and memory resources are mutable"}},
		{"another container", before + ", {name: b, image: i}", []string{"spec.containers: Forbidden: containers may not be added or removed on resize"}},
		{"another name", "{name: b, image: i, resources: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 2, memory: 2Gi, ephemeral-storage: 1Gi}}}",
			[]string{"C0.name: Forbidden: containers may not be renamed or reordered on resize"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			older, newer := spectest.Pod(t, "{containers: ["+before+"]}"), spectest.Pod(t, "{containers: ["+c.containers+"]}")
			newer.Status.QOSClass = "Burstable"
			if diff := cmp.Diff(c.want, spectest.Abbreviate(ValidatePodResize(newer, older, nil))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAResizeOfInitContainers(t *testing.T) { // (S13.31)
	spec := func(amounts, more string) string {
		return "{containers: [{name: a, image: i}], initContainers: [{name: s, image: i, resources: {requests: {" + amounts + "}}" + more + "}]}"
	}
	const restarts = ", resizePolicy: [{resourceName: cpu, restartPolicy: RestartContainer}]"
	for _, c := range []struct {
		name, older, newer string
		want               []string
	}{
		{"a regular one", spec("cpu: 1", ""), spec("cpu: 2", ""), nil},
		{"a sidecar that restarts", spec("cpu: 1", ", restartPolicy: Always"+restarts), spec("cpu: 2", ", restartPolicy: Always"+restarts), nil},
		{"room on the disk", spec("cpu: 1, ephemeral-storage: 1Gi", ""), spec("cpu: 1, ephemeral-storage: 2Gi", ""),
			[]string{"spec.initContainers[0]: Forbidden: only cpu and memory resources for init or sidecar containers are mutable"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, spectest.Abbreviate(ValidatePodResize(spectest.Pod(t, c.newer), spectest.Pod(t, c.older), nil))); diff != "" {
				t.Error(diff)
			}
		})
	}
}
