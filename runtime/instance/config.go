// Package instance says what the engine is asked to create for one attempt of one container. It is pure: the container, its pod and
// what was resolved for it go in, the engine's configuration comes out.
package instance

import (
	"strconv"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/engine"
)

// Input is one attempt of one container with everything that was resolved for it.
type Input struct {
	Pod       *corev1.Pod
	Container *corev1.Container
	Attempt   int
	// SandboxID is the sandbox that the instance joins.
	SandboxID string
	// TargetID is the instance whose processes this one sees, "" if there is none (S4.70).
	TargetID string
	// NodeID is the identity of the node, for the label that marks its instances.
	NodeID string
	// NodeMemory is the node's memory in bytes (S13.25).
	NodeMemory int64
	// NodeCPUs is the number of the node's processors.
	NodeCPUs int
	// LowersOOMScore: the engine may give processes a negative oom_score_adj.
	LowersOOMScore bool
	// Env is the full environment, Command and Args are expanded (S9).
	Env           []podspec.EnvVar
	Command, Args []string
	// Log bounds the instance's log; the zero value is a kubelet's limits (S10.42).
	Log LogLimits
	// Binds and Mounts are what the container sees of the pod's volumes and managed files.
	Binds  []string
	Mounts []mount.Mount
	// ImageUser is the USER of the image, "" if it has none.
	ImageUser string
	// Accounts are the users and groups of the image. They are needed where NeedsAccounts says so.
	Accounts Accounts
	// SeccompProfile is the content of the Localhost profile that the container asks for, as JSON; "" if it asks for none (S12.10).
	SeccompProfile string
	// Seccomp and SELinux: the engine has them.
	Seccomp, SELinux bool
}

// Config is what the engine is asked to create. The error, if any, is the text of CreateContainerConfigError, or of CreateContainerError
// if it is an ErrEngineLacks.
func Config(in Input) (*container.Config, *container.HostConfig, error) {
	user, err := user(in)
	if err != nil {
		return nil, nil, err
	}
	security, err := securityOptions(in)
	if err != nil {
		return nil, nil, err
	}
	c := in.Container
	config := &container.Config{
		User:        user,
		Env:         env(in.Env),
		Entrypoint:  in.Command,
		Cmd:         in.Args,
		WorkingDir:  c.WorkingDir,
		Tty:         c.TTY,
		OpenStdin:   c.Stdin,
		StdinOnce:   c.StdinOnce,
		Labels:      labels(in),
		Healthcheck: &container.HealthConfig{Test: []string{"NONE"}}, // S16.36
	}
	sandbox := "container:" + in.SandboxID
	withoutInit := false // the entrypoint is process 1, whatever the engine's default is (S12B)
	host := &container.HostConfig{
		Init:           &withoutInit,
		NetworkMode:    container.NetworkMode(sandbox),
		IpcMode:        container.IpcMode(sandbox),
		Binds:          in.Binds,
		Mounts:         in.Mounts,
		GroupAdd:       groups(in),
		OomScoreAdj:    oomScoreAdj(in),
		ReadonlyRootfs: isTrue(securityContext(c).ReadOnlyRootFilesystem),
		LogConfig:      in.Log.config(),
		Resources:      resources(in.Pod, c),
	}
	if in.Pod.Spec.HostIPC {
		host.IpcMode = "host"
	}
	switch {
	case isTrue(in.Pod.Spec.ShareProcessNamespace):
		host.PidMode = container.PidMode(sandbox)
	case in.Pod.Spec.HostPID:
		host.PidMode = "host"
	case in.TargetID != "":
		host.PidMode = container.PidMode("container:" + in.TargetID)
	}
	host.SecurityOpt = security
	isolate(host, c, in.NodeCPUs)
	return config, host, nil
}

func labels(in Input) map[string]string {
	return map[string]string{
		network.LabelManaged:       "true",
		network.LabelPodName:       in.Pod.Name,
		network.LabelPodNamespace:  in.Pod.Namespace,
		network.LabelPodUID:        string(in.Pod.UID),
		network.LabelContainerName: in.Container.Name,
		network.LabelType:          network.TypeContainer,
		network.LabelRestartCount:  strconv.Itoa(in.Attempt),
		network.LabelNode:          in.NodeID,
		engine.LabelSandbox:        in.SandboxID,
		engine.LabelImage:          in.Container.Image,
	}
}

func env(vars []podspec.EnvVar) []string {
	list := make([]string, 0, len(vars))
	for _, v := range vars {
		list = append(list, v.Name+"="+v.Value)
	}
	return list
}

func isTrue(b *bool) bool { return b != nil && *b }
