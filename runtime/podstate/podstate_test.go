package podstate

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
)

var (
	creating   = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ContainerCreating"}}
	initWait   = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "PodInitializing"}}
	noImage    = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ErrImagePull", Message: "no such image"}}
	noConfig   = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CreateContainerConfigError", Message: `configmap "c" not found`}}
	crashLoop  = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}}
	running    = corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
	terminated = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{}}
)

// pod has the init containers and mains of the given states; an init container whose name starts with "s" is a sidecar.
func pod(inits, mains []corev1.ContainerStatus) *corev1.Pod {
	p := &corev1.Pod{}
	always := corev1.ContainerRestartPolicyAlways
	for _, c := range inits {
		spec := corev1.Container{Name: c.Name}
		if c.Name[0] == 's' {
			spec.RestartPolicy = &always
		}
		p.Spec.InitContainers = append(p.Spec.InitContainers, spec)
	}
	for _, c := range mains {
		p.Spec.Containers = append(p.Spec.Containers, corev1.Container{Name: c.Name})
	}
	p.Status.InitContainerStatuses, p.Status.ContainerStatuses = inits, mains
	return p
}

func of(name string, state corev1.ContainerState) corev1.ContainerStatus {
	return corev1.ContainerStatus{Name: name, State: state}
}

func list(statuses ...corev1.ContainerStatus) []corev1.ContainerStatus { return statuses }

func TestWhatAPodWaitsFor(t *testing.T) {
	yes := true
	startedSidecar := of("sidecar", running)
	startedSidecar.Started = &yes
	restarted := of("app", crashLoop)
	restarted.RestartCount = 1

	noStatus := pod(nil, list(of("app", running)))
	noStatus.Status.ContainerStatuses = nil

	for _, c := range []struct {
		name     string
		pod      *corev1.Pod
		started  bool
		init     string
		obstacle string
	}{
		{"no status yet", noStatus, false, "", ""},
		{"the main is being created", pod(nil, list(of("app", creating))), false, "", ""},
		{"one of two mains runs", pod(nil, list(of("a", running), of("b", creating))), false, "", ""},
		{"both mains run", pod(nil, list(of("a", running), of("b", running))), true, "", ""},
		{"a main that ended has started", pod(nil, list(of("a", terminated), of("b", running))), true, "", ""},
		{"a main in back-off has started", pod(nil, list(restarted)), true, "", ""},
		{"a regular init runs", pod(list(of("init", running)), list(of("app", initWait))), false, "init", ""},
		{"a sidecar that is not started yet runs", pod(list(of("sidecar", running)), list(of("app", initWait))), false, "sidecar", ""},
		{"a started sidecar holds nothing up", pod(list(startedSidecar), list(of("app", initWait))), false, "", ""},
		{"the init after a started sidecar runs", pod(list(startedSidecar, of("init", running)), list(of("app", initWait))), false, "init", ""},
		{"a sidecar beside running mains", pod(list(of("sidecar", running)), list(of("app", running))), true, "", ""},
		{"no image", pod(nil, list(of("app", noImage))), false, "", "app: ErrImagePull: no such image"},
		{"no image for an init", pod(list(of("init", noImage)), list(of("app", initWait))), false, "", "init: ErrImagePull: no such image"},
		{"a missing config map", pod(nil, list(of("app", noConfig))), false, "", `app: CreateContainerConfigError: configmap "c" not found`},
		{"back-off after a run is no obstacle to the first start", pod(nil, list(restarted)), true, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Started(c.pod); got != c.started {
				t.Errorf("started: %v", got)
			}
			if got := RunningInit(c.pod); got != c.init {
				t.Errorf("running init: %q, want %q", got, c.init)
			}
			o, found := Obstructed(c.pod)
			got := ""
			if found {
				got = o.Container + ": " + o.Reason + ": " + o.Message
			}
			if got != c.obstacle {
				t.Errorf("obstacle: %q, want %q", got, c.obstacle)
			}
		})
	}
}

