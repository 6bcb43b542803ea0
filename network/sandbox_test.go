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
			Image: "podsim-agent:x", Hostname: "p", Entrypoint: []string{"/pause"},
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

func TestASandboxIsKnownOnTheNetworkThatItJoins(t *testing.T) {
	got := NewSandbox(podWith(corev1.PodSpec{}), SandboxOptions{NetworkID: "n1", Network: "theirs", Aliases: []string{"p"}})
	if got.Config.Labels[LabelNetwork] != "theirs" {
		t.Errorf("labels are %v", got.Config.Labels)
	}
	if diff := cmp.Diff(map[string]*network.EndpointSettings{"n1": {Aliases: []string{"p"}}}, got.Networking.EndpointsConfig); diff != "" {
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

func TestTheSandboxIsPrivilegedWithItsContainers(t *testing.T) { // (S12.7)
	privileged := corev1.Container{SecurityContext: &corev1.SecurityContext{Privileged: pointerTo(true)}}
	for _, tt := range []struct {
		name string
		spec corev1.PodSpec
		want bool
	}{
		{"a main", corev1.PodSpec{Containers: []corev1.Container{{}, privileged}}, true},
		{"an init", corev1.PodSpec{InitContainers: []corev1.Container{privileged}}, true},
		{"none", corev1.PodSpec{Containers: []corev1.Container{{SecurityContext: &corev1.SecurityContext{Privileged: pointerTo(false)}}, {}}}, false},
		{"an ephemeral one", corev1.PodSpec{EphemeralContainers: []corev1.EphemeralContainer{
			{EphemeralContainerCommon: corev1.EphemeralContainerCommon{SecurityContext: privileged.SecurityContext}}}}, false},
	} {
		if got := NewSandbox(podWith(tt.spec), SandboxOptions{}).Host.Privileged; got != tt.want {
			t.Errorf("with %s it is %v", tt.name, got)
		}
	}
}

func TestTheSandboxIsTheLastToBeKilledForWantOfMemoryWhereTheEngineMayHaveItSo(t *testing.T) { // (S13.25)
	for lowers, want := range map[bool]int{true: -998, false: 0} {
		if got := NewSandbox(podWith(corev1.PodSpec{}), SandboxOptions{LowersOOMScore: lowers}).Host.OomScoreAdj; got != want {
			t.Errorf("the engine may: %v, it has %d, want %d", lowers, got, want)
		}
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
				{ContainerPort: 53, HostPort: 5353, HostIP: "127.0.0.1", Protocol: corev1.ProtocolUDP},
				{ContainerPort: 53, HostPort: 5353, HostIP: "::1", Protocol: corev1.ProtocolTCP},
				{ContainerPort: 132, HostPort: 132, Protocol: corev1.ProtocolSCTP},
			}},
		},
	}), SandboxOptions{})

	want := nat.PortMap{
		"80/tcp": {{HostIP: "127.0.0.1", HostPort: "8080"}, {HostIP: "0.0.0.0", HostPort: "9090"}},
		"53/udp": {{HostIP: "127.0.0.1", HostPort: "5353"}},
		"53/tcp": {{HostIP: "::1", HostPort: "5353"}}, "132/sctp": {{HostIP: "127.0.0.1", HostPort: "132"}},
	}
	if diff := cmp.Diff(want, got.Host.PortBindings); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(nat.PortSet{"80/tcp": {}, "53/udp": {}, "53/tcp": {}, "132/sctp": {}}, got.Config.ExposedPorts); diff != "" {
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
