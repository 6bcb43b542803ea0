package volumes

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const dataDir = "..2026_11_22_17_12_40.1009537563"

func TestContentOfVolumes(t *testing.T) {
	tests := []struct {
		name, manifest string
		want           []string
	}{
		{"emptyDir is open to all (S11.10, S11.11)", `
spec:
  volumes: [{name: d, emptyDir: {}}, {name: m, emptyDir: {medium: Memory}}]
  containers: [{name: c, volumeMounts: [{name: d, mountPath: /d}, {name: m, mountPath: /m}]}]`,
			[]string{"0777 0:0 volumes/d/", "1777 0:0 volumes/m/"}},

		{"fsGroup owns emptyDir (S11.61)", `
spec:
  securityContext: {fsGroup: 2000}
  volumes: [{name: d, emptyDir: {}}, {name: m, emptyDir: {medium: Memory}}]
  containers: [{name: c, volumeMounts: [{name: d, mountPath: /d}, {name: m, mountPath: /m}]}]`,
			[]string{"2777 0:2000 volumes/d/", "3777 0:2000 volumes/m/"}},

		{"hostPath and claims are the user's", `
spec:
  securityContext: {fsGroup: 2000}
  volumes: [{name: h, hostPath: {path: /h}}, {name: p, persistentVolumeClaim: {claimName: p}}]
  containers: [{name: c, volumeMounts: [{name: h, mountPath: /h}, {name: p, mountPath: /p}]}]`,
			nil},

		{"configMap: links through ..data to all keys (S11.21, S11.26)", `
spec:
  volumes: [{name: v, configMap: {name: cm}}]
  containers: [{name: c, volumeMounts: [{name: v, mountPath: /v}]}]`,
			[]string{
				"0777 0:0 volumes/v/",
				"0755 0:0 volumes/v/" + dataDir + "/",
				"0644 0:0 volumes/v/" + dataDir + `/bin "\x00\x01\x02"`,
				"0644 0:0 volumes/v/" + dataDir + `/one "1\n"`,
				"0644 0:0 volumes/v/" + dataDir + `/two.conf "2\n"`,
				"0777 0:0 volumes/v/..data -> " + dataDir,
				"0777 0:0 volumes/v/bin -> ..data/bin",
				"0777 0:0 volumes/v/one -> ..data/one",
				"0777 0:0 volumes/v/two.conf -> ..data/two.conf",
			}},

		{"configMap: items choose, name and set modes (S11.22, S11.25)", `
spec:
  volumes: [{name: v, configMap: {name: cm, defaultMode: 0400, items: [{key: one, path: sub/dir/uno}, {key: one, path: sub/eins}, {key: two.conf, path: dos, mode: 0755}]}}]
  containers: [{name: c, volumeMounts: [{name: v, mountPath: /v}]}]`,
			[]string{
				"0777 0:0 volumes/v/",
				"0755 0:0 volumes/v/" + dataDir + "/",
				"0755 0:0 volumes/v/" + dataDir + `/dos "2\n"`,
				"0755 0:0 volumes/v/" + dataDir + "/sub/",
				"0755 0:0 volumes/v/" + dataDir + "/sub/dir/",
				"0400 0:0 volumes/v/" + dataDir + `/sub/dir/uno "1\n"`,
				"0400 0:0 volumes/v/" + dataDir + `/sub/eins "1\n"`,
				"0777 0:0 volumes/v/..data -> " + dataDir,
				"0777 0:0 volumes/v/dos -> ..data/dos",
				"0777 0:0 volumes/v/sub -> ..data/sub",
			}},

		{"a token is for all where users are not known (S11.29)", `
spec:
  volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: dir/token, audience: a}}]}}]
  containers: [{name: c, volumeMounts: [{name: v, mountPath: /v}]}]`,
			[]string{
				"1777 0:0 volumes/v/",
				"0755 0:0 volumes/v/" + dataDir + "/",
				"0755 0:0 volumes/v/" + dataDir + "/dir/",
				"0644 0:0 volumes/v/" + dataDir + `/dir/token "token for a"`,
				"0777 0:0 volumes/v/..data -> " + dataDir,
				"0777 0:0 volumes/v/dir -> ..data/dir",
			}},

		{"a token is for the only user (S11.29)", `
spec:
  securityContext: {runAsUser: 7}
  volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: dir/token, audience: a}}]}}]
  containers: [{name: c, volumeMounts: [{name: v, mountPath: /v}]}, {name: d, securityContext: {runAsUser: 7}}]`,
			[]string{
				"1777 0:0 volumes/v/",
				"0755 0:0 volumes/v/" + dataDir + "/",
				"0755 0:0 volumes/v/" + dataDir + "/dir/",
				"0600 7:0 volumes/v/" + dataDir + `/dir/token "token for a"`,
				"0777 0:0 volumes/v/..data -> " + dataDir,
				"0777 7:0 volumes/v/dir -> ..data/dir",
			}},

		{"a token is for all where there are several users (S11.29)", `
spec:
  securityContext: {runAsUser: 7}
  volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: dir/token, audience: a}}]}}]
  containers: [{name: c, volumeMounts: [{name: v, mountPath: /v}]}, {name: d, securityContext: {runAsUser: 8}}]`,
			[]string{
				"1777 0:0 volumes/v/",
				"0755 0:0 volumes/v/" + dataDir + "/",
				"0755 0:0 volumes/v/" + dataDir + "/dir/",
				"0644 0:0 volumes/v/" + dataDir + `/dir/token "token for a"`,
				"0777 0:0 volumes/v/..data -> " + dataDir,
				"0777 0:0 volumes/v/dir -> ..data/dir",
			}},

		{"a token is for the fsGroup (S11.29)", `
spec:
  securityContext: {fsGroup: 2000}
  volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: dir/token, audience: a}}]}}]
  containers: [{name: c, volumeMounts: [{name: v, mountPath: /v}]}]`,
			[]string{
				"3777 0:2000 volumes/v/",
				"2755 0:2000 volumes/v/" + dataDir + "/",
				"2755 0:2000 volumes/v/" + dataDir + "/dir/",
				"0640 0:2000 volumes/v/" + dataDir + `/dir/token "token for a"`,
				"0777 0:2000 volumes/v/..data -> " + dataDir,
				"0777 0:2000 volumes/v/dir -> ..data/dir",
			}},

		{"a token is for the only user and the fsGroup (S11.29)", `
spec:
  securityContext: {fsGroup: 2000, runAsUser: 0}
  volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: dir/token, audience: a}}]}}]
  containers: [{name: c, volumeMounts: [{name: v, mountPath: /v}]}]`,
			[]string{
				"3777 0:2000 volumes/v/",
				"2755 0:2000 volumes/v/" + dataDir + "/",
				"2755 0:2000 volumes/v/" + dataDir + "/dir/",
				"0640 0:2000 volumes/v/" + dataDir + `/dir/token "token for a"`,
				"0777 0:2000 volumes/v/..data -> " + dataDir,
				"0777 0:2000 volumes/v/dir -> ..data/dir",
			}},

		{"secret: fsGroup may read", `
spec:
  securityContext: {fsGroup: 2000}
  volumes: [{name: v, secret: {secretName: s, defaultMode: 0400, items: [{key: user, path: user}]}}]
  containers: [{name: c, volumeMounts: [{name: v, mountPath: /v}]}]`,
			[]string{
				"3777 0:2000 volumes/v/",
				"2755 0:2000 volumes/v/" + dataDir + "/",
				"0440 0:2000 volumes/v/" + dataDir + `/user "u"`,
				"0777 0:2000 volumes/v/..data -> " + dataDir,
				"0777 0:2000 volumes/v/user -> ..data/user",
			}},

		{"downwardAPI: fields as files, in memory (S11.20, S11.28)", `
metadata: {labels: {l: v, k: w}}
spec:
  volumes: [{name: v, downwardAPI: {defaultMode: 0400, items: [
    {path: labels, fieldRef: {fieldPath: metadata.labels}},
    {path: sub/cpu, mode: 0444, resourceFieldRef: {containerName: c, resource: limits.cpu}}]}}]
  containers: [{name: c, volumeMounts: [{name: v, mountPath: /v}]}]`,
			[]string{
				"1777 0:0 volumes/v/",
				"0755 0:0 volumes/v/" + dataDir + "/",
				"0400 0:0 volumes/v/" + dataDir + `/labels "k=\"w\"\nl=\"v\""`,
				"0755 0:0 volumes/v/" + dataDir + "/sub/",
				"0444 0:0 volumes/v/" + dataDir + `/sub/cpu "4"`,
				"0777 0:0 volumes/v/..data -> " + dataDir,
				"0777 0:0 volumes/v/labels -> ..data/labels",
				"0777 0:0 volumes/v/sub -> ..data/sub",
			}},

		{"projected: the last source of a path counts, its mode too (S11.27)", `
spec:
  volumes: [{name: v, projected: {defaultMode: 0440, sources: [
    {configMap: {name: cm, items: [{key: one, path: a}, {key: one, path: b, mode: 0600}]}},
    {secret: {name: s, items: [{key: user, path: b}]}},
    {configMap: {name: none, optional: true}},
    {downwardAPI: {items: [{path: c, fieldRef: {fieldPath: metadata.name}}]}}]}}]
  containers: [{name: c, volumeMounts: [{name: v, mountPath: /v}]}]`,
			[]string{
				"1777 0:0 volumes/v/",
				"0755 0:0 volumes/v/" + dataDir + "/",
				"0440 0:0 volumes/v/" + dataDir + `/a "1\n"`,
				"0440 0:0 volumes/v/" + dataDir + `/b "u"`,
				"0440 0:0 volumes/v/" + dataDir + `/c "p"`,
				"0777 0:0 volumes/v/..data -> " + dataDir,
				"0777 0:0 volumes/v/a -> ..data/a",
				"0777 0:0 volumes/v/b -> ..data/b",
				"0777 0:0 volumes/v/c -> ..data/c",
			}},

		{"a projected volume of nothing still has its ..data (S11.25)", `
spec:
  volumes: [{name: v, projected: {}}]
  containers: [{name: c, volumeMounts: [{name: v, mountPath: /v}]}]`,
			[]string{"1777 0:0 volumes/v/", "0755 0:0 volumes/v/" + dataDir + "/", "0777 0:0 volumes/v/..data -> " + dataDir}},

		{"paths are made plain", `
spec:
  volumes: [{name: v, configMap: {name: cm, items: [{key: one, path: ./sub//one}]}}]
  containers: [{name: c, volumeMounts: [{name: v, mountPath: /v}]}]`,
			[]string{
				"0777 0:0 volumes/v/",
				"0755 0:0 volumes/v/" + dataDir + "/",
				"0755 0:0 volumes/v/" + dataDir + "/sub/",
				"0644 0:0 volumes/v/" + dataDir + `/sub/one "1\n"`,
				"0777 0:0 volumes/v/..data -> " + dataDir,
				"0777 0:0 volumes/v/sub -> ..data/sub",
			}},
		{"mount points inside a configMap are made first (S11.6)", `
spec:
  volumes: [{name: v, configMap: {name: cm, items: [{key: one, path: one}]}}, {name: h, hostPath: {path: /h}}]
  containers: [{name: c, volumeMounts: [{name: h, mountPath: /v/logs/deep}, {name: v, mountPath: /v/}, {name: h, mountPath: /vv}, {name: h, mountPath: v/logs/deep/er}]}]`,
			[]string{
				"0777 0:0 volumes/v/",
				"0755 0:0 volumes/v/logs/",
				"0755 0:0 volumes/v/logs/deep/",
				"0755 0:0 volumes/v/" + dataDir + "/",
				"0644 0:0 volumes/v/" + dataDir + `/one "1\n"`,
				"0777 0:0 volumes/v/..data -> " + dataDir,
				"0777 0:0 volumes/v/one -> ..data/one",
			}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := NewArchive(someTime)
			if err := planOf(t, tt.manifest).Write(a, Empty, someSuffix); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, listing(t, a)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestWhatVolumesHoldIsKept writes for volumes of which some hold something: their files are for Update, and what containers did to the
// root of a volume on disk stays (S11.1).
func TestWhatVolumesHoldIsKept(t *testing.T) {
	plan := planOf(t, `
spec:
  volumes: [{name: disk, emptyDir: {}}, {name: memory, emptyDir: {medium: Memory}}, {name: files, configMap: {name: cm}}, {name: hidden, secret: {secretName: s}}]
  containers: [{name: c, volumeMounts: [{name: disk, mountPath: /d}, {name: memory, mountPath: /m}, {name: files, mountPath: /f}, {name: hidden, mountPath: /s}]}]`)
	for holding, want := range map[State][]string{
		Begun: {"0777 0:0 volumes/disk/", "1777 0:0 volumes/memory/", "0777 0:0 volumes/files/", "1777 0:0 volumes/hidden/"},
		Used:  {"1777 0:0 volumes/memory/", "1777 0:0 volumes/hidden/"},
	} {
		a := NewArchive(someTime)
		if err := plan.Write(a, holding, someSuffix); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, listing(t, a)); diff != "" {
			t.Errorf("%v: %s", holding, diff)
		}
	}
}

func TestFilesThatCannotLieTogetherAreAMountError(t *testing.T) {
	tests := []struct{ name, manifest, want string }{
		{"a file below a file", `
spec:
  volumes: [{name: v, configMap: {name: cm, items: [{key: one, path: a}, {key: one, path: a/b}]}}]
  containers: [{name: c, volumeMounts: [{name: v, mountPath: /v}]}]`,
			`MountVolume.SetUp failed for volume "v" : mkdir a: not a directory`},
		{"a mount point where a file is", `
spec:
  volumes: [{name: v, configMap: {name: cm}}, {name: e, emptyDir: {}}]
  containers: [{name: c, volumeMounts: [{name: v, mountPath: /v}, {name: e, mountPath: /v/one}]}]`,
			`MountVolume.SetUp failed for volume "v" : symlink ..data/one one: file exists`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := planOf(t, tt.manifest).Write(NewArchive(someTime), Empty, someSuffix)
			var failed *MountError
			if !errors.As(err, &failed) || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestMetaHoldsWhatContainersSeeAndWhatPodsimRemembers(t *testing.T) {
	a := NewArchive(someTime)
	meta := Meta{
		Hosts:           []byte("h"),
		ResolvConf:      []byte("r"),
		Hostname:        []byte("n"),
		TerminationLogs: []string{TerminationLog("a", 0), TerminationLog("b", 3)},
		Files:           map[string][]byte{"pod.json": []byte("{}")},
		Secrets:         map[string][]byte{"secret-s.json": []byte("{}")},
	}
	if err := meta.Write(a); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"0700 0:0 meta/",
		`0644 0:0 meta/hostname "n"`,
		`0644 0:0 meta/hosts "h"`,
		`0644 0:0 meta/resolv.conf "r"`,
		"0755 0:0 meta/term/",
		"0755 0:0 meta/term/a/",
		`0666 0:0 meta/term/a/0 ""`,
		"0755 0:0 meta/term/b/",
		`0666 0:0 meta/term/b/3 ""`,
		`0600 0:0 meta/pod.json "{}"`,
		"0700 0:0 secrets/",
		`0600 0:0 secrets/secret-s.json "{}"`,
	}
	if diff := cmp.Diff(want, listing(t, a)); diff != "" {
		t.Error(diff)
	}
}

func TestMetaWritesOnlyWhatChanges(t *testing.T) {
	a := NewArchive(someTime)
	if err := (Meta{TerminationLogs: []string{TerminationLog("a", 1)}}).Write(a); err != nil {
		t.Fatal(err)
	}
	want := []string{"0700 0:0 meta/", "0755 0:0 meta/term/", "0755 0:0 meta/term/a/", `0666 0:0 meta/term/a/1 ""`}
	if diff := cmp.Diff(want, listing(t, a)); diff != "" {
		t.Error(diff)
	}
}
