package network

import (
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/go-connections/nat"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func podWith(spec corev1.PodSpec) *corev1.Pod {
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "ns", UID: "u"}, Spec: spec}
}

func TestTheSandboxOwnsNamesNetworkAndVolumes(t *testing.T) {
	mounts := []mount.Mount{{Type: mount.TypeVolume, Source: "v", Target: VolumesDir + "/v"}}
	got := NewSandbox(podWith(corev1.PodSpec{}), SandboxOptions{Image: "podsim-agent:x", NodeID: "n", Attempt: 2, Hostname: "p", NetworkID: "n1", Mounts: mounts})

	want := Sandbox{
		Name: "k8s_POD_p_ns_u_2",
		Config: &container.Config{
			Image: "podsim-agent:x", Hostname: "p",
			Labels: map[string]string{
				"podsim.io/managed":                               "true",
				"io.kubernetes.pod.name":                          "p",
				"io.kubernetes.pod.namespace":                     "ns",
				"io.kubernetes.pod.uid":                           "u",
				"podsim.io/node":                                  "n",
				"io.kubernetes.container.name":                    "POD",
				"io.kubernetes.docker.type":                       "podsandbox",
				"annotation.io.kubernetes.container.restartCount": "2",
			},
		},
		Host: &container.HostConfig{
			NetworkMode: "n1", IpcMode: "shareable", ShmSize: 64 << 20, Mounts: mounts, Init: pointerTo(false),
			CapDrop: []string{"ALL"}, CapAdd: []string{"CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID"},
			SecurityOpt: []string{"no-new-privileges"}, LogConfig: container.LogConfig{Type: "none"},
		},
		Networking: &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{"n1": {}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheSandboxTakesTheHostsNamespacesOnRequest(t *testing.T) {
	got := NewSandbox(podWith(corev1.PodSpec{
		HostNetwork: true, HostPID: true, HostIPC: true,
		Containers: []corev1.Container{{Ports: []corev1.ContainerPort{{ContainerPort: 80, HostPort: 80}}}},
	}), SandboxOptions{Hostname: "p", NetworkID: "n1"})

	if got.Host.NetworkMode != "host" || got.Host.UTSMode != "host" || got.Host.PidMode != "host" || got.Host.IpcMode != "host" {
		t.Errorf("modes are %q, %q, %q, %q", got.Host.NetworkMode, got.Host.UTSMode, got.Host.PidMode, got.Host.IpcMode)
	}
	if got.Config.Hostname != "" || got.Networking != nil || got.Host.PortBindings != nil {
		t.Error("a sandbox on the host's network has a hostname, a network or published ports of its own")
	}
}

func TestOnlyMainContainersPublishHostPorts(t *testing.T) {
	got := NewSandbox(podWith(corev1.PodSpec{
		InitContainers: []corev1.Container{{Ports: []corev1.ContainerPort{{ContainerPort: 1, HostPort: 1001}}}},
		Containers: []corev1.Container{
			{Ports: []corev1.ContainerPort{{ContainerPort: 80, HostPort: 8080}, {ContainerPort: 81}}},
			{Ports: []corev1.ContainerPort{
				{ContainerPort: 80, HostPort: 9090, HostIP: "0.0.0.0"},
				{ContainerPort: 53, HostPort: 5353, Protocol: corev1.ProtocolUDP},
			}},
		},
	}), SandboxOptions{})

	want := nat.PortMap{
		"80/tcp": {{HostIP: "127.0.0.1", HostPort: "8080"}, {HostIP: "0.0.0.0", HostPort: "9090"}},
		"53/udp": {{HostIP: "127.0.0.1", HostPort: "5353"}},
	}
	if diff := cmp.Diff(want, got.Host.PortBindings); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(nat.PortSet{"80/tcp": {}, "53/udp": {}}, got.Config.ExposedPorts); diff != "" {
		t.Error(diff)
	}
}

func TestSysctlsAreWrittenWithDots(t *testing.T) {
	got := NewSandbox(podWith(corev1.PodSpec{SecurityContext: &corev1.PodSecurityContext{Sysctls: []corev1.Sysctl{
		{Name: "kernel.shm_rmid_forced", Value: "1"},
		{Name: "net/ipv4/ip_local_port_range", Value: "1024 65535"},
		{Name: "net/ipv4/conf/eth0.1/forwarding", Value: "1"},
	}}}), SandboxOptions{}).Host.Sysctls
	want := map[string]string{
		"kernel.shm_rmid_forced":          "1",
		"net.ipv4.ip_local_port_range":    "1024 65535",
		"net.ipv4.conf.eth0/1.forwarding": "1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
