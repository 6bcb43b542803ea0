package runtime

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	dockercontainer "github.com/docker/docker/api/types/container"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/runtime/status"
)

// Links in a volume never lead out of it, whatever the container that made them had in mind (S9.22).
func TestAFileOfAVolumeIsReadFromWithinIt(t *testing.T) {
	files := map[string]string{ // the content, "dir", "fifo", or "-> " and what a link leads to
		"/secret":             "what lies beside the volume",
		"/v":                  "dir",
		"/v/file":             "content",
		"/v/dir":              "dir",
		"/v/dir/file":         "deep content",
		"/v/dir/up":           "-> ../file",
		"/v/secret":           "the volume's own",
		"/v/relative":         "-> dir/file",
		"/v/absolute":         "-> /dir/file",
		"/v/to-dir":           "-> dir",
		"/v/out":              "-> ../../../secret",
		"/v/out-by-its-name":  "-> /secret",
		"/v/link-to-link":     "-> to-dir/up",
		"/v/circle":           "-> circle",
		"/v/fifo":             "fifo",
		"/v/large":            strings.Repeat("x", maxVolumeFile+1),
		"/v/link-to-nowhere":  "-> none",
		"/v/link-to-fifo":     "-> fifo",
		"/v/..2026_11/a.conf": "in a data directory",
		"/v/..2026_11":        "dir",
		"/v/..data":           "-> ..2026_11",
		"/v/a.conf":           "-> ..data/a.conf",
	}
	look := func(at string) (*tar.Header, []byte, error) {
		content, ok := files[at]
		if !ok {
			return nil, nil, fmt.Errorf("no %s", at)
		}
		switch target, isLink := strings.CutPrefix(content, "-> "); {
		case isLink:
			return &tar.Header{Typeflag: tar.TypeSymlink, Linkname: target}, nil, nil
		case content == "dir":
			return &tar.Header{Typeflag: tar.TypeDir}, nil, nil
		case content == "fifo":
			return &tar.Header{Typeflag: tar.TypeFifo}, nil, nil
		}
		return &tar.Header{Typeflag: tar.TypeReg, Size: int64(len(content))}, []byte(content), nil
	}
	cases := []struct{ name, path, want, wantErr string }{
		{"a file", "file", "content", ""},
		{"a file in a directory", "dir/file", "deep content", ""},
		{"a path that is not clean", "./dir//file", "deep content", ""},
		{"a path that goes up and down", "dir/../file", "content", ""},
		{"a path that goes up", "../secret", "the volume's own", ""},
		{"a link", "relative", "deep content", ""},
		{"a link from the root, which is the volume's", "absolute", "deep content", ""},
		{"a link on the way", "to-dir/file", "deep content", ""},
		{"a link that goes up", "dir/up", "content", ""},
		{"a link through links", "link-to-link", "content", ""},
		{"a link that leads out", "out", "the volume's own", ""},
		{"a link that leads out by its name", "out-by-its-name", "the volume's own", ""},
		{"a file of a volume that is written atomically", "a.conf", "in a data directory", ""},
		{"nothing", "none", "", "reading /none: no /v/none"},
		{"a link to nothing", "link-to-nowhere", "", "reading /none: no /v/none"},
		{"a directory", "dir", "", "reading dir: it is a directory"},
		{"the volume", ".", "", "reading .: it is a directory"},
		{"a pipe", "fifo", "", "reading fifo: /fifo is not a regular file or a directory on the way to one"},
		{"a link to a pipe", "link-to-fifo", "", "reading link-to-fifo: /fifo is not a regular file or a directory on the way to one"},
		{"a file below a file", "file/file", "", "reading file/file: /file is not a regular file or a directory on the way to one"},
		{"a link to itself", "circle", "", "reading circle: too many levels of symbolic links"},
		{"a file that is too large", "large", "", "reading large: it has 1048577 bytes, more than 1048576"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := readBelow("/v", c.path, look)
			gotErr := ""
			if err != nil {
				gotErr = err.Error()
			}
			if string(got) != c.want || gotErr != c.wantErr {
				t.Errorf("got %.40q, %q", got, gotErr)
			}
		})
	}
}

