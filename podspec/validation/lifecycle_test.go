package validation

import (
	"strings"
	"testing"

	"github.com/podsim/podsim/podspec/spectest"
)

func TestHooksAreValidated(t *testing.T) {
	sleep := func(grace, hook string) string {
		return "{terminationGracePeriodSeconds: " + grace + ", containers: [{name: c, image: i, lifecycle: {" + hook + "}}]}"
	}
	checkSpecs(t, []validationCase{
		{"S2.55", "no hooks", spectest.Container("lifecycle: {}"), nil},
		{"S7.1", "a handler of each kind", "{initContainers: [{name: s, image: i, restartPolicy: Always, lifecycle: {preStop: {sleep: {seconds: 1}}}}], " +
			"containers: [{name: c, image: i, lifecycle: {postStart: {exec: {command: [x]}}, preStop: {httpGet: {path: /, port: 1, scheme: HTTP}}}}]}", nil},
		{"S7.1", "a hook of a regular init", "{initContainers: [{name: d, image: i, lifecycle: {postStart: {exec: {command: [x]}}}}]}", []string{
			`spec.initContainers[0].lifecycle: Forbidden: may not be set for init containers without restartPolicy=Always`}},
		{"S2.55", "no handler", spectest.Container("lifecycle: {postStart: {}, preStop: {}}"), []string{
			`C0.lifecycle.postStart: Required value: must specify a handler type`, `C0.lifecycle.preStop: Required value: must specify a handler type`}},
		{"S7.1", "two handlers", spectest.Container("lifecycle: {preStop: {exec: {command: [x]}, sleep: {seconds: -1}}}"), []string{`C0.lifecycle.preStop.sleep: Forbidden: may not specify more than 1 handler type`}},
		{"S2.55", "no command", spectest.Container("lifecycle: {postStart: {exec: {}}}"), []string{`C0.lifecycle.postStart.exec.command: Required value`}},
		{"S2.54", "no port", spectest.Container("lifecycle: {preStop: {httpGet: {path: /}}}"), []string{`C0.lifecycle.preStop.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive`}},
		{"S2.55", "a sleep longer than the grace period", spectest.Container("lifecycle: {preStop: {sleep: {seconds: 60}}}"), []string{
			`C0.lifecycle.preStop.sleep: Invalid value: 60: must be non-negative and less than terminationGracePeriodSeconds (30)`}},
		{"S2.55", "a negative sleep", spectest.Container("lifecycle: {postStart: {sleep: {seconds: -1}}}"), []string{
			`C0.lifecycle.postStart.sleep: Invalid value: -1: must be non-negative and less than terminationGracePeriodSeconds (30)`}},
		{"S2.55", "a sleep as long as the grace period", sleep("60", "preStop: {sleep: {seconds: 60}}"), nil},
		{"S2.55", "no sleep and no grace", sleep("0", "preStop: {sleep: {seconds: 0}}"), nil},
		{"S2.55", "a negative grace period, which is 1", sleep("-5", "preStop: {sleep: {seconds: 2}}"), []string{
			`C0.lifecycle.preStop.sleep: Invalid value: 2: must be non-negative and less than terminationGracePeriodSeconds (1)`}},
		{"S2.85", "a hook that opens a port", spectest.Container("lifecycle: {preStop: {tcpSocket: {port: 1}}}"), nil},
		{"S2.55", "a hook of a sidecar", "{initContainers: [{name: s, image: i, restartPolicy: Always, lifecycle: {postStart: {}}}]}", []string{
			`spec.initContainers[0].lifecycle.postStart: Required value: must specify a handler type`}},
		{"S2.0.2", "hooks before probes before restart rules", spectest.Container("lifecycle: {preStop: {}}, livenessProbe: {}, restartPolicy: Foo"), []string{
			`C0.lifecycle.preStop: Required value: must specify a handler type`, `C0.livenessProbe: Required value: must specify a handler type`,
			`C0.restartPolicy: Unsupported value: "Foo": supported values: "Always", "Never", "OnFailure"`}},
	})
}

func TestStopSignalsAreValidated(t *testing.T) {
	signal := func(name, os string) string {
		return "{" + os + "containers: [{name: c, image: i, lifecycle: {stopSignal: " + name + "}}]}"
	}
	checkSpecs(t, []validationCase{
		{"S7.13", "without an operating system", signal("SIGINT", ""), []string{"C0.lifecycle.stopSignal: Forbidden: may not be set for containers with empty `spec.os.name`"}},
		{"S7.13", "of Linux", signal("SIGRTMIN+15", "os: {name: linux}, "), nil},
		{"S7.13", "of Linux on Windows", signal("SIGINT", "os: {name: windows}, "), []string{`C0.lifecycle.stopSignal: Unsupported value: "SIGINT": supported values: "SIGKILL", "SIGTERM"`}},
	})
	got := strings.Join(spectest.Abbreviate(ValidatePod(spectest.Pod(t, signal("INT", "os: {name: linux}, ")), nil)), "\n")
	if !strings.HasPrefix(got, `C0.lifecycle.stopSignal: Unsupported value: "INT": supported values: "SIGABRT", "SIGALRM", `) || strings.Count(got, "SIG") != 65 {
		t.Errorf("of a signal that there is not: %s", got)
	}
}
