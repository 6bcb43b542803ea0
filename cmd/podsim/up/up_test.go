package up

import (
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/podsim/podsim/cmd/podsim/client"
	"github.com/podsim/podsim/cmd/podsim/exit"
	"github.com/podsim/podsim/cmd/podsim/nodeflags"
	"github.com/podsim/podsim/cmd/podsim/progress"
	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/podstate"
)

func TestFlagsThatMakeNoSenseAreRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		o    options
		ok   bool
	}{
		{"nothing to run", options{}, false},
		{"a file", options{inputs: []string{"pod.yaml"}}, true},
		{"a timeout in the foreground", options{inputs: []string{"pod.yaml"}, timeout: time.Second}, false},
		{"a timeout with --wait", options{inputs: []string{"pod.yaml"}, timeout: time.Second, wait: true}, true},
		{"a negative timeout", options{inputs: []string{"pod.yaml"}, timeout: -1, isDetached: true}, false},
		{"a back-off below a second", options{inputs: []string{"pod.yaml"}, node: nodeflags.Options{MaxRestartBackoff: time.Millisecond}}, false},
	} {
		if err := c.o.validate(); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestAdviceIsACommandThatCanBeTyped(t *testing.T) {
	web, db, other := podNamed("web"), podNamed("db"), podNamed("other")
	other.Namespace = "team"
	for _, c := range []struct {
		pods []*corev1.Pod
		want string
	}{
		{[]*corev1.Pod{web}, "podsim down web"},
		{[]*corev1.Pod{web, db}, "podsim down web db"},
		{[]*corev1.Pod{other}, "podsim down -n team other"},
		{[]*corev1.Pod{web, other, db}, "podsim down web db && podsim down -n team other"},
	} {
		if got := advice("down", c.pods...); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// inState is a pod whose only main is in the given state.
func inState(name string, phase corev1.PodPhase, state corev1.ContainerState) *corev1.Pod {
	pod := podNamed(name)
	pod.Status.Phase = phase
	pod.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "app", State: state}}
	return pod
}

func TestVerdictCountsPodsThatFailedByThemselves(t *testing.T) {
	exited := corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 1}}
	ended := inState("ended", corev1.PodFailed, exited)
	now := ended.CreationTimestamp
	ended.DeletionTimestamp = &now
	for _, c := range []struct {
		name string
		pods []*corev1.Pod
		code int
		text string
	}{
		{"all succeeded", []*corev1.Pod{inState("web", corev1.PodSucceeded, exited)}, 0, ""},
		{"one failed", []*corev1.Pod{inState("web", corev1.PodFailed, exited), inState("db", corev1.PodSucceeded, exited)}, 1, "error: pod \"web\" failed\n"},
		{"two failed", []*corev1.Pod{inState("web", corev1.PodFailed, exited), inState("db", corev1.PodFailed, exited)}, 1, "error: pods \"web\", \"db\" failed\n"},
		{"one that was ended by request", []*corev1.Pod{ended}, 0, ""},
		{"one that somebody else deleted", []*corev1.Pod{inState("gone", corev1.PodRunning, exited)}, 1, "error: pod \"gone\" was deleted\n"},
	} {
		r := newRun(&client.Connection{}, progress.Nothing{}, c.pods)
		for _, w := range r.pods {
			r.state(w, w.pod)
			w.gone = w.pod.Name == "gone"
		}
		if code, text := exit.Report(r.verdict(everyPod)); code != c.code || text != c.text {
			t.Errorf("%s: exit %d %q", c.name, code, text)
		}
	}
}

func TestAMissingImageIsNamedWithTheWayOut(t *testing.T) {
	waiting := corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ErrImagePull", Message: "no such host"}}
	r := newRun(&client.Connection{}, progress.Nothing{}, []*corev1.Pod{inState("web", corev1.PodPending, waiting)})
	const want = `pod "web", container "app": image "busybox:1.36" is neither on the engine nor to be had (ErrImagePull: no such host); ` +
		"check its name, or bring it to the engine with docker pull, docker load or docker build"
	if err := r.imageMissing(); err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	stays := want + "; podsim goes on trying, end the pod with podsim down web"
	if err := r.obstructed(podstate.Obstacle.ImageMissing); err == nil || err.Error() != stays {
		t.Errorf("got %v", err)
	}
}

