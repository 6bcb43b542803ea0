package volumes

import (
	"errors"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/mount"
	"github.com/google/go-cmp/cmp"
)

func TestTheSandboxMountsEveryVolumeThatAContainerUses(t *testing.T) {
	plan := planOf(t, `
spec:
  volumes:
  - {name: disk, emptyDir: {}}
  - {name: unused, configMap: {name: nowhere}}
  - {name: memory, emptyDir: {medium: Memory, sizeLimit: 8Mi}}
  - {name: host, hostPath: {path: /x}}
  - {name: secret, secret: {secretName: s}}
  - {name: claim, persistentVolumeClaim: {claimName: data}}
  initContainers:
  - {name: i, volumeMounts: [{name: disk, mountPath: /d}]}
  containers:
  - {name: c, volumeMounts: [{name: memory, mountPath: /m}, {name: host, mountPath: /h}, {name: secret, mountPath: /s}, {name: claim, mountPath: /c}]}
`)
	own := map[string]string{"podsim.io/managed": "true", "podsim.io/node": "n", "podsim.io/namespace": "ns", "io.kubernetes.pod.uid": "u"}
	ofClaim := map[string]string{"podsim.io/managed": "true", "podsim.io/namespace": "ns", "podsim.io/claim": "data"}
	tmpfs := func(size string) map[string]string {
		return map[string]string{"type": "tmpfs", "device": "tmpfs", "o": "size=" + size}
	}
	engineVolume := func(name, target string, labels, options map[string]string) mount.Mount {
		return mount.Mount{Type: mount.TypeVolume, Source: name, Target: target, VolumeOptions: &mount.VolumeOptions{
			NoCopy: true, Labels: labels, DriverConfig: &mount.Driver{Name: "local", Options: options}}}
	}
	want := []mount.Mount{
		engineVolume("podsim_u_.meta", "/podsim/meta", own, nil),
		engineVolume("podsim_u_.secrets", "/podsim/secrets", own, tmpfs("1073741824")),
		engineVolume("podsim_u_disk", "/podsim/volumes/disk", own, nil),
		engineVolume("podsim_u_memory", "/podsim/volumes/memory", own, tmpfs("8388608")),
		engineVolume("podsim_u_secret", "/podsim/volumes/secret", own, tmpfs("1073741824")),
		engineVolume("podsim-pvc_ns_data", "/podsim/volumes/claim", ofClaim, nil),
	}
	if diff := cmp.Diff(want, plan.SandboxMounts()); diff != "" {
		t.Error(diff)
	}
	for name, want := range map[string]string{"disk": "/podsim/volumes/disk", "claim": "/podsim/volumes/claim", "unused": "", "host": "", "none": ""} {
		if got, ok := plan.SandboxPath(name); got != want || ok != (want != "") {
			t.Errorf("the sandbox has %s at %q, %t", name, got, ok)
		}
	}
	for name, want := range map[string]string{"disk": "podsim_u_disk", "claim": "podsim-pvc_ns_data", "memory": "", "secret": "", "unused": "", "host": ""} {
		if got, ok := plan.DiskMount(name); got.Source != want || ok != (want != "") {
			t.Errorf("others mount %s as %+v, %t", name, got, ok)
		}
		if got := plan.IsClaim(name); got != (name == "claim") {
			t.Errorf("%s is a claim: %t", name, got)
		}
	}
}