// writeToVolume does what a container does that writes a file into a volume of its pod.
func (w *world) writeToVolume(volume, name, content string) {
	w.Helper()
	var archive bytes.Buffer
	out := tar.NewWriter(&archive)
	if err := out.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(content))}); err != nil {
		w.Fatal(err)
	}
	if _, err := io.WriteString(out, content); err != nil {
		w.Fatal(err)
	}
	if err := out.Close(); err != nil {
		w.Fatal(err)
	}
	sandbox := w.sandboxes()[0]
	if err := w.node.engine.CopyToContainer(w.Context(), sandbox, network.VolumesDir+"/"+volume, &archive, dockercontainer.CopyToContainerOptions{}); err != nil {
		w.Fatal(err)
	}
}

// A container whose variable comes from a file waits for the file, and has at each start what the file says then (S9.9, S9.22).
func TestAVariableComesFromAFile(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Script("init", runFor(5*time.Second, 0))
		w.machine.Script("main", runFor(30*time.Second, 0))
		w.create(`
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  volumes: [{name: shared, emptyDir: {}}]
  initContainers:
  - {name: init, image: "busybox:1.36", volumeMounts: [{name: shared, mountPath: /shared}]}
  containers:
  - name: main
    image: busybox:1.36
    args: ["$(COLOUR)"]
    env:
    - {name: COLOUR, valueFrom: {fileKeyRef: {volumeName: shared, path: app.env, key: COLOUR}}}
    - {name: SIZE, valueFrom: {fileKeyRef: {volumeName: shared, path: app.env, key: SIZE, optional: true}}}
`)
		waits := func(want string) {
			t.Helper()
			got := status.Container(w.pod("p"), "main").State.Waiting
			if got == nil || got.Reason != "CreateContainerConfigError" || got.Message != want {
				t.Errorf("it is shown as %+v, want %s", got, want)
			}
		}
		has := func(id, want string) {
			t.Helper()
			seen, err := w.node.engine.ContainerInspect(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			own := slices.DeleteFunc(seen.Config.Env, func(v string) bool { return strings.HasPrefix(v, "KUBERNETES_") })
			if got := strings.Join(append(own, seen.Config.Cmd...), " "); got != want {
				t.Errorf("the container has %q, want %q", got, want)
			}
		}
		time.Sleep(6 * time.Second) // the init container, which wrote nothing, has ended
		waits("couldn't parse env file")
		w.wantEvent("p", "Warning Failed spec.containers{main}: Error: couldn't parse env file")
		w.writeToVolume("shared", "app.env", "COLOUR = 'green'\n")
		time.Sleep(10 * time.Second)
		waits("couldn't parse env file")
		w.writeToVolume("shared", "app.env", "SIZE='large'\n")
		time.Sleep(10 * time.Second)
		waits(fmt.Sprintf("environment variable key \"COLOUR\" not found in file \"/var/lib/kubelet/pods/%s/volumes/kubernetes.io~empty-dir/shared/app.env\"", w.pod("p").UID))
		w.writeToVolume("shared", "app.env", "COLOUR='green'\n")
		time.Sleep(10 * time.Second)
		first := status.Container(w.pod("p"), "main")
		if first.State.Running == nil {
			t.Fatalf("with the file it is %+v", first.State)
		}
		has(instanceID(first.ContainerID), "COLOUR=green green")
		w.writeToVolume("shared", "app.env", "SIZE='small' # and\nCOLOUR='red'\n")
		w.await("p", "restarted", func(pod *corev1.Pod) bool {
			s := status.Container(pod, "main")
			return s.RestartCount == 1 && s.State.Running != nil
		})
		has(instanceID(status.Container(w.pod("p"), "main").ContainerID), "COLOUR=red SIZE=small red")
		w.delete("p", 0)
		w.awaitGone("p")
		w.wantNothingLeft()
	})
}