func TestReadyAndTerminalFollowTheStatus(t *testing.T) {
	p := &corev1.Pod{}
	if Ready(p) || Terminal(p) {
		t.Error("an empty pod is ready or terminal")
	}
	p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionFalse}}
	if Ready(p) {
		t.Error("Ready=False is ready")
	}
	p.Status.Conditions[0].Status = corev1.ConditionTrue
	if !Ready(p) {
		t.Error("Ready=True is not ready")
	}
	for phase, want := range map[corev1.PodPhase]bool{corev1.PodPending: false, corev1.PodRunning: false, corev1.PodSucceeded: true, corev1.PodFailed: true} {
		p.Status.Phase = phase
		if Terminal(p) != want {
			t.Errorf("%s: terminal is %v", phase, !want)
		}
	}
}

func TestOnlyImageReasonsAreMissingImages(t *testing.T) {
	for _, c := range []struct {
		reason string
		want   bool
	}{
		{"ErrImagePull", true},
		{"ImagePullBackOff", true},
		{"InvalidImageName", true},
		{"ErrImageNeverPull", true},
		{"CreateContainerConfigError", false},
		{"RunContainerError", false},
	} {
		if got := (Obstacle{Reason: c.reason}).ImageMissing(); got != c.want {
			t.Errorf("%s: got %v", c.reason, got)
		}
	}
}

func TestAPodWithoutASandboxOrAVolumeIsObstructed(t *testing.T) {
	p := pod(nil, list(of("app", creating)))
	for _, refused := range []Obstacle{
		{Reason: "FailedCreatePodSandBox", Message: "the port is taken"},
		{Reason: "FailedMount", Message: "the ConfigMap is missing"},
	} {
		var s Starting
		if _, found := s.Obstructed(p); found {
			t.Error("before any event")
		}
		s.Heed(&corev1.Event{Reason: refused.Reason, Message: refused.Message})
		if got, found := s.Obstructed(p); !found || got != refused {
			t.Errorf("got %+v", got)
		}
		s.Heed(&corev1.Event{Reason: "Pulled"}) // it has got one
		if got, found := s.Obstructed(p); found {
			t.Errorf("got %+v", got)
		}
	}
}

func TestARunningPostStartHookShowsInTheEvents(t *testing.T) {
	p := pod(nil, list(of("app", creating), of("other", creating)))
	p.Spec.Containers[0].Lifecycle = &corev1.Lifecycle{PostStart: &corev1.LifecycleHandler{}}
	event := func(reason, container string) *corev1.Event {
		return &corev1.Event{Reason: reason, InvolvedObject: corev1.ObjectReference{FieldPath: "spec.containers{" + container + "}"}}
	}
	ran := p.DeepCopy()
	ran.Status.ContainerStatuses[0].State = running
	for _, c := range []struct {
		name   string
		pod    *corev1.Pod
		events []*corev1.Event
		want   string
	}{
		{"nothing yet", p, nil, ""},
		{"its image is pulled", p, []*corev1.Event{event("Pulling", "app"), event("Pulled", "app"), event("Created", "app")}, ""},
		{"it was started", p, []*corev1.Event{event("Created", "app"), event("Started", "app")}, "app"},
		{"a probe of a sidecar fails meanwhile", p, []*corev1.Event{event("Started", "app"), event("Unhealthy", "sidecar")}, "app"},
		{"the next one's turn has come", p, []*corev1.Event{event("Started", "app"), event("Pulling", "other")}, ""},
		{"one without a hook was started", p, []*corev1.Event{event("Started", "other")}, ""},
		{"its status shows it", ran, []*corev1.Event{event("Started", "app")}, ""},
	} {
		var s Starting
		for _, e := range c.events {
			s.Heed(e)
		}
		if got := s.RunningHook(c.pod); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
