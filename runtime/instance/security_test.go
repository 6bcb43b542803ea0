package instance

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
)

// runAs is a change of the users of a pod and of its container; nil leaves a value unset.
func runAs(podUser, user, group *int64, nonRoot *bool) func(*corev1.Pod, *corev1.Container) {
	return func(pod *corev1.Pod, c *corev1.Container) {
		pod.Spec.SecurityContext = &corev1.PodSecurityContext{RunAsUser: podUser, RunAsNonRoot: nonRoot}
		c.SecurityContext = &corev1.SecurityContext{RunAsUser: user, RunAsGroup: group}
	}
}

// withPodGroup gives the pod the group 6, and its container another one.
func withPodGroup(group *int64) func(*corev1.Pod, *corev1.Container) {
	return func(pod *corev1.Pod, c *corev1.Container) {
		pod.Spec.SecurityContext = &corev1.PodSecurityContext{RunAsGroup: ptr(int64(6))}
		c.SecurityContext = &corev1.SecurityContext{RunAsGroup: group}
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
		{"of the image's USER the user counts alone (S12.2)", nil, "app:staff", "app"},
		{"the pod's runAsUser (S12.1)", runAs(ptr(int64(7)), nil, nil, nil), "app", "7"},
		{"the container's comes before the pod's (S12.1)", runAs(ptr(int64(7)), ptr(int64(8)), nil, nil), "app", "8"},
		{"a group of its own (S12.2)", runAs(nil, ptr(int64(8)), ptr(int64(9)), nil), "", "8:9"},
		{"a group with the image's user (S12.2)", runAs(nil, nil, ptr(int64(9)), nil), "app:staff", "app:9"},
		{"a group without any user is root's (S12.2)", runAs(nil, nil, ptr(int64(9)), nil), "", "0:9"},
		{"the pod's group (S12.1)", withPodGroup(nil), "", "0:6"},
		{"the container's comes before the pod's (S12.1)", withPodGroup(ptr(int64(9))), "", "0:9"},
		{"the container's runAsNonRoot comes before the pod's (S12.1)", func(pod *corev1.Pod, c *corev1.Container) {
			pod.Spec.SecurityContext = &corev1.PodSecurityContext{RunAsNonRoot: ptr(true)}
			c.SecurityContext = &corev1.SecurityContext{RunAsNonRoot: ptr(false)}
		}, "root", "root"},
		{"non-root with a user (S12.4)", runAs(nil, ptr(int64(8)), nil, ptr(true)), "root", "8"},
		{"non-root with a numeric image user (S12.4)", runAs(nil, nil, nil, ptr(true)), "1000:0", "1000"},
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
		{"an image whose user no kernel has (S12.4)", nil, "4294967296",
			"container has runAsNonRoot and image has an invalid user id (4294967296). (Must be 1-(2147483647)): " +
				`must be between 0 and 2147483647, inclusive (pod: "p_ns(u)", container: c)`},
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

// accounts are those of an image with a user app.
var accounts = ParseAccounts(
	[]byte("root:x:0:0:root:/root:/bin/sh\n# comment\napp:x:1000:50:App:/:/bin/sh\nbroken:x:y:1:::\n"),
	[]byte("root:x:0:\nstaff:x:50:root\napp:x:1000:app\naudio:x:29:pulse,app\nvideo:x:44:app\nbad:x:z:app\n"))

func TestUsersAndGroupsOfTheImage(t *testing.T) {
	strict, merge := ptr(corev1.SupplementalGroupsPolicyStrict), ptr(corev1.SupplementalGroupsPolicyMerge)
	for _, row := range []struct {
		name        string
		policy      *corev1.SupplementalGroupsPolicy
		user, group *int64
		imageUser   string
		needs       bool
		wantUser    string
		wantGroups  []string
	}{
		{"fsGroup and the pod's groups come first; the engine adds the image's (S12.3)", nil, nil, nil, "app", false, "app", []string{"5", "6", "7"}},
		{"Merge is what counts when nothing is said (S12.3)", merge, ptr(int64(1000)), nil, "", false, "1000", []string{"5", "6", "7"}},
		{"with a group of its own the engine would not look into the image (S12.3)", merge, ptr(int64(1000)), ptr(int64(9)), "", true, "1000:9",
			[]string{"5", "6", "7", "29", "44"}},
		{"a name is as good as a number (S12.3)", nil, nil, ptr(int64(9)), "app:staff", true, "app:9", []string{"5", "6", "7", "29", "44"}},
		{"a user that the image does not know (S12.3)", nil, ptr(int64(77)), ptr(int64(9)), "", true, "77:9", []string{"5", "6", "7"}},
		{"root's groups (S12.3)", nil, nil, ptr(int64(9)), "", true, "0:9", []string{"5", "6", "7", "50"}},
		{"Strict leaves the image's groups out (S12.3)", strict, ptr(int64(1000)), ptr(int64(9)), "", false, "1000:9", []string{"5", "6", "7"}},
		{"Strict keeps the primary group (S12.2, S12.3)", strict, nil, nil, "app", true, "app:50", []string{"5", "6", "7"}},
		{"Strict with a user that the image does not know (S12.2, S12.3)", strict, ptr(int64(77)), nil, "app", true, "77:0", []string{"5", "6", "7"}},
		{"Strict with root (S12.2, S12.3)", strict, nil, nil, "", true, "0:0", []string{"5", "6", "7"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			in := inputOf(func(pod *corev1.Pod, c *corev1.Container) {
				pod.Spec.SecurityContext = &corev1.PodSecurityContext{
					FSGroup: ptr(int64(5)), SupplementalGroups: []int64{6, 7, 6}, SupplementalGroupsPolicy: row.policy}
				c.SecurityContext = &corev1.SecurityContext{RunAsUser: row.user, RunAsGroup: row.group}
			})
			in.ImageUser = row.imageUser
			if got := NeedsAccounts(in.Pod, in.Container, in.ImageUser); got != row.needs {
				t.Errorf("NeedsAccounts: got %v", got)
			}
			if row.needs {
				in.Accounts = accounts
			}
			config, host := configOf(t, in)
			if config.User != row.wantUser {
				t.Errorf("user: got %q, want %q", config.User, row.wantUser)
			}
			if diff := cmp.Diff(row.wantGroups, host.GroupAdd); diff != "" {
				t.Error(diff)
			}
		})
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
		{"the container's profile comes before the pod's (S12.1)", func(pod *corev1.Pod, c *corev1.Container) {
			pod.Spec.SecurityContext = &corev1.PodSecurityContext{SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeUnconfined}}
			c.SecurityContext = &corev1.SecurityContext{SeccompProfile: runtimeDefault}
		}, nil},
		{"no AppArmor profile, and RuntimeDefault, is the engine's own (S12.11)", own(corev1.SecurityContext{
			SeccompProfile: runtimeDefault, AppArmorProfile: &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeRuntimeDefault}}), nil},
		{"the pod's AppArmor profile (S12.1, S12.11)", func(pod *corev1.Pod, _ *corev1.Container) {
			pod.Spec.SecurityContext = &corev1.PodSecurityContext{
				SeccompProfile: runtimeDefault, AppArmorProfile: &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeUnconfined}}
		}, []string{"apparmor=unconfined"}},
		{"the container's comes before it (S12.1, S12.11)", func(pod *corev1.Pod, c *corev1.Container) {
			pod.Spec.SecurityContext = &corev1.PodSecurityContext{
				SeccompProfile: runtimeDefault, AppArmorProfile: &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeUnconfined}}
			c.SecurityContext = &corev1.SecurityContext{
				AppArmorProfile: &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeLocalhost, LocalhostProfile: ptr("mine")}}
		}, []string{"apparmor=mine"}},
		{"privileged has no profile (S12.7)", own(corev1.SecurityContext{Privileged: ptr(true)}), nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			if diff := cmp.Diff(row.want, hostOf(t, row.change).SecurityOpt); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestProfilesOfTheNode(t *testing.T) {
	in := inputOf(func(pod *corev1.Pod, c *corev1.Container) {
		pod.Spec.SecurityContext = &corev1.PodSecurityContext{
			SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeLocalhost, LocalhostProfile: ptr("a/b.json")}}
		c.SecurityContext = &corev1.SecurityContext{AppArmorProfile: &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeLocalhost, LocalhostProfile: ptr("mine")}}
	})
	if got := LocalhostSeccomp(in.Pod, in.Container); got != "a/b.json" {
		t.Errorf("the profile's file: got %q (S12.10)", got)
	}
	in.SeccompProfile = "{}"
	_, host := configOf(t, in)
	if diff := cmp.Diff([]string{"seccomp={}", "apparmor=mine"}, host.SecurityOpt); diff != "" {
		t.Errorf("(S12.10, S12.11):\n%s", diff)
	}
	in.Container.SecurityContext.Privileged = ptr(true)
	if got := LocalhostSeccomp(in.Pod, in.Container); got != "" {
		t.Errorf("a privileged container has no profile, got %q (S12.7)", got)
	}
}