func TestWhatDetachWaitsFor(t *testing.T) {
	running := corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
	initializing := corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "PodInitializing"}}
	noConfig := corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CreateContainerConfigError"}}
	withInit := func() *corev1.Pod {
		pod := inState("web", corev1.PodPending, initializing)
		pod.Spec.InitContainers = []corev1.Container{{Name: "init"}}
		pod.Status.InitContainerStatuses = []corev1.ContainerStatus{{Name: "init", State: running}}
		return pod
	}
	for _, c := range []struct {
		name    string
		pod     *corev1.Pod
		gone    bool
		text    string
		reached bool
	}{
		{"not started", inState("web", corev1.PodPending, initializing), false, "", false},
		{"started", inState("web", corev1.PodRunning, running), false, "started", true},
		{"succeeded", inState("web", corev1.PodSucceeded, running), false, "succeeded", true},
		{"failed", inState("web", corev1.PodFailed, running), false, "failed", true},
		{"deleted meanwhile", inState("web", corev1.PodPending, initializing), true, "deleted", true},
		{"something in the way", inState("web", corev1.PodPending, noConfig), false, "waiting: CreateContainerConfigError", true},
		{"an init container that has just begun", withInit(), false, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRun(&client.Connection{}, progress.Nothing{}, []*corev1.Pod{c.pod})
			r.pods[0].gone = c.gone
			text, reached := (&options{}).starts(t.Context(), r)(r.pods[0])
			if reached != c.reached || reached && text != c.text {
				t.Errorf("got %q %v", text, reached)
			}
		})
	}
}

func TestDetachDoesNotWaitForWhatTakesTheUsersTime(t *testing.T) {
	initializing := inState("web", corev1.PodPending, corev1.ContainerState{})
	initializing.Spec.InitContainers = []corev1.Container{{Name: "init"}}
	initializing.Status.InitContainerStatuses = []corev1.ContainerStatus{{Name: "init", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}}

	hooked := inState("web", corev1.PodPending, corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ContainerCreating"}})
	hooked.Spec.Containers[0].Lifecycle = &corev1.Lifecycle{PostStart: &corev1.LifecycleHandler{}}
	started := &corev1.Event{Reason: "Started", InvolvedObject: corev1.ObjectReference{FieldPath: "spec.containers{app}"}}

	for _, c := range []struct {
		name   string
		pod    *corev1.Pod
		events []*corev1.Event
		want   string
	}{
		{"an init container", initializing, nil, "started, init container init runs"},
		{"a postStart hook", hooked, []*corev1.Event{started}, "started, the postStart hook of container app runs"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				r := newRun(&client.Connection{}, progress.Nothing{}, []*corev1.Pod{c.pod})
				for _, e := range c.events {
					r.event(r.pods[0], e)
				}
				reached := (&options{}).starts(t.Context(), r)
				err := r.until(t.Context(), nil, func() bool { _, done := reached(r.pods[0]); return done })
				if text, _ := reached(r.pods[0]); err != nil || text != c.want {
					t.Errorf("%v, %q", err, text)
				}
				if waited := time.Since(began); waited != startPatience {
					t.Errorf("waited %v", waited)
				}
			})
		})
	}
}

func TestFlagsOfANodeThatRunsAlreadyAreIgnoredAloud(t *testing.T) {
	both := nodeflags.Options{MaxRestartBackoff: time.Second, FeatureGates: podspec.FeatureGates{podspec.EnvFiles: false}}
	for _, c := range []struct {
		name    string
		options nodeflags.Options
		started bool
		want    string
	}{
		{"no flags", nodeflags.Options{}, false, ""},
		{"a node of this command", both, true, ""},
		{"a node of another command", both, false, "Warning: --feature-gates is ignored, because podsim runs already on this engine\n" +
			"Warning: --max-restart-backoff is ignored, because podsim runs already on this engine\n"},
	} {
		streams, _, _, errOut := genericiooptions.NewTestIOStreams()
		(&options{node: c.options, IOStreams: streams}).warnIgnored(&client.Connection{StartedNode: c.started})
		if errOut.String() != c.want {
			t.Errorf("%s: %q", c.name, errOut)
		}
	}
}
