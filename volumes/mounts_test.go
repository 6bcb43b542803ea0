package volumes

import (
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

var someMountpoints = map[string]string{
	"podsim_u_.meta":     "/d/meta",
	"podsim_u_w":         "/d/w",
	"podsim_u_cm":        "/d/cm",
	"podsim-pvc_ns_data": "/d/data",
	"podsim_u_i":         "/d/i",
}

// mountsOf returns the mounts of the container c of a pod whose volumes are w (emptyDir), cm (configMap), data (a claim
// that is read-only), h (hostPath /src without a type), t (hostPath /src with a type) and i (an image).
func mountsOf(t *testing.T, api, container string, subPaths map[string]string) (Mounts, error) {
	t.Helper()
	plan := planOf(t, `
spec:
  volumes:
  - {name: w, emptyDir: {}}
  - {name: cm, configMap: {name: cm}}
  - {name: data, persistentVolumeClaim: {claimName: data, readOnly: true}}
  - {name: h, hostPath: {path: /src, type: ""}}
  - {name: t, hostPath: {path: src, type: Directory}}
  - {name: i, image: {reference: "example.org/files:1"}}
  containers:
  - `+container+`
  - {name: other, volumeMounts: [{name: w, mountPath: /1}, {name: cm, mountPath: /2}, {name: data, mountPath: /3}, {name: h, mountPath: /4}, {name: t, mountPath: /5}]}
`)
	return plan.Mounts(&plan.pod.Spec.Containers[0], MountOptions{Attempt: 2, APIVersion: api, Mountpoints: someMountpoints, SubPaths: subPaths})
}

// managedBinds are the files that every container has, on engines before API 1.42.
func managedBinds(more ...string) []string {
	return append([]string{"/d/meta/hosts:/etc/hosts", "/d/meta/resolv.conf:/etc/resolv.conf", "/d/meta/hostname:/etc/hostname"}, more...)
}

func whole(name, target string, readOnly bool) mount.Mount {
	return mount.Mount{Type: mount.TypeVolume, Source: name, Target: target, ReadOnly: readOnly, VolumeOptions: &mount.VolumeOptions{NoCopy: true}}
}

func bound(source, target string, readOnly bool, options mount.BindOptions) mount.Mount {
	return mount.Mount{Type: mount.TypeBind, Source: source, Target: target, ReadOnly: readOnly, BindOptions: &options}
}

func TestMountsOfAnInstance(t *testing.T) {
	tests := []struct {
		name, container string
		subPaths        map[string]string
		want            Mounts
	}{
		{"every container has the managed files", `{name: c, terminationMessagePath: /dev/termination-log}`, nil,
			Mounts{Binds: managedBinds("/d/meta/term/c/2:/dev/termination-log")}},

		{"a read-only root makes name and resolver files read-only (S12.9)", `{name: c, securityContext: {readOnlyRootFilesystem: true}, terminationMessagePath: log}`, nil,
			Mounts{Binds: []string{"/d/meta/term/c/2:/log", "/d/meta/hosts:/etc/hosts", "/d/meta/resolv.conf:/etc/resolv.conf:ro", "/d/meta/hostname:/etc/hostname:ro"}}},

		{"a container's own mount replaces a managed file (S10.1)", `{name: c, volumeMounts: [{name: t, mountPath: /etc/hosts}]}`, nil,
			Mounts{Binds: managedBinds()[1:], Mounts: []mount.Mount{bound("/src", "/etc/hosts", false, mount.BindOptions{})}}},

		{"some volumes are always read-only (S11.8)", `{name: c, volumeMounts: [{name: cm, mountPath: /cm}, {name: data, mountPath: /data}, {name: w, mountPath: /w}, {name: w, mountPath: /r, readOnly: true}]}`, nil,
			Mounts{Binds: managedBinds(), Mounts: []mount.Mount{
				whole("podsim_u_cm", "/cm", true), whole("podsim-pvc_ns_data", "/data", true), whole("podsim_u_w", "/w", false), whole("podsim_u_w", "/r", true)}}},

		{"of an image volume only the image's files are seen (S11.46)", `{name: c, volumeMounts: [{name: i, mountPath: /i}, {name: i, mountPath: /b, subPath: bin}]}`, map[string]string{"/b": "bin"},
			Mounts{Binds: managedBinds(), Mounts: []mount.Mount{
				bound("/d/i/image", "/i", true, mount.BindOptions{}), bound("/d/i/image/bin", "/b", true, mount.BindOptions{})}}},

		{"mounts are ordered by depth, and relative paths start at the root (S11.6, S2.85)", `{name: c, volumeMounts: [{name: w, mountPath: /a/b/c}, {name: w, mountPath: a/b/}, {name: w, mountPath: a}]}`, nil,
			Mounts{Binds: managedBinds(), Mounts: []mount.Mount{
				whole("podsim_u_w", "/a", false), whole("podsim_u_w", "/a/b", false), whole("podsim_u_w", "/a/b/c", false)}}},

		{"of two mounts at one place the later stays", `{name: c, volumeMounts: [{name: w, mountPath: /a}, {name: cm, mountPath: /a/}]}`, nil,
			Mounts{Binds: managedBinds(), Mounts: []mount.Mount{whole("podsim_u_cm", "/a", true)}}},

		{"a hostPath without a type may be missing, one with a type may not (S11.42)", `{name: c, volumeMounts: [{name: h, mountPath: /h, readOnly: true}, {name: t, mountPath: /t}]}`, nil,
			Mounts{Binds: append([]string{"/src:/h:ro"}, managedBinds()...), Mounts: []mount.Mount{bound("/src", "/t", false, mount.BindOptions{})}}},

		{"a colon in a path needs the other notation", `{name: c, volumeMounts: [{name: h, mountPath: "/h:x"}]}`, nil,
			Mounts{Binds: managedBinds(), Mounts: []mount.Mount{bound("/src", "/h:x", false, mount.BindOptions{})}}},

		{"a subPath is bound from the volume's place on the engine's machine", `{name: c, volumeMounts: [{name: cm, mountPath: /f, subPath: one}, {name: h, mountPath: /h, subPath: a}, {name: w, mountPath: /w, subPath: x}]}`,
			map[string]string{"/f": "..2026/one", "/h": "a", "/w": "."},
			Mounts{Binds: managedBinds(), Mounts: []mount.Mount{
				bound("/d/cm/..2026/one", "/f", true, mount.BindOptions{}), bound("/src/a", "/h", false, mount.BindOptions{}), whole("podsim_u_w", "/w", false)}}},

		{"propagation (S11.55)", `{name: c, volumeMounts: [{name: h, mountPath: /h, mountPropagation: Bidirectional}, {name: w, mountPath: /w, mountPropagation: HostToContainer, readOnly: true}, {name: t, mountPath: /n, mountPropagation: None}]}`, nil,
			Mounts{Binds: append([]string{"/src:/h:rshared"}, managedBinds()...), Mounts: []mount.Mount{
				bound("/d/w", "/w", true, mount.BindOptions{Propagation: mount.PropagationRSlave}), bound("/src", "/n", false, mount.BindOptions{})}}},

		{"recursive read-only if possible", `{name: c, volumeMounts: [{name: t, mountPath: /t, readOnly: true, recursiveReadOnly: IfPossible}]}`, nil,
			Mounts{Binds: managedBinds(), Mounts: []mount.Mount{bound("/src", "/t", true, mount.BindOptions{})}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := mountsOf(t, "1.41", tt.container, tt.subPaths)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNewerEnginesAreAskedInTheirOwnWords(t *testing.T) {
	const instance = `{name: c, terminationMessagePath: /log, volumeMounts: [{name: h, mountPath: /h, readOnly: true}, {name: cm, mountPath: /f, subPath: one}, {name: t, mountPath: /t, readOnly: true, recursiveReadOnly: Enabled}]}`
	sub := func(volume, path, target string, readOnly bool) mount.Mount {
		return mount.Mount{Type: mount.TypeVolume, Source: volume, Target: target, ReadOnly: readOnly, VolumeOptions: &mount.VolumeOptions{NoCopy: true, Subpath: path}}
	}
	created := mount.BindOptions{CreateMountpoint: true}
	tests := []struct {
		api  string
		want []mount.Mount
	}{
		{"1.44", []mount.Mount{
			bound("/src", "/h", true, mount.BindOptions{CreateMountpoint: true, ReadOnlyNonRecursive: true}),
			bound("/d/cm/..2026/one", "/f", true, mount.BindOptions{ReadOnlyNonRecursive: true}),
			bound("/src", "/t", true, mount.BindOptions{ReadOnlyForceRecursive: true}),
			bound("/d/meta/term/c/2", "/log", false, created),
			bound("/d/meta/hosts", "/etc/hosts", false, created),
			bound("/d/meta/resolv.conf", "/etc/resolv.conf", false, created),
			bound("/d/meta/hostname", "/etc/hostname", false, created),
		}},
		{"1.45", []mount.Mount{
			bound("/src", "/h", true, mount.BindOptions{CreateMountpoint: true, ReadOnlyNonRecursive: true}),
			sub("podsim_u_cm", "..2026/one", "/f", true),
			bound("/src", "/t", true, mount.BindOptions{ReadOnlyForceRecursive: true}),
			sub("podsim_u_.meta", "term/c/2", "/log", false),
			sub("podsim_u_.meta", "hosts", "/etc/hosts", false),
			sub("podsim_u_.meta", "resolv.conf", "/etc/resolv.conf", false),
			sub("podsim_u_.meta", "hostname", "/etc/hostname", false),
		}},
	}
	for _, tt := range tests {
		t.Run("API "+tt.api, func(t *testing.T) {
			got, err := mountsOf(t, tt.api, instance, map[string]string{"/f": "..2026/one"})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(Mounts{Mounts: tt.want}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRecursiveReadOnlyNeedsANewEngine(t *testing.T) {
	_, err := mountsOf(t, "1.43", `{name: c, volumeMounts: [{name: t, mountPath: /t, readOnly: true, recursiveReadOnly: Enabled}]}`, nil)
	want := `failed to resolve recursive read-only mode: volume "t" requested recursive read-only mode, but it is not supported by the runtime`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestMountpointsAreThoseOfVolumes(t *testing.T) {
	got := Mountpoints([]container.MountPoint{
		{Type: mount.TypeVolume, Name: "podsim_u_w", Source: "/d/w"},
		{Type: mount.TypeBind, Source: "/x"},
	})
	if diff := cmp.Diff(map[string]string{"podsim_u_w": "/d/w"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAMountOfAnUnknownVolumeIsAnError(t *testing.T) {
	plan := planOf(t, `spec: {containers: [{name: c}]}`)
	c := &corev1.Container{VolumeMounts: []corev1.VolumeMount{{Name: "x", MountPath: "/x"}}}
	if _, err := plan.Mounts(c, MountOptions{APIVersion: "1.41"}); err == nil {
		t.Error("no error")
	}
}

func TestAVolumeThatOnlyAnEphemeralContainerMountsIsNotSetUp(t *testing.T) {
	plan := planOf(t, `
spec:
  volumes: [{name: w, emptyDir: {}}, {name: late, emptyDir: {}}]
  containers: [{name: c, volumeMounts: [{name: w, mountPath: /w}]}]
  ephemeralContainers: [{name: e, volumeMounts: [{name: w, mountPath: /w}, {name: late, mountPath: /late}]}]`)
	ephemeral := corev1.Container(plan.pod.Spec.EphemeralContainers[0].EphemeralContainerCommon)
	_, err := plan.Mounts(&ephemeral, MountOptions{APIVersion: "1.41", Mountpoints: someMountpoints})
	const want = `mounting volume "late": it is not set up, because no init container and no main of the pod mounts it`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