func TestSeccompThatTheEngineLacksIsNotLeftOut(t *testing.T) {
	profile := &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
	in := inputOf(func(_ *corev1.Pod, c *corev1.Container) {
		c.SecurityContext = &corev1.SecurityContext{SeccompProfile: profile}
	})
	in.Seccomp = false
	_, _, err := Config(in)
	if lacks := (*ErrEngineLacks)(nil); !errors.As(err, &lacks) || err.Error() != "seccomp is not supported" {
		t.Errorf("got %v (S12.10)", err)
	}
	profile.Type = corev1.SeccompProfileTypeUnconfined
	if _, _, err := Config(in); err != nil {
		t.Errorf("nothing is asked for, and it is refused: %v", err)
	}
}

func TestSELinuxLabel(t *testing.T) {
	in := inputOf(func(pod *corev1.Pod, c *corev1.Container) {
		pod.Spec.SecurityContext = &corev1.PodSecurityContext{SELinuxOptions: &corev1.SELinuxOptions{Type: "spc_t"}}
		c.SecurityContext = &corev1.SecurityContext{Privileged: ptr(true), SELinuxOptions: &corev1.SELinuxOptions{User: "u", Role: "r", Level: "s0:c1,c2"}}
	})
	if _, host := configOf(t, in); len(host.SecurityOpt) > 0 {
		t.Errorf("got %v of an engine without SELinux (S12.13)", host.SecurityOpt)
	}
	in.SELinux = true
	_, host := configOf(t, in)
	if diff := cmp.Diff([]string{"label=user:u", "label=role:r", "label=level:s0:c1,c2"}, host.SecurityOpt); diff != "" {
		t.Errorf("(S12.13):\n%s", diff)
	}
}

