package instance

import (
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
)

func TestLabelsTellWhatAnInstanceIs(t *testing.T) {
	config, _ := configOf(t, inputOf(nil))
	want := map[string]string{
		"podsim.io/managed":                               "true",
		"podsim.io/node":                                  "node",
		"io.kubernetes.pod.name":                          "p",
		"io.kubernetes.pod.namespace":                     "ns",
		"io.kubernetes.pod.uid":                           "u",
		"io.kubernetes.container.name":                    "c",
		"io.kubernetes.docker.type":                       "container",
		"io.kubernetes.sandbox.id":                        "box",
		"podsim.io/image":                                 "busybox:1.36",
		"annotation.io.kubernetes.container.restartCount": "2",
	}
	if diff := cmp.Diff(want, config.Labels); diff != "" {
		t.Error(diff)
	}
}

func TestCommandAndArgs(t *testing.T) {
	for _, row := range []struct {
		name          string
		command, args []string
	}{
		{"neither leaves both to the image (S9.30)", nil, nil},
		{"a command alone replaces the entrypoint and leaves no image command, as the engine has it (S9.30)", []string{"sh"}, nil},
		{"args alone replace the image's command (S9.30)", nil, []string{"-c", "true"}},
		{"both replace both (S9.30)", []string{"sh"}, []string{"-c", "true"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			in := inputOf(nil)
			in.Command, in.Args = row.command, row.args
			config, _ := configOf(t, in)
			if diff := cmp.Diff(row.command, []string(config.Entrypoint)); diff != "" {
				t.Errorf("entrypoint:\n%s", diff)
			}
			if diff := cmp.Diff(row.args, []string(config.Cmd)); diff != "" {
				t.Errorf("command:\n%s", diff)
			}
		})
	}
}

func TestProcessOfAnInstance(t *testing.T) {
	in := inputOf(func(_ *corev1.Pod, c *corev1.Container) {
		c.WorkingDir, c.TTY, c.Stdin, c.StdinOnce = "/work", true, true, true
	})
	in.Env = []podspec.EnvVar{{Name: "A", Value: "1"}, {Name: "B", Value: ""}}
	config, _ := configOf(t, in)
	if diff := cmp.Diff([]string{"A=1", "B="}, config.Env); diff != "" {
		t.Errorf("an empty value is a value (S9.7):\n%s", diff)
	}
	if config.WorkingDir != "/work" || !config.Tty || !config.OpenStdin || !config.StdinOnce {
		t.Errorf("got %+v (S9.32, S10E)", config)
	}
	if diff := cmp.Diff([]string{"NONE"}, config.Healthcheck.Test); diff != "" {
		t.Errorf("the image's health check does not run (S16.36):\n%s", diff)
	}
}

func TestStdinIsClosedByDefault(t *testing.T) {
	config, _ := configOf(t, inputOf(nil))
	if config.OpenStdin || config.StdinOnce || config.Tty {
		t.Errorf("got %+v", config)
	}
}

func TestMountsArePassedOn(t *testing.T) {
	in := inputOf(nil)
	in.Binds = []string{"/a:/b"}
	in.Mounts = []mount.Mount{{Type: mount.TypeVolume, Source: "v", Target: "/v"}}
	_, host := configOf(t, in)
	if diff := cmp.Diff(in.Binds, host.Binds); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(in.Mounts, host.Mounts); diff != "" {
		t.Error(diff)
	}
}

func TestNamespacesOfAnInstance(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(pod *corev1.Pod, c *corev1.Container)
		want   [3]string // network, IPC, PID
	}{
		{"network and IPC are the sandbox's, PID is its own (S12B, S12.33)", nil, [3]string{"container:box", "container:box", ""}},
		{"shareProcessNamespace joins the sandbox's PID namespace (S12.30)",
			func(pod *corev1.Pod, _ *corev1.Container) { pod.Spec.ShareProcessNamespace = ptr(true) },
			[3]string{"container:box", "container:box", "container:box"}},
		{"hostPID joins the machine's (S12B)",
			func(pod *corev1.Pod, _ *corev1.Container) { pod.Spec.HostPID = true },
			[3]string{"container:box", "container:box", "host"}},
		{"hostIPC joins the machine's (S12B)",
			func(pod *corev1.Pod, _ *corev1.Container) { pod.Spec.HostIPC = true },
			[3]string{"container:box", "host", ""}},
		{"with hostNetwork it is still the sandbox that is joined (S12B)",
			func(pod *corev1.Pod, _ *corev1.Container) { pod.Spec.HostNetwork = true },
			[3]string{"container:box", "container:box", ""}},
	} {
		t.Run(row.name, func(t *testing.T) {
			host := hostOf(t, row.change)
			got := [3]string{string(host.NetworkMode), string(host.IpcMode), string(host.PidMode)}
			if got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestLogsAreFilesThatTheEngineCanReadBack(t *testing.T) {
	want := container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "10485760", "max-file": "5"}}
	if diff := cmp.Diff(want, hostOf(t, nil).LogConfig); diff != "" {
		t.Errorf("(S10.42):\n%s", diff)
	}
}

func TestReadOnlyRootFilesystem(t *testing.T) {
	host := hostOf(t, func(_ *corev1.Pod, c *corev1.Container) {
		c.SecurityContext = &corev1.SecurityContext{ReadOnlyRootFilesystem: ptr(true)}
	})
	if !host.ReadonlyRootfs {
		t.Error("the root is writable (S12.9)")
	}
}