func TestAVolumeThatCannotBeSetUpSaysWhy(t *testing.T) {
	tests := []struct{ name, source, want string }{
		{"a missing configMap", `configMap: {name: x}`, `configmap "x" not found`},
		{"errors of all sources are told (S11.27)", `projected: {sources: [{configMap: {name: x}}, {secret: {name: s, items: [{key: z, path: z}]}}, {configMap: {name: cm}}]}`,
			`[configmap "x" not found, references non-existent secret key: z]`},
		{"an error of one source", `projected: {sources: [{configMap: {name: cm}}, {secret: {name: x}}]}`, `secret "x" not found`},
		{"a field that files cannot hold", `downwardAPI: {items: [{path: a, fieldRef: {fieldPath: status.podIP}}, {path: b, resourceFieldRef: {containerName: z, resource: limits.cpu}}]}`,
			`[unsupported fieldPath: status.podIP, container z not found]`},
		{"a missing secret", `secret: {secretName: x}`, `secret "x" not found`},
		{"a missing configMap key", `configMap: {name: cm, items: [{key: k, path: p}]}`, `configmap references non-existent config key: k`},
		{"a missing secret key", `secret: {secretName: s, items: [{key: k, path: p}]}`, `references non-existent secret key: k`},
		{"an unknown medium", `emptyDir: {medium: RAM}`, `unknown storage medium "RAM"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			pod := podOf(t, `
spec:
  volumes: [{name: v, `+tt.source+`}]
  containers: [{name: c, volumeMounts: [{name: v, mountPath: /v}]}]`)
			_, err := NewPlan(pod, someNode, someObjects)
			if want := `MountVolume.SetUp failed for volume "v" : ` + tt.want; err == nil || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
			var failed *MountError
			if !errors.As(err, &failed) || failed.Volume != "v" {
				t.Errorf("%#v is not the failure of volume v", err)
			}
		})
	}
}

func TestEveryBadVolumeIsReported(t *testing.T) {
	pod := podOf(t, `
spec:
  volumes: [{name: a, configMap: {name: x}}, {name: ok, emptyDir: {}}, {name: b, secret: {secretName: z}}]
  containers: [{name: c, volumeMounts: [{name: a, mountPath: /a}, {name: b, mountPath: /b}, {name: ok, mountPath: /ok}]}]`)
	_, err := NewPlan(pod, someNode, someObjects)
	var failures MountErrors
	if !errors.As(err, &failures) || len(failures) != 2 || failures[0].Volume != "a" || failures[1].Volume != "b" {
		t.Errorf("got %v", err)
	}
}

func TestOptionalVolumesMayMissWhatTheyName(t *testing.T) {
	plan := planOf(t, `
spec:
  volumes:
  - {name: a, configMap: {name: x, optional: true}}
  - {name: b, secret: {secretName: s, optional: true, items: [{key: none, path: nobody}, {key: user, path: user}]}}
  containers: [{name: c, volumeMounts: [{name: a, mountPath: /a}, {name: b, mountPath: /b}]}]`)
	a := NewArchive(someTime)
	if err := plan.Write(a, Empty, someSuffix); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(listing(t, a), "\n")
	want := strings.Join([]string{
		"0777 0:0 volumes/a/",
		"0755 0:0 volumes/a/..2026_11_22_17_12_40.1009537563/",
		"0777 0:0 volumes/a/..data -> ..2026_11_22_17_12_40.1009537563",
		"1777 0:0 volumes/b/",
		"0755 0:0 volumes/b/..2026_11_22_17_12_40.1009537563/",
		`0644 0:0 volumes/b/..2026_11_22_17_12_40.1009537563/user "u"`,
		"0777 0:0 volumes/b/..data -> ..2026_11_22_17_12_40.1009537563",
		"0777 0:0 volumes/b/user -> ..data/user",
	}, "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheSizeOfAMemoryVolumeIsTheSmallestLimit(t *testing.T) {
	tests := []struct {
		name, emptyDir, rest string
		want                 string
	}{
		{"the node's memory", `{medium: Memory}`, `containers: [{name: c, VM}]`, "size=1073741824"},
		{"the volume's own limit", `{medium: Memory, sizeLimit: 64Mi}`, `containers: [{name: c, VM}]`, "size=67108864"},
		{"a limit above the node's memory is the node's", `{medium: Memory, sizeLimit: 5Gi}`, `containers: [{name: c, VM}]`, "size=1073741824"},
		{"the memory limits of all containers", `{medium: Memory}`,
			`containers: [{name: c, resources: {limits: {memory: 10Mi}}, VM}, {name: d, resources: {limits: {memory: 20Mi}}}]`, "size=31457280"},
		{"one container without a limit means no limit", `{medium: Memory}`,
			`containers: [{name: c, resources: {limits: {memory: 10Mi}}, VM}, {name: d}]`, "size=1073741824"},
		{"an init container without a limit too", `{medium: Memory}`,
			`initContainers: [{name: i}], containers: [{name: c, resources: {limits: {memory: 10Mi}}, VM}]`, "size=1073741824"},
		{"the limit of the pod", `{medium: Memory}`,
			`resources: {limits: {memory: 32Mi}}, containers: [{name: c, VM}]`, "size=33554432"},
		{"the volume's limit below the pod's", `{medium: Memory, sizeLimit: 1Mi}`,
			`resources: {limits: {memory: 32Mi}}, containers: [{name: c, VM}]`, "size=1048576"},
		{"a size limit of 0 leaves the size to the kernel", `{medium: Memory, sizeLimit: 0}`, `containers: [{name: c, VM}]`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rest := strings.ReplaceAll(tt.rest, "VM", "volumeMounts: [{name: v, mountPath: /v}]")
			plan := planOf(t, "spec: {volumes: [{name: v, emptyDir: "+tt.emptyDir+"}], "+rest+"}")
			options := plan.SandboxMounts()[2].VolumeOptions.DriverConfig.Options
			if options["type"] != "tmpfs" || options["o"] != tt.want {
				t.Errorf("options are %v, want %s", options, tt.want)
			}
		})
	}
}