func TestCapabilities(t *testing.T) {
	usual := func(but string, more ...string) []string {
		list := slices.DeleteFunc(slices.Clone(usualCapabilities), func(n string) bool { return n == but })
		list = append(list, more...)
		slices.Sort(list)
		return list
	}
	type list = []corev1.Capability
	for _, row := range []struct {
		name              string
		add, drop         list
		wantAdd, wantDrop []string
	}{
		{"nothing leaves the usual ones (S12.5)", nil, nil, nil, nil},
		{"one more", list{"NET_ADMIN"}, nil, usual("", "NET_ADMIN"), []string{"ALL"}},
		{"one less", nil, list{"NET_RAW"}, usual("NET_RAW"), []string{"ALL"}},
		{"none", nil, list{"ALL"}, nil, []string{"ALL"}},
		{"only one", list{"NET_BIND_SERVICE"}, list{"all"}, []string{"NET_BIND_SERVICE"}, []string{"ALL"}},
		{"all", list{"ALL"}, nil, []string{"ALL"}, nil},
		{"all but one", list{"ALL"}, list{"SYS_ADMIN"}, []string{"ALL"}, []string{"SYS_ADMIN"}},
		{"ALL is dropped after it is added", list{"ALL", "CHOWN"}, list{"ALL"}, []string{"CHOWN"}, []string{"ALL"}},
		{"what is added and dropped is dropped", list{"SYS_TIME", "CHOWN"}, list{"SYS_TIME", "CHOWN"}, usual("CHOWN"), []string{"ALL"}},
		{"small letters", list{"sys_time"}, list{"ALL"}, []string{"SYS_TIME"}, []string{"ALL"}},
		{"names with CAP_ are those of no capability", list{"CAP_NET_ADMIN"}, list{"CAP_CHOWN"}, nil, nil},
		{"and do not disturb others", list{"CAP_NET_ADMIN", "FLY"}, list{"ALL"}, nil, []string{"ALL"}},
	} {
		t.Run(row.name+" (S12.6)", func(t *testing.T) {
			host := hostOf(t, func(_ *corev1.Pod, c *corev1.Container) {
				c.SecurityContext = &corev1.SecurityContext{Capabilities: &corev1.Capabilities{Add: row.add, Drop: row.drop}}
			})
			if diff := cmp.Diff(row.wantAdd, []string(host.CapAdd), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("add:\n%s", diff)
			}
			if diff := cmp.Diff(row.wantDrop, []string(host.CapDrop), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("drop:\n%s", diff)
			}
		})
	}
}

func TestPrivilegedHasAllCapabilities(t *testing.T) {
	host := hostOf(t, func(_ *corev1.Pod, c *corev1.Container) {
		c.SecurityContext = &corev1.SecurityContext{Privileged: ptr(true), Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}}}
	})
	if !host.Privileged || len(host.CapAdd)+len(host.CapDrop) > 0 {
		t.Errorf("got privileged %v, +%v -%v (S12.7)", host.Privileged, host.CapAdd, host.CapDrop)
	}
}

func TestProcMount(t *testing.T) {
	masked := []string{
		"/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
		"/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap",
		"/sys/devices/system/cpu/cpu0/thermal_throttle", "/sys/devices/system/cpu/cpu1/thermal_throttle",
	}
	readOnly := []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}
	for _, row := range []struct {
		name             string
		context          corev1.SecurityContext
		masked, readOnly []string
	}{
		{"nothing is Default (S12.12)", corev1.SecurityContext{}, masked, readOnly},
		{"Default (S12.12)", corev1.SecurityContext{ProcMount: ptr(corev1.DefaultProcMount)}, masked, readOnly},
		{"Unmasked has none (S12.12)", corev1.SecurityContext{ProcMount: ptr(corev1.UnmaskedProcMount)}, []string{}, []string{}},
		{"a privileged container has none (S12.7)", corev1.SecurityContext{Privileged: ptr(true)}, nil, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			in := inputOf(func(_ *corev1.Pod, c *corev1.Container) { c.SecurityContext = &row.context })
			in.NodeCPUs = 2
			_, host := configOf(t, in)
			if diff := cmp.Diff(row.masked, host.MaskedPaths); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(row.readOnly, host.ReadonlyPaths); diff != "" {
				t.Error(diff)
			}
		})
	}
}
