package progress

import (
	"bytes"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func waiting(reason, message string) corev1.ContainerState {
	return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}
}

func exited(code int32, reason string) corev1.ContainerState {
	return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: code, Reason: reason}}
}

func running() corev1.ContainerState {
	return corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
}

func TestAContainerInAFewWords(t *testing.T) {
	startError := exited(128, "StartError")
	startError.Terminated.Message = "exec: \"nope\": not found\nmore"
	for _, c := range []struct {
		want   string
		status corev1.ContainerStatus
	}{
		{"waiting", corev1.ContainerStatus{}},
		{"waiting", corev1.ContainerStatus{State: waiting("ContainerCreating", "")}},
		{"waiting", corev1.ContainerStatus{State: waiting("PodInitializing", "")}},
		{"waiting (ErrImagePull: no such image)", corev1.ContainerStatus{State: waiting("ErrImagePull", "no such image\ndetails")}},
		{"running", corev1.ContainerStatus{State: running()}},
		{"ready", corev1.ContainerStatus{State: running(), Ready: true}},
		{"exited 0", corev1.ContainerStatus{State: exited(0, "Completed")}},
		{"exited 3", corev1.ContainerStatus{State: exited(3, "Error")}},
		{"exited 137 (OOMKilled)", corev1.ContainerStatus{State: exited(137, "OOMKilled")}},
		{"exited 128 (StartError: exec: \"nope\": not found)", corev1.ContainerStatus{State: startError}},
		{"ready, restarted once, last exited 1", corev1.ContainerStatus{State: running(), Ready: true, RestartCount: 1, LastTerminationState: exited(1, "Error")}},
		{"waiting (CrashLoopBackOff), restarted 3 times, last exited 0", corev1.ContainerStatus{State: waiting("CrashLoopBackOff", "back-off 40s restarting"), RestartCount: 3, LastTerminationState: exited(0, "Completed")}},
		{"exited 2, restarted 2 times", corev1.ContainerStatus{State: exited(2, "Error"), RestartCount: 2, LastTerminationState: exited(2, "Error")}},
	} {
		if got := containerText(&corev1.Pod{}, &c.status); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestARunningContainerSaysWhatItsProbesCameTo(t *testing.T) {
	always, yes, no := corev1.ContainerRestartPolicyAlways, true, false
	p := &corev1.Pod{}
	p.Spec.InitContainers = []corev1.Container{{Name: "init"}, {Name: "sidecar", RestartPolicy: &always}}
	p.Spec.Containers = []corev1.Container{{Name: "app"}}
	p.Spec.EphemeralContainers = []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: "look"}}}
	for _, c := range []struct {
		container string
		started   *bool
		ready     bool
		want      string
	}{
		{"app", &no, false, "running, not started"},
		{"app", &yes, false, "running, not ready"},
		{"app", &yes, true, "ready"},
		{"sidecar", &no, false, "running, not started"},
		{"sidecar", &yes, false, "running, not ready"},
		{"init", &yes, false, "running"},
		{"look", nil, false, "running"},
		{"look", &yes, false, "running"},
	} {
		status := corev1.ContainerStatus{Name: c.container, State: running(), Started: c.started, Ready: c.ready}
		if got := containerText(p, &status); got != c.want {
			t.Errorf("%s: %q, want %q", c.container, got, c.want)
		}
	}
}

func TestEphemeralContainersAreToldOf(t *testing.T) {
	p := pod("web", corev1.ContainerStatus{State: exited(0, "")}, corev1.ContainerStatus{State: running(), Ready: true})
	for name, make := range map[string]func(*bytes.Buffer) Display{
		"plain": func(out *bytes.Buffer) Display { return NewPlain(out, out, NewLabels([]*corev1.Pod{p}, false)) },
		"live": func(out *bytes.Buffer) Display {
			return NewLive(out, func() int { return 80 }, []*corev1.Pod{p}, NewLabels([]*corev1.Pod{p}, false))
		},
	} {
		var out bytes.Buffer
		d := make(&out)
		for _, state := range []corev1.ContainerState{waiting("ContainerCreating", ""), running(), running(), exited(0, "Completed")} {
			p := p.DeepCopy()
			p.Status.EphemeralContainerStatuses = []corev1.ContainerStatus{{Name: "look", State: state}}
			d.Pod(p)
			d.Flush()
		}
		var told []string
		for line := range strings.Lines(out.String()) {
			if _, text, found := strings.Cut(line, "pod/web: look "); found {
				told = append(told, strings.TrimSpace(text))
			}
		}
		if got := strings.Join(told, ", "); got != "running, exited 0" {
			t.Errorf("%s tells of %q:\n%s", name, got, &out)
		}
	}
}

