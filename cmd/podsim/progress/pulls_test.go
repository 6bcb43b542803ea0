package progress

import (
	"bytes"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/runtime"
)

func pullEvent(container, reason, message string) *corev1.Event {
	e := &corev1.Event{Type: "Normal", Reason: reason, Message: message}
	e.InvolvedObject.FieldPath = "spec.containers{" + container + "}"
	return e
}

// pullingPod has an init container with an image that is there, and a main whose image is being pulled.
func pullingPod() *corev1.Pod {
	p := pod("web", corev1.ContainerStatus{State: exited(0, "")}, corev1.ContainerStatus{State: waiting("PodInitializing", "")})
	p.Spec.InitContainers[0].Image, p.Spec.Containers[0].Image = "busybox:1.36", "example.com/app:1"
	return p
}

func TestPlainTellsWhenAPullBeginsAndEnds(t *testing.T) {
	var changes bytes.Buffer
	p := pullingPod()
	d := NewPlain(&bytes.Buffer{}, &changes, NewLabels([]*corev1.Pod{p}, false))
	d.Event(p, pullEvent("init", "Pulled", `Container image "busybox:1.36" already present on machine and can be accessed by the pod`))
	d.Event(p, pullEvent("init", "Created", "Container created"))
	d.Event(p, pullEvent("app", "Pulling", `Pulling image "example.com/app:1"`))
	d.Pull(runtime.PullProgress{Image: "example.com/app:1", Layers: 3, Share: 0.5})
	d.Event(p, pullEvent("app", "Pulled", `Successfully pulled image "example.com/app:1" in 3s (3s including waiting). Image size: 4261550 bytes.`))
	d.Close()
	const want = `pod/web: app: Pulling image "example.com/app:1"
pod/web: app: Successfully pulled image "example.com/app:1" in 3s (3s including waiting). Image size: 4261550 bytes.
`
	if changes.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", &changes, want)
	}
}

func TestLiveShowsABarWhileAnImageIsPulled(t *testing.T) {
	var out bytes.Buffer
	p := pullingPod()
	d := NewLive(&out, func() int { return 90 }, []*corev1.Pod{p}, NewLabels([]*corev1.Pod{p}, false))
	for _, step := range []struct {
		does func()
		want string
	}{
		{func() { d.Pod(p) }, "waiting"},
		{func() { d.Event(p, pullEvent("app", "Pulling", `Pulling image "example.com/app:1"`)) }, "pulling example.com/app:1"},
		{func() {
			d.Pull(runtime.PullProgress{Image: "example.com/app:1", Layers: 3, Present: 1, Share: 1.0 / 3})
		},
			"pulling [======>             ] 1/3 layers of example.com/app:1"},
		{func() {
			d.Pull(runtime.PullProgress{Image: "example.com/app:1", Layers: 3, Present: 2, Bytes: 12_300_000, Total: 15_000_000, Share: 0.94})
		}, "pulling [==================> ] 2/3 layers, 12.3MB/15MB of example.com/app:1"},
		{func() { d.Pull(runtime.PullProgress{Image: "example.com/app:1", Layers: 3, Present: 3, Share: 1}) },
			"pulling [====================] 3/3 layers of example.com/app:1"},
		{func() { d.Pull(runtime.PullProgress{Image: "example.com/app:1", Ended: true}) }, "pulling example.com/app:1"},
		{func() { d.Event(p, pullEvent("app", "Pulled", `Successfully pulled image "example.com/app:1" in 3s`)) }, "waiting"},
		{func() { d.Pod(pod("web", corev1.ContainerStatus{}, corev1.ContainerStatus{State: running()})) }, "running"},
	} {
		step.does()
		d.Flush()
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		if got := lines[len(lines)-1]; got != "  app  "+step.want {
			t.Errorf("got %q, want %q", got, step.want)
		}
	}
	if strings.Contains(out.String(), "Successfully") {
		t.Errorf("a pull gets no line of its own:\n%s", &out)
	}
}
