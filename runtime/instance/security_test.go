package instance

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

// runAs is a change of the users of a pod and of its container; nil leaves a value unset.
func runAs(podUser, user, group *int64, nonRoot *bool) func(*corev1.Pod, *corev1.Container) {
	return func(pod *corev1.Pod, c *corev1.Container) {
		pod.Spec.SecurityContext = &corev1.PodSecurityContext{RunAsUser: podUser, RunAsNonRoot: nonRoot}
		c.SecurityContext = &corev1.SecurityContext{RunAsUser: user, RunAsGroup: group}
	}
}

func TestUser(t *testing.T) {
	for _, row := range []struct {
		name      string
		change    func(*corev1.Pod, *corev1.Container)
		imageUser string
		want      string
	}{
		{"nothing leaves it to the image (S12.2)", nil, "", ""},
		{"the image's USER is kept (S12.2)", nil, "app:staff", "app:staff"},
		{"the pod's runAsUser (S12.1)", runAs(ptr(int64(7)), nil, nil, nil), "app", "7"},
		{"the container's comes before the pod's (S12.1)", runAs(ptr(int64(7)), ptr(int64(8)), nil, nil), "app", "8"},
		{"a group of its own (S12.2)", runAs(nil, ptr(int64(8)), ptr(int64(9)), nil), "", "8:9"},
		{"a group with the image's user (S12.2)", runAs(nil, nil, ptr(int64(9)), nil), "app:staff", "app:9"},
		{"a group without any user is root's (S12.2)", runAs(nil, nil, ptr(int64(9)), nil), "", "0:9"},
		{"non-root with a user (S12.4)", runAs(nil, ptr(int64(8)), nil, ptr(true)), "root", "8"},
		{"non-root with a numeric image user (S12.4)", runAs(nil, nil, nil, ptr(true)), "1000:0", "1000:0"},
		{"runAsNonRoot false asks for nothing (S12.4)", runAs(nil, ptr(int64(0)), nil, ptr(false)), "", "0"},
	} {
		t.Run(row.name, func(t *testing.T) {
			in := inputOf(row.change)
			in.ImageUser = row.imageUser
			if config, _ := configOf(t, in); config.User != row.want {
				t.Errorf("got %q, want %q", config.User, row.want)
			}
		})
	}
}

func TestRunAsNonRootIsRefusedToRoot(t *testing.T) {
	for _, row := range []struct {
		name      string
		user      *int64
		imageUser string
		want      string
	}{
		{"runAsUser 0 (S12.4)", ptr(int64(0)), "",
			`container's runAsUser breaks non-root policy (pod: "p_ns(u)", container: c)`},
		{"an image user with a name (S12.4)", nil, "app",
			`container has runAsNonRoot and image has non-numeric user (app), cannot verify user is non-root (pod: "p_ns(u)", container: c)`},
		{"an image user with a name and a group (S12.4)", nil, "app:1000",
			`container has runAsNonRoot and image has non-numeric user (app), cannot verify user is non-root (pod: "p_ns(u)", container: c)`},
		{"an image without a user (S12.4)", nil, "",
			`container has runAsNonRoot and image will run as root (pod: "p_ns(u)", container: c)`},
		{"an image whose user is 0 (S12.4)", nil, "0:1000",
			`container has runAsNonRoot and image will run as root (pod: "p_ns(u)", container: c)`},
	} {
		t.Run(row.name, func(t *testing.T) {
			in := inputOf(runAs(nil, row.user, nil, ptr(true)))
			in.ImageUser = row.imageUser
			_, _, err := Config(in)
			if err == nil {
				t.Fatal("it is accepted")
			}
			if diff := cmp.Diff(row.want, err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSupplementaryGroups(t *testing.T) {
	host := hostOf(t, func(pod *corev1.Pod, _ *corev1.Container) {
		pod.Spec.SecurityContext = &corev1.PodSecurityContext{FSGroup: ptr(int64(5)), SupplementalGroups: []int64{6, 7}}
	})
	if diff := cmp.Diff([]string{"5", "6", "7"}, host.GroupAdd); diff != "" {
		t.Errorf("fsGroup is one of them (S12.3):\n%s", diff)
	}
}

func TestIsolation(t *testing.T) {
	own := func(context corev1.SecurityContext) func(*corev1.Pod, *corev1.Container) {
		return func(_ *corev1.Pod, c *corev1.Container) { c.SecurityContext = &context }
	}
	runtimeDefault := &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
	for _, row := range []struct {
		name   string
		change func(*corev1.Pod, *corev1.Container)
		want   []string // security options
	}{
		{"no profile is unconfined (S12.10)", nil, []string{"seccomp=unconfined"}},
		{"Unconfined is (S12.10)", own(corev1.SecurityContext{SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeUnconfined}}),
			[]string{"seccomp=unconfined"}},
		{"RuntimeDefault is the engine's own (S12.10)", own(corev1.SecurityContext{SeccompProfile: runtimeDefault}), nil},
		{"the pod's profile holds for its containers (S12.1)", func(pod *corev1.Pod, _ *corev1.Container) {
			pod.Spec.SecurityContext = &corev1.PodSecurityContext{SeccompProfile: runtimeDefault}
		}, nil},
		{"allowPrivilegeEscalation false (S12.8)", own(corev1.SecurityContext{AllowPrivilegeEscalation: ptr(false), SeccompProfile: runtimeDefault}),
			[]string{"no-new-privileges"}},
		{"allowPrivilegeEscalation true (S12.8)", own(corev1.SecurityContext{AllowPrivilegeEscalation: ptr(true), SeccompProfile: runtimeDefault}), nil},
		{"privileged has no profile (S12.7)", own(corev1.SecurityContext{Privileged: ptr(true)}), nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			if diff := cmp.Diff(row.want, hostOf(t, row.change).SecurityOpt); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPrivilegesAndCapabilities(t *testing.T) {
	host := hostOf(t, func(_ *corev1.Pod, c *corev1.Container) {
		c.SecurityContext = &corev1.SecurityContext{Privileged: ptr(true), Capabilities: &corev1.Capabilities{
			Add: []corev1.Capability{"NET_ADMIN"}, Drop: []corev1.Capability{"ALL"}}}
	})
	if !host.Privileged {
		t.Error("it is not privileged (S12.7)")
	}
	if diff := cmp.Diff([]string{"NET_ADMIN"}, []string(host.CapAdd)); diff != "" {
		t.Errorf("(S12.6):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"ALL"}, []string(host.CapDrop)); diff != "" {
		t.Errorf("(S12.6):\n%s", diff)
	}
}

func TestProcMount(t *testing.T) {
	for _, row := range []struct {
		name string
		kind *corev1.ProcMountType
		want []string
	}{
		{"Default leaves the masks to the engine (S12.12)", nil, nil},
		{"Unmasked has none (S12.12)", ptr(corev1.UnmaskedProcMount), []string{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			host := hostOf(t, func(_ *corev1.Pod, c *corev1.Container) {
				c.SecurityContext = &corev1.SecurityContext{ProcMount: row.kind}
			})
			if diff := cmp.Diff(row.want, host.MaskedPaths); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(row.want, host.ReadonlyPaths); diff != "" {
				t.Error(diff)
			}
		})
	}
}