func TestWarningsAreOneLine(t *testing.T) {
	e := &corev1.Event{Type: "Warning", Reason: "Unhealthy", Message: "Readiness probe failed: cat: can't open '/tmp/ready'\nmore\n"}
	e.InvolvedObject.FieldPath = "spec.containers{app}"
	if got, want := eventText(e), "app: Warning Unhealthy: Readiness probe failed: cat: can't open '/tmp/ready'"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// pod has an init container and one main of the given statuses.
func pod(name string, init, app corev1.ContainerStatus) *corev1.Pod {
	init.Name, app.Name = "init", "app"
	p := &corev1.Pod{}
	p.Name, p.UID = name, "uid-1"
	p.Spec.InitContainers = []corev1.Container{{Name: "init"}}
	p.Spec.Containers = []corev1.Container{{Name: "app"}}
	p.Status.InitContainerStatuses = []corev1.ContainerStatus{init}
	p.Status.ContainerStatuses = []corev1.ContainerStatus{app}
	return p
}

// show is a short life of a pod, as every display is asked to show it.
func show(d Display) {
	idle := corev1.ContainerStatus{State: waiting("PodInitializing", "")}
	done := corev1.ContainerStatus{State: exited(0, "Completed"), Ready: true}
	p := pod("web", corev1.ContainerStatus{State: running()}, idle)
	d.Note(p, "created")
	d.Pod(p)
	d.Flush()
	d.Log(p, "init", []byte("hello"))
	d.Pod(p)
	d.Flush()
	p = pod("web", done, corev1.ContainerStatus{State: running(), Ready: true})
	d.Pod(p)
	d.Flush()
	event := &corev1.Event{Type: "Warning", Reason: "BackOff", Message: "Back-off restarting failed container"}
	event.InvolvedObject.FieldPath = "spec.containers{app}"
	d.Event(p, event)
	p = pod("web", done, corev1.ContainerStatus{State: exited(0, "Completed")})
	p.Status.Phase = corev1.PodSucceeded
	d.Pod(p)
	d.Close()
}

func TestPlainPrintsOneLineAChange(t *testing.T) {
	var logs, changes bytes.Buffer
	p := pod("web", corev1.ContainerStatus{}, corev1.ContainerStatus{})
	show(NewPlain(&logs, &changes, NewLabels([]*corev1.Pod{p}, false)))
	const wantChanges = `pod/web: created
pod/web: init running
pod/web: init exited 0
pod/web: app ready
pod/web: app: Warning BackOff: Back-off restarting failed container
pod/web: app exited 0
pod/web: Succeeded
`
	if changes.String() != wantChanges {
		t.Errorf("changes:\n%s\nwant:\n%s", &changes, wantChanges)
	}
	if want := "init | hello\n"; logs.String() != want {
		t.Errorf("logs: %q, want %q", &logs, want)
	}
}

func TestLiveRewritesItsBlockBelowTheLogs(t *testing.T) {
	var out bytes.Buffer
	p := pod("web", corev1.ContainerStatus{}, corev1.ContainerStatus{})
	show(NewLive(&out, func() int { return 80 }, []*corev1.Pod{p}, NewLabels([]*corev1.Pod{p}, false)))
	const up = "\x1b[2A\r\x1b[J"
	want := "pod/web: created\n" +
		"  init running\n  app  waiting\n" +
		up + "init | hello\n" +
		"  init running\n  app  waiting\n" +
		up +
		"  init exited 0\n  app  ready\n" +
		up + "pod/web: app: Warning BackOff: Back-off restarting failed container\npod/web: Succeeded\n" +
		"  init exited 0\n  app  exited 0\n"
	if out.String() != want {
		t.Errorf("got:\n%q\nwant:\n%q", out.String(), want)
	}
}

func TestLiveCutsLinesToTheTerminal(t *testing.T) {
	var out bytes.Buffer
	p := pod("web", corev1.ContainerStatus{State: exited(0, "")}, corev1.ContainerStatus{State: waiting("ErrImagePull", "a long story about the image")})
	d := NewLive(&out, func() int { return 24 }, []*corev1.Pod{p}, NewLabels([]*corev1.Pod{p}, false))
	d.Flush()
	for line := range strings.Lines(out.String()) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 24 {
			t.Errorf("%d columns: %q", n, line)
		}
	}
	if !strings.Contains(out.String(), "  app  waiting (ErrImag…\n") {
		t.Errorf("got %q", out.String())
	}
}

func TestLabelsNameThePodOnlyWhereThereAreSeveral(t *testing.T) {
	one := pod("web", corev1.ContainerStatus{}, corev1.ContainerStatus{})
	other := pod("db", corev1.ContainerStatus{}, corev1.ContainerStatus{})
	if got := NewLabels([]*corev1.Pod{one}, false).Padded(one, "app"); got != "app " {
		t.Errorf("one pod: %q", got)
	}
	several := NewLabels([]*corev1.Pod{one, other}, false)
	if got := several.Padded(other, "app"); got != "db/app  " {
		t.Errorf("two pods: %q", got)
	}
}

func TestColoursAreStableAndDiffer(t *testing.T) {
	p := pod("web", corev1.ContainerStatus{}, corev1.ContainerStatus{})
	first, second := NewLabels([]*corev1.Pod{p}, true), NewLabels([]*corev1.Pod{p}, true)
	if first.Padded(p, "app") != second.Padded(p, "app") {
		t.Error("the colour changed from run to run")
	}
	if got, want := first.Padded(p, "init"), "\x1b[36minit\x1b[0m"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := first.Padded(p, "app"), "\x1b[33mapp \x1b[0m"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAPodThatEndsSaysWhy(t *testing.T) {
	p := &corev1.Pod{}
	p.Status.Phase = corev1.PodRunning
	if got := podText(p); got != "" {
		t.Errorf("running: %q", got)
	}
	now := metav1.Now()
	p.DeletionTimestamp = &now
	if got := podText(p); got != "terminating" {
		t.Errorf("deleted: %q", got)
	}
	p.Status = corev1.PodStatus{Phase: corev1.PodFailed, Reason: "DeadlineExceeded", Message: "Pod was active on the node longer than the specified deadline"}
	if got, want := podText(p), "Failed (DeadlineExceeded: Pod was active on the node longer than the specified deadline)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
