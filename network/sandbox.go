package network

import (
	"strconv"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/network"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
)

const (
	// shmSize is the size of the pod's /dev/shm, in bytes (S12B).
	shmSize = 64 << 20
	// oomScoreAdj is a sandbox's: it is the last that the kernel kills for want of memory (S13.25).
	oomScoreAdj = -998
)

// SandboxOptions is what a sandbox depends on beside its pod.
type SandboxOptions struct {
	// Image is what EnsureAgentImage returned.
	Image string
	// NodeID is the identity of the node that makes the sandbox.
	NodeID string
	// Attempt counts the pod's sandboxes from 0.
	Attempt int
	// Hostname is what podspec.KernelHostname returned. It is not used with hostNetwork, where the engine machine's name holds.
	Hostname string
	// NetworkID is the engine's id of the pod's network. It is not used with hostNetwork.
	NetworkID string
	// Network is what named the network, if it is not that of the pod's namespace.
	Network string
	// Aliases are the names by which the network's other containers find the pod.
	Aliases []string
	// Mounts are the pod's volumes.
	Mounts []mount.Mount
	// LowersOOMScore: the engine may give processes a negative oom_score_adj.
	LowersOOMScore bool
}

// Sandbox is what the engine is asked to create for a pod's sandbox.
type Sandbox struct {
	Name       string
	Config     *container.Config
	Host       *container.HostConfig
	Networking *network.NetworkingConfig
}

// NewSandbox returns the sandbox of a pod: it owns the network, IPC and UTS namespaces, the pod's published ports and
// its sysctls, and runs nothing but the agent. Its root file system is writable only because the engine's archive call,
// which fills the volumes, refuses a container whose root is not.
//
// Members join it with the network mode "container:<id>" and with the IPC mode "container:<id>" or, when the pod asks
// for hostIPC, "host": the engine lets nobody join an IPC namespace that is the machine's.
func NewSandbox(pod *corev1.Pod, o SandboxOptions) Sandbox {
	ports, exposed := publishedPorts(pod)
	config := &container.Config{
		Image:        o.Image,
		Entrypoint:   []string{PausePath},
		Labels:       sandboxLabels(pod, o.NodeID, o.Attempt),
		ExposedPorts: exposed,
	}
	withoutInit := false
	host := &container.HostConfig{
		IpcMode:      container.IPCModeShareable,
		ShmSize:      shmSize,
		PortBindings: ports,
		Sysctls:      sysctls(pod),
		Mounts:       o.Mounts,
		Init:         &withoutInit, // the agent itself is process 1
		CapDrop:      []string{"ALL"},
		CapAdd:       []string{"CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID"}, // for the verbs that work on volumes
		SecurityOpt:  []string{"no-new-privileges"},
		LogConfig:    container.LogConfig{Type: "none"},
	}
	var networking *network.NetworkingConfig
	if pod.Spec.HostNetwork {
		host.NetworkMode = network.NetworkHost
		host.UTSMode = "host"
	} else {
		config.Hostname = o.Hostname
		host.NetworkMode = container.NetworkMode(o.NetworkID)
		networking = &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{o.NetworkID: {Aliases: o.Aliases}}}
		if o.Network != "" {
			config.Labels[LabelNetwork] = o.Network
		}
	}
	host.Privileged = anyPrivileged(pod) // S12.7
	if o.LowersOOMScore {
		host.OomScoreAdj = oomScoreAdj
	}
	if pod.Spec.HostPID {
		host.PidMode = "host"
	}
	if pod.Spec.HostIPC {
		host.IpcMode = container.IPCModeHost
		host.ShmSize = 0
	}
	return Sandbox{
		Name:       SandboxName(pod.Name, pod.Namespace, string(pod.UID), o.Attempt),
		Config:     config,
		Host:       host,
		Networking: networking,
	}
}

// anyPrivileged reports whether a container of the pod is privileged.
func anyPrivileged(pod *corev1.Pod) bool {
	for c := range podspec.Containers(pod) {
		if c.SecurityContext != nil && c.SecurityContext.Privileged != nil && *c.SecurityContext.Privileged {
			return true
		}
	}
	return false
}

func sandboxLabels(pod *corev1.Pod, nodeID string, attempt int) map[string]string {
	return map[string]string{
		LabelManaged:       "true",
		LabelPodName:       pod.Name,
		LabelPodNamespace:  pod.Namespace,
		LabelPodUID:        string(pod.UID),
		LabelNode:          nodeID,
		LabelContainerName: SandboxContainer,
		LabelType:          TypeSandbox,
		LabelRestartCount:  strconv.Itoa(attempt),
	}
}

// sysctls are the pod's kernel settings, with dots between the parts of their names (S12.21). The engine itself opens
// the low ports and ping to everyone, as containerd does, unless the pod sets these.
func sysctls(pod *corev1.Pod) map[string]string {
	if pod.Spec.SecurityContext == nil || len(pod.Spec.SecurityContext.Sysctls) == 0 {
		return nil
	}
	settings := map[string]string{}
	for _, s := range pod.Spec.SecurityContext.Sysctls {
		settings[dotted(s.Name)] = s.Value
	}
	return settings
}

// dotted turns the form net/ipv4/conf/eth0.1/x of a sysctl's name into net.ipv4.conf.eth0/1.x. The first separator
// tells which form it is.
func dotted(name string) string {
	if i := strings.IndexAny(name, "./"); i < 0 || name[i] == '.' {
		return name
	}
	return strings.NewReplacer("/", ".", ".", "/").Replace(name)
}
