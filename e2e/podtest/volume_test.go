package podtest_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/e2e/podtest"
)

const server = `
apiVersion: v1
kind: ConfigMap
metadata: {name: pages}
data: {index.html: "hello"}
---
apiVersion: v1
kind: Pod
metadata: {name: server}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - name: httpd
    image: busybox:1.36
    command: [sh, -c, "echo $$ > /run/pid; exec httpd -f -p 127.0.0.1:8080 -h /www"]
    ports: [{containerPort: 8080}]
    readinessProbe: {exec: {command: [wget, -qO, /dev/null, "http://127.0.0.1:8080/index.html"]}, periodSeconds: 1}
    volumeMounts: [{name: www, mountPath: /www}, {name: run, mountPath: /run}]
  volumes:
  - {name: www, configMap: {name: pages}}
  - {name: run, emptyDir: {}}
  - {name: spare, emptyDir: {}}
`

func TestFilesOfVolumes(t *testing.T) {
	t.Parallel()
	pod := podtest.Up(t, podtest.YAML(server), podtest.ConfigMap("pages", map[string]string{"two.html": "2"}))
	pod.WaitReady()
	if got := string(pod.ReadFile("www", "index.html")); got != "hello" { // a link to a link
		t.Errorf("index.html: %q", got)
	}
	if got := string(pod.ReadFile("www", "two.html")); got != "2" {
		t.Errorf("two.html: %q", got)
	}
	pod.WriteFile("run", "some/where/note", []byte("written"))
	if got := pod.Container("httpd").Exec("cat", "/run/some/where/note").Stdout; got != "written" {
		t.Errorf("the container reads %q", got)
	}
	var paths []string
	pod.Walk("run", func(path string, info fs.FileInfo) error {
		paths = append(paths, fmt.Sprintf("%s %v", path, info.IsDir()))
		return nil
	})
	slices.Sort(paths)
	if want := "pid false, some true, some/where true, some/where/note false"; strings.Join(paths, ", ") != want {
		t.Errorf("walked through %q, want %s", paths, want)
	}
	if _, err := pod.ReadFileContext(t.Context(), "run", "../../agent"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file outside of the volume: %v", err)
	}
	const volumes = "there is no such volume; the pod has www, run, spare"
	if _, err := pod.ReadFileContext(t.Context(), "ran", "pid"); err == nil || !strings.Contains(err.Error(), volumes) {
		t.Errorf("a volume that is not there: %v", err)
	}
	for what, do := range map[string]func() error{
		"ReadFile":  func() error { _, err := pod.ReadFileContext(t.Context(), "spare", "pid"); return err },
		"WriteFile": func() error { return pod.WriteFileContext(t.Context(), "spare", "pid", nil) },
		"Walk": func() error {
			return pod.WalkContext(t.Context(), "spare", func(string, fs.FileInfo) error { return nil })
		},
		"FillVolume": func() error { return pod.FillVolumeContext(t.Context(), "spare", 1) },
	} {
		if err := do(); err == nil || !strings.Contains(err.Error(), "no container mounts it") || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s in a volume that no container mounts: %v", what, err)
		}
	}
}

// An engine that copies out of a container does nothing else with it until that is done.
func TestAWalkMayReadWhatItVisits(t *testing.T) {
	t.Parallel()
	pod := podtest.Up(t, podtest.YAML(server), podtest.Patience(time.Minute))
	pod.WaitReady()
	const large = 8 << 20 // more than sockets buffer
	for _, name := range []string{"one", "two"} {
		pod.WriteFile("run", name, bytes.Repeat([]byte("."), large))
	}
	sizes := map[string]int{}
	pod.Walk("run", func(path string, _ fs.FileInfo) error {
		content, err := pod.ReadFileContext(t.Context(), "run", path)
		sizes[path] = len(content)
		return err
	})
	if sizes["one"] != large || sizes["two"] != large {
		t.Errorf("read %v", sizes)
	}
}

func TestPortsOfThePodAreInReach(t *testing.T) {
	t.Parallel()
	pod := podtest.Up(t, podtest.YAML(server))
	pod.WaitReady()
	connection := pod.Dial(8080)
	defer connection.Close()
	fmt.Fprint(connection, "GET /index.html HTTP/1.0\r\n\r\n")
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Errorf("got %v, %v", response, err)
	}
	again, err := http.Get("http://" + pod.Forward(8080) + "/index.html")
	if err != nil || again.StatusCode != http.StatusOK {
		t.Errorf("got %v, %v", again, err)
	}
	nobody := pod.Dial(8081)
	defer nobody.Close()
	if n, err := nobody.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("read %d bytes, error %v, where nobody listens", n, err)
	}
	pod.Delete(0)
	for _, port := range []int{8080, 8082} {
		want := fmt.Sprintf("forwarding its port %d: it is gone", port)
		if _, err := pod.DialContext(t.Context(), port); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("port %d of a pod that is gone: %v", port, err)
		}
	}
}

func TestAChangedObjectShowsInThePod(t *testing.T) {
	t.Parallel()
	pod := podtest.Up(t, podtest.YAML(server))
	pod.WaitReady()
	pod.Apply(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "pages"}, Data: map[string]string{"index.html": "changed"}})
	pod.ApplyYAML(`{apiVersion: v1, kind: Pod, metadata: {name: server, labels: {changed: "yes"}}}`)
	pod.WaitFor(func(pod *corev1.Pod) bool { return pod.Labels["changed"] == "yes" })
	done := pod.Container("httpd").Exec("sh", "-c", "until grep -q changed /www/index.html; do sleep 0.1; done")
	if done.Code != 0 {
		t.Errorf("%+v", done)
	}
}
