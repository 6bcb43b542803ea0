package fields

var probeSection = Section{"Probes", "Of main containers and sidecars.", []Field{
	{"containers.livenessProbe", Honoured, "Stops the container when it fails; restartPolicy decides whether it starts again (S4.34, S6.50)."},
	{"containers.readinessProbe", Honoured, "Decides whether the container, and so the pod, is Ready (S3.38, S6.52)."},
	{"containers.startupProbe", Honoured, "Lets no other probe run, and nothing start after a sidecar, before it succeeded; stops the container when it fails (S4.16, S6.5, S6.50)."},
	{"probe.exec.command", Honoured, "Runs in the container without a shell; exit code 0 is success; a command that cannot be started counts as nothing (S6.20 to S6.23)."},
	{"probe.failureThreshold", Honoured, "Failures in a row that make the probe fail; 3 when unset (S1.2, S6.8)."},
	{"probe.grpc.mode", Honoured, "TLS encrypts the connection."},
	{"probe.grpc.port", Honoured, "The number of the port, at the pod's address (S6.41)."},
	{"probe.grpc.service", Honoured, "What grpc.health.v1.Health is asked about; SERVING is success (S6.41)."},
	{"probe.initialDelaySeconds", Honoured, "Seconds from the container's start to the first probe, for which the next tick may have to come (S6.2, S6.6)."},
	{"probe.periodSeconds", Honoured, "Seconds between two probes; 10 when unset (S1.2, S6.2)."},
	{"probe.successThreshold", Honoured, "Successes in a row that make the probe succeed; 1 when unset (S1.2, S6.8)."},
	{"probe.tcpSocket.host", Honoured, "Where to connect to; the pod's address when unset (S6.40)."},
	{"probe.tcpSocket.port", Honoured, "The number or name of the port; a connection is success (S6.40)."},
	{"probe.terminationGracePeriodSeconds", Honoured, "Goes before the pod's when the probe stops the container; not for readiness (S2.52, S6.50, S6.51)."},
	{"probe.timeoutSeconds", Honoured, "Seconds after which a probe without an answer has failed; 1 when unset (S1.2, S6.22, S6.33)."},
	{"httpGet.host", Honoured, "Who is asked; the pod's address when unset (S6.30, S7.10)."},
	{"httpGet.httpHeaders.name", Honoured, "A header of the request; Host is whom the request names (S6.34)."},
	{"httpGet.httpHeaders.value", Honoured, "The header's value (S6.34)."},
	{"httpGet.path", Honoured, "The path with its query; / when unset (S1.2, S6.30)."},
	{"httpGet.port", Honoured, "The number of the port, or its name in this container; of a probe, a status from 200 to 399 is success (S6.30, S6.31)."},
	{"httpGet.protocol", Honoured, "HTTP2 without TLS (S6.35)."},
	{"httpGet.scheme", Honoured, "HTTP or HTTPS, whose certificate nobody verifies; HTTP when unset (S1.2, S6.35)."},
}}

var hookSection = Section{"Lifecycle", "Of main containers and sidecars.", []Field{
	{"containers.lifecycle.postStart", Honoured, "Runs after the start, while all else of the pod waits; its failure stops the container (S7.2, S7.5)."},
	{"containers.lifecycle.preStop", Honoured, "Runs before the stop signal, on the time of the grace period (S7.6, S7.7)."},
	{"containers.lifecycle.stopSignal", Honoured, "Asks the container to end; the image's STOPSIGNAL when unset, else SIGTERM (S7.13)."},
	{"hook.exec.command", Honoured, "Runs in the container without a shell; $(VAR) stays as it is (S7.10)."},
	{"hook.httpGet.port", Honoured, "The number of the port, or its name in this container; any answer is success (S7.10)."},
	{"hook.httpGet.protocol", Honoured, "Hooks use HTTP/1.1 whatever it says."},
	{"hook.sleep.seconds", Honoured, "Seconds to wait (S7.11)."},
	{"hook.tcpSocket.host", Honoured, "No host makes such a hook work (S7.11)."},
	{"hook.tcpSocket.port", Honoured, "Is accepted, but the hook always fails (S7.11)."},
}}
