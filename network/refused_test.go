package network

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestWhyASandboxIsRefused(t *testing.T) {
	const endpoint = "driver failed programming external connectivity on endpoint k8s_POD_p_ns_u_0 (ca1224e6a974): "
	pod := podWith(corev1.PodSpec{Containers: []corev1.Container{
		{Name: "a", Ports: []corev1.ContainerPort{{ContainerPort: 80, HostPort: 808, Protocol: "TCP"}, {ContainerPort: 80, HostPort: 8080, Protocol: "TCP"}, {ContainerPort: 81, HostPort: 8, HostIP: "10.9.8.7", Protocol: "TCP"}}},
		{Name: "b", Ports: []corev1.ContainerPort{{ContainerPort: 53}}},
	}})
	for _, row := range [][2]string{
		{endpoint + "Bind for 127.0.0.1:8080 failed: port is already allocated",
			"host port 127.0.0.1:8080/TCP of container a: another container on the engine has it; remove that, or choose another hostPort or hostIP " +
				"(Bind for 127.0.0.1:8080 failed: port is already allocated)"},
		{endpoint + "Error starting userland proxy: listen tcp4 127.0.0.1:8080: bind: address already in use",
			"host port 127.0.0.1:8080/TCP of container a: a program on the engine's machine has it; end that, or choose another hostPort or hostIP " +
				"(Error starting userland proxy: listen tcp4 127.0.0.1:8080: bind: address already in use)"},
		{"failed to set up container networking: " + endpoint + "failed to bind host port for 10.9.8.7:8:172.18.0.2:81/tcp: cannot assign requested address",
			"host port 10.9.8.7:8/TCP of container a: the engine's machine does not have this address; choose another hostIP, such as 127.0.0.1 or 0.0.0.0 " +
				"(failed to set up container networking: failed to bind host port for 10.9.8.7:8:172.18.0.2:81/tcp: cannot assign requested address)"},
		{endpoint + "Error starting userland proxy: listen tcp4 10.9.8.7:8: bind: permission denied",
			"host port 10.9.8.7:8/TCP of container a: the engine may not use a port this low; choose a hostPort of 1024 or more " +
				"(Error starting userland proxy: listen tcp4 10.9.8.7:8: bind: permission denied)"},
		{endpoint + "Unable to enable DNAT", "Unable to enable DNAT"},
		{"network n1 not found", "network n1 not found"},
		{"creating the network x: Error response from daemon: no", "creating the network x: no"},
	} {
		if got := SandboxError(pod, row[0]); got != row[1] {
			t.Errorf("%s:\ngot  %s\nwant %s", row[0], got, row[1])
		}
	}
}
