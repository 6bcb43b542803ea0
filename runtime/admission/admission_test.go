package admission

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/podsim/podsim/runtime/engine"
)

// plain is an engine that can do what pods usually need.
var plain = engine.Facts{APIVersion: "1.45", Kernel: "6.1.0-18-amd64", Seccomp: true, MemoryLimits: true, SwapLimits: true, CPULimits: true}

// podOf is a pod with the spec.
func podOf(t *testing.T, spec string) *corev1.Pod {
	t.Helper()
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "ns", UID: "u"}}
	if err := yaml.UnmarshalStrict([]byte(spec), &pod.Spec); err != nil {
		t.Fatal(err)
	}
	return pod
}

func TestCheck(t *testing.T) {
	withAppArmor, oldKernel, noKernel := plain, plain, plain
	withAppArmor.AppArmor = true
	oldKernel.Kernel = "4.14.35-100.generic"
	noKernel.Kernel = ""
	sysctls := func(name string) string {
		return "{securityContext: {sysctls: [{name: kernel.shm_rmid_forced, value: '1'}, {name: " + name + ", value: '1'}]}}"
	}
	forbidden := func(what string) *Rejection { return &Rejection{"SysctlForbidden", "forbidden sysctl: " + what} }
	noAppArmor := &Rejection{"AppArmor", "Cannot enforce AppArmor: AppArmor is not enabled on the host"}
	for _, row := range []struct {
		name  string
		spec  string
		facts engine.Facts
		want  *Rejection
	}{
		{"a plain pod", "{}", plain, nil},
		{"a pod for this system (S1.4.2)", "{os: {name: linux}}", plain, nil},
		{"a pod for another system (S1.4.2)", "{os: {name: windows}}", plain, &Rejection{"PodOSNotSupported", "Failed to admit pod as the OS field doesn't match node OS"}},
		{"a safe sysctl (S12.20)", sysctls("net.ipv4.tcp_rmem"), plain, nil},
		{"a safe sysctl with slashes (S12.20)", sysctls("net/ipv4/tcp_rmem"), plain, nil},
		{"an unsafe sysctl (S12.20)", sysctls("kernel.msgmax"), plain, forbidden(`"kernel.msgmax" not allowlisted`)},
		{"an unsafe one of the network (S12.20)", sysctls("net.core.somaxconn"), plain, forbidden(`"net.core.somaxconn" not allowlisted`)},
		{"a sysctl that an old kernel shares among pods (S12.20)", sysctls("net.ipv4.tcp_rmem"), oldKernel, forbidden(`"net.ipv4.tcp_rmem" not allowlisted`)},
		{"a sysctl that an old kernel keeps apart (S12.20)", sysctls("net.ipv4.tcp_fin_timeout"), oldKernel, nil},
		{"a kernel that does not tell its age (S12.20)", sysctls("net.ipv4.tcp_fin_timeout"), noKernel, forbidden(`"net.ipv4.tcp_fin_timeout" not allowlisted`)},
		{"a sysctl of the node's network (S12.20)", "{hostNetwork: true, securityContext: {sysctls: [{name: net.ipv4.tcp_syncookies, value: '1'}]}}", plain,
			forbidden(`"net.ipv4.tcp_syncookies" not allowed with host Net enabled`)},
		{"a sysctl of the node's IPC (S12.20)", "{hostIPC: true, securityContext: {sysctls: [{name: kernel.shm_rmid_forced, value: '1'}]}}", plain,
			forbidden(`"kernel.shm_rmid_forced" not allowed with host IPC enabled`)},
		{"an AppArmor profile without AppArmor (S12.11)", "{securityContext: {appArmorProfile: {type: RuntimeDefault}}}", plain, noAppArmor},
		{"one of an init container (S12.11)", "{initContainers: [{name: i, securityContext: {appArmorProfile: {type: Localhost, localhostProfile: x}}}]}", plain, noAppArmor},
		{"Unconfined needs none (S12.11)", "{containers: [{name: c, securityContext: {appArmorProfile: {type: Unconfined}}}]}", plain, nil},
		{"with AppArmor (S12.11)", "{securityContext: {appArmorProfile: {type: RuntimeDefault}}}", withAppArmor, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			if diff := cmp.Diff(row.want, Check(podOf(t, row.spec), row.facts)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEverySafeSysctlIsAdmittedByItsFirstKernel(t *testing.T) { // (S12.20)
	for _, row := range []struct{ name, last, first string }{ // the last kernel that refuses, and the first that does not
		{"kernel.shm_rmid_forced", "", "3.10.0"},
		{"net.ipv4.ip_local_port_range", "", "3.10.0"},
		{"net.ipv4.tcp_syncookies", "", "3.10.0"},
		{"net.ipv4.ping_group_range", "", "3.10.0"},
		{"net.ipv4.ip_unprivileged_port_start", "", "3.10.0"},
		{"net.ipv4.ip_local_reserved_ports", "3.15.9", "3.16.0"},
		{"net.ipv4.tcp_keepalive_time", "4.4.9", "4.5.0"},
		{"net.ipv4.tcp_fin_timeout", "4.5.9", "4.6.0"},
		{"net.ipv4.tcp_keepalive_intvl", "4.4.9", "4.5.0"},
		{"net.ipv4.tcp_keepalive_probes", "4.4.9", "4.5.0"},
		{"net.ipv4.tcp_rmem", "4.14.9", "4.15.0"},
		{"net.ipv4.tcp_wmem", "4.14.9", "4.15.0"},
		{"net.ipv4.tcp_slow_start_after_idle", "4.14.9", "4.15.0"},
		{"net.ipv4.tcp_notsent_lowat", "4.5.9", "4.6.0"},
	} {
		pod, facts := podOf(t, "{securityContext: {sysctls: [{name: "+row.name+", value: '1'}]}}"), plain
		if facts.Kernel = row.first; Check(pod, facts) != nil {
			t.Errorf("%s is refused with Linux %s", row.name, row.first)
		}
		if facts.Kernel = row.last; row.last != "" && Check(pod, facts) == nil {
			t.Errorf("%s is admitted with Linux %s", row.name, row.last)
		}
	}
}

func TestWarnings(t *testing.T) {
	const limited = "containers: [{name: c, resources: {limits: {memory: 1Gi, cpu: 1}, requests: {memory: 1Gi, cpu: 1}}}]"
	with := func(change func(*engine.Facts)) engine.Facts {
		facts := plain
		change(&facts)
		return facts
	}
	lowers := func(f *engine.Facts) { f.LowersOOMScore = true }
	for _, row := range []struct {
		name  string
		spec  string
		facts engine.Facts
		want  []string
	}{
		{"a plain pod", "{containers: [{name: c, securityContext: {privileged: true}}]}", plain, nil},
		{"SELinux (S12.13)", "{securityContext: {seLinuxOptions: {level: s0}}, containers: [{name: c, securityContext: {seLinuxOptions: {type: t}}}]}", plain, []string{
			"spec.securityContext.seLinuxOptions: without effect: the engine has no SELinux",
			"spec.containers[0].securityContext.seLinuxOptions: without effect: the engine has no SELinux"}},
		{"an engine with SELinux (S12.13)", "{securityContext: {seLinuxOptions: {level: s0}}}", with(func(f *engine.Facts) { f.SELinux = true }), nil},
		{"a rootless engine (S12.7)", "{initContainers: [{name: c, securityContext: {privileged: true}}]}", with(func(f *engine.Facts) { f.Rootless = true }), []string{
			"spec.initContainers[0].securityContext.privileged: the engine is rootless: the container gets all rights of the engine's user, not those of the machine's root"}},
		{"capabilities that there are not (S12.6)", "{containers: [{name: c, securityContext: {capabilities: {add: [NET_ADMIN, CAP_NET_ADMIN], drop: [ALL, NONE]}}}]}", plain, []string{
			"spec.containers[0].securityContext.capabilities.add[1]: without effect, as on a node: no capability has the name CAP_NET_ADMIN",
			"spec.containers[0].securityContext.capabilities.drop[1]: without effect, as on a node: no capability has the name NONE"}},
		{"an old engine and nested mounts (S11.56)", "{containers: [{name: c, volumeMounts: [{name: v, mountPath: /v, readOnly: true, recursiveReadOnly: IfPossible}]}]}",
			with(func(f *engine.Facts) { f.APIVersion = "1.41" }), []string{
				"spec.containers[0].volumeMounts[0].recursiveReadOnly: not possible: what is mounted inside the volume stays writable; it needs Docker 25 and Linux 5.12"}},
		{"an engine without control groups", "{" + limited + "}", with(func(f *engine.Facts) {
			f.MemoryLimits, f.SwapLimits, f.CPULimits, f.LowersOOMScore = false, false, false, true
		}), []string{
			"spec.containers[0].resources.limits[memory]: without effect: the engine cannot limit memory",
			"spec.containers[0].resources.limits[cpu]: without effect: the engine cannot limit CPU"}},
		{"an engine that cannot limit swap (S13.14)", "{" + limited + "}", with(func(f *engine.Facts) { f.SwapLimits, f.LowersOOMScore = false, true }), []string{
			"spec.containers[0].resources.limits[memory]: the engine cannot limit swap: beyond its limit the container gets swap, if the machine has any"}},
		{"a guaranteed pod (S13.25)", "{" + limited + "}", plain, []string{
			"spec.containers[0].resources: the engine may not lower oom_score_adj: the processes have 0, and -997 on a node"}},
		{"a guaranteed pod on an engine with all rights (S13.25)", "{" + limited + "}", with(lowers), nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			if diff := cmp.Diff(row.want, Warnings(podOf(t, row.spec), row.facts)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
