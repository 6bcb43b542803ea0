package validation

import (
	"testing"

	"github.com/podsim/podsim/podspec/spectest"
)

func TestProbesAreValidated(t *testing.T) {
	const portName = "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
	checkSpecs(t, []validationCase{
		{"S2.50", "no handler", spectest.Container("livenessProbe: {}"), []string{`C0.livenessProbe: Required value: must specify a handler type`}},
		{"S2.50", "two handlers", spectest.Container("livenessProbe: {exec: {command: [x]}, tcpSocket: {port: 1}}"), []string{`C0.livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type`}},
		{"S2.50", "four handlers of which the last three are not looked at", spectest.Container("livenessProbe: {exec: {}, httpGet: {port: 0}, tcpSocket: {port: 0}, grpc: {port: 0}}"), []string{
			`C0.livenessProbe.exec.command: Required value`,
			`C0.livenessProbe.httpGet: Forbidden: may not specify more than 1 handler type`,
			`C0.livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type`,
			`C0.livenessProbe.grpc: Forbidden: may not specify more than 1 handler type`}},
		{"S2.51", "a success threshold of 2", spectest.Container("livenessProbe: {exec: {command: [x]}, successThreshold: 2}, readinessProbe: {exec: {command: [x]}, successThreshold: 2}, startupProbe: {exec: {command: [x]}, successThreshold: 2}"),
			[]string{`C0.livenessProbe.successThreshold: Invalid value: 2: must be 1`, `C0.startupProbe.successThreshold: Invalid value: 2: must be 1`}},
		{"S2.52", "a grace period of a readiness probe", spectest.Container("readinessProbe: {exec: {command: [x]}, terminationGracePeriodSeconds: 2}"),
			[]string{`C0.readinessProbe.terminationGracePeriodSeconds: Invalid value: 2: must not be set for readinessProbes`}},
		{"S2.52", "a grace period of 0", spectest.Container("livenessProbe: {exec: {command: [x]}, terminationGracePeriodSeconds: 0}"),
			[]string{`C0.livenessProbe.terminationGracePeriodSeconds: Invalid value: 0: must be greater than 0`}},
		{"S6.51", "a grace period above the pod's", "{terminationGracePeriodSeconds: 1, containers: [{name: c, image: i, startupProbe: {exec: {command: [x]}, terminationGracePeriodSeconds: 60}}]}", nil},
		{"S2.53", "negative numbers", spectest.Container("startupProbe: {exec: {command: [x]}, initialDelaySeconds: -1, timeoutSeconds: -1, periodSeconds: -1, successThreshold: -1, failureThreshold: -1}"), []string{
			`C0.startupProbe.initialDelaySeconds: Invalid value: -1: must be greater than or equal to 0`,
			`C0.startupProbe.timeoutSeconds: Invalid value: -1: must be greater than or equal to 0`,
			`C0.startupProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0`,
			`C0.startupProbe.successThreshold: Invalid value: -1: must be greater than or equal to 0`,
			`C0.startupProbe.failureThreshold: Invalid value: -1: must be greater than or equal to 0`,
			`C0.startupProbe.successThreshold: Invalid value: -1: must be 1`}},
		{"S2.54", "no command", spectest.Container("startupProbe: {exec: {}}"), []string{`C0.startupProbe.exec.command: Required value`}},
		{"S2.54", "port 0 of httpGet", spectest.Container("livenessProbe: {httpGet: {port: 0}}"), []string{`C0.livenessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive`}},
		{"S2.54", "no port", spectest.Container("livenessProbe: {httpGet: {path: /}}"), []string{`C0.livenessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive`}},
		{"S2.54", "a port that is no name", spectest.Container("livenessProbe: {httpGet: {port: web_ui}}"), []string{`C0.livenessProbe.httpGet.port: Invalid value: "web_ui": ` + portName}},
		{"S2.54", "an empty name of a port", spectest.Container("livenessProbe: {tcpSocket: {port: ''}}"), []string{
			`C0.livenessProbe.tcpSocket.port: Invalid value: "": ` + portName, `C0.livenessProbe.tcpSocket.port: Invalid value: "": must contain at least one letter (a-z)`}},
		{"S2.54", "a scheme in small letters", spectest.Container("livenessProbe: {httpGet: {port: 1, scheme: http}}"), []string{`C0.livenessProbe.httpGet.scheme: Unsupported value: "http": supported values: "HTTP", "HTTPS"`}},
		{"S2.54", "a header with a blank", spectest.Container("livenessProbe: {httpGet: {port: 1, httpHeaders: [{name: X-A, value: b}, {name: a b, value: ''}]}}"), []string{
			`C0.livenessProbe.httpGet.httpHeaders: Invalid value: "a b": a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')`}},
		{"S2.54", "port 70000 of tcpSocket", spectest.Container("readinessProbe: {tcpSocket: {port: 70000}}"), []string{`C0.readinessProbe.tcpSocket.port: Invalid value: 70000: must be between 1 and 65535, inclusive`}},
		{"S2.54", "port 0 of grpc", spectest.Container("livenessProbe: {grpc: {port: 0, service: s}}"), []string{`C0.livenessProbe.grpc.port: Invalid value: 0: must be between 1 and 65535, inclusive`}},
		{"S2.54", "a mode of grpc", spectest.Container("livenessProbe: {grpc: {port: 1, mode: Verify}}"), []string{`C0.livenessProbe.grpc.mode: Unsupported value: "Verify": supported values: "Plaintext", "TLS"`}},
		{"S6.35", "a protocol", spectest.Container("livenessProbe: {httpGet: {port: 1, protocol: HTTP3}}"), []string{`C0.livenessProbe.httpGet.protocol: Unsupported value: "HTTP3": supported values: "HTTP1", "HTTP2"`}},
		{"S6.35", "HTTP/2 over TLS", spectest.Container("livenessProbe: {httpGet: {port: 1, scheme: HTTPS, protocol: HTTP2}}"), []string{`C0.livenessProbe.httpGet.protocol: Invalid value: "HTTP2": HTTP2 cannot be combined with scheme HTTPS`}},
		{"S6.35", "HTTP/2 to a host", spectest.Container("livenessProbe: {httpGet: {port: 1, host: h, protocol: HTTP2}}"), []string{`C0.livenessProbe.httpGet.protocol: Invalid value: "HTTP2": HTTP2 cannot be combined with host`}},
		{"S2.85", "a name of a port that there is not", spectest.Container("livenessProbe: {httpGet: {port: web, host: h, protocol: HTTP1}}"), nil},
		{"S2.85", "a timeout longer than the period", spectest.Container("startupProbe: {exec: {command: [x]}, timeoutSeconds: 60}"), nil},
		{"S2.56", "a probe of a sidecar", "{initContainers: [{name: s, image: i, restartPolicy: Always, startupProbe: {exec: {}}}]}", []string{`spec.initContainers[0].startupProbe.exec.command: Required value`}},
	})
}
