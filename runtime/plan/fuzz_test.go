package plan_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/manifest"
	"github.com/podsim/podsim/runtime/engine"
	"github.com/podsim/podsim/runtime/instance"
	"github.com/podsim/podsim/runtime/plan"
	"github.com/podsim/podsim/runtime/state"
	"github.com/podsim/podsim/runtime/status"
	"github.com/podsim/podsim/volumes"
)

// Whatever an API server would take, the decisions about it are made without a panic and come to an end: the fuzzer writes the manifest
// and what becomes of its containers.
func FuzzValidateThenPlan(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("..", "..", "podspec", "manifest", "testdata", "streams", "*.yaml"))
	if err != nil || len(files) == 0 {
		f.Fatal("no streams", err)
	}
	examples, err := filepath.Glob(filepath.Join("..", "..", "examples", "*", "*.yaml"))
	if err != nil || len(examples) == 0 {
		f.Fatal("no examples", err)
	}
	for _, file := range append(files, examples...) {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), []byte("\x00\x01\x02\x03\x10\x20\x30\x40\x80\xff"))
	}
	f.Fuzz(func(t *testing.T, text string, fate []byte) {
		watchdog := time.AfterFunc(20*time.Second, func() { panic("this input takes too long") })
		defer watchdog.Stop()
		if len(fate) > 200 {
			t.Skip("longer than any life needs to be")
		}
		contents, err := manifest.Load(context.Background(), []string{"-"}, manifest.Options{Stdin: strings.NewReader(text)})
		if err != nil {
			return
		}
		for i, pod := range contents.Pods {
			if i == 3 {
				break
			}
			pod.UID = "u"
			l := life{T: t, pod: pod, objects: objectsOf(contents), fate: fate, now: time.Unix(1_000_000_000, 0)}
			l.run()
		}
	})
}

// objects are what the pods of a manifest can refer to.
type objects struct {
	configMaps map[string]*corev1.ConfigMap
	secrets    map[string]*corev1.Secret
}

func objectsOf(c *manifest.Contents) objects {
	all := objects{map[string]*corev1.ConfigMap{}, map[string]*corev1.Secret{}}
	for _, o := range c.ConfigMaps {
		all.configMaps[o.Namespace+"/"+o.Name] = o
	}
	for _, o := range c.Secrets {
		all.secrets[o.Namespace+"/"+o.Name] = o
	}
	return all
}

func (o objects) ConfigMap(namespace, name string) (*corev1.ConfigMap, bool) {
	found, ok := o.configMaps[namespace+"/"+name]
	return found, ok
}

func (o objects) Secret(namespace, name string) (*corev1.Secret, bool) {
	found, ok := o.secrets[namespace+"/"+name]
	return found, ok
}

func (o objects) ServiceAccountToken(_ *corev1.Pod, source *corev1.ServiceAccountTokenProjection) (string, error) {
	return "token for " + source.Audience, nil
}

func (o objects) TrustBundles() []*certificatesv1.ClusterTrustBundle { return nil }

// life is a pod's, told by the pure functions alone. Fate says what happens next.
type life struct {
	*testing.T
	pod     *corev1.Pod
	objects objects
	fate    []byte
	now     time.Time
	state   state.Pod
	volumes *volumes.Plan
	ids     int
}

// run makes passes while fate has something to say.
func (l *life) run() {
	podspec.ReferencesOf(l.pod)
	_, _ = podspec.KernelHostname(l.pod)
	plan.Deadline(l.pod)
	l.volumes, _ = volumes.NewPlan(l.pod, volumes.Node{ID: "n", Allocatable: engine.Facts{CPUs: 4, Memory: 1 << 30}.Allocatable()}, l.objects)
	for len(l.fate) > 0 {
		l.pod.Status = status.Generate(status.Input{Pod: l.pod, State: &l.state, Now: l.now})
		if status.Terminal(l.pod.Status.Phase) {
			l.Fatalf("the phase is %s before the end", l.pod.Status.Phase)
		}
		if l.pass() {
			return
		}
		l.live()
	}
}

// next is the next byte of fate, 0 when there is none any more.
func (l *life) next() byte {
	if len(l.fate) == 0 {
		return 0
	}
	b := l.fate[0]
	l.fate = l.fate[1:]
	return b
}

// pass carries out what the plan says, and reports whether that was the end.
func (l *life) pass() (ended bool) {
	todo := plan.Next(plan.Input{Pod: l.pod, State: &l.state, Now: l.now})
	switch {
	case todo.NewSandbox:
		attempt := 0
		if l.state.Sandbox != nil {
			attempt = l.state.Sandbox.Attempt + 1
		}
		l.endAll()
		l.state.Sandbox = &state.Sandbox{ID: l.id(), Attempt: attempt, Ready: true, IPs: []string{"10.0.0.1"}, HostIPs: []string{"10.0.0.2"}}
	case len(todo.RestartAll) > 0:
		for _, c := range todo.RestartAll {
			l.forget(c.Name)
		}
	case todo.KillPod:
		l.endAll()
		in := status.Input{Pod: l.pod, State: &l.state, Now: l.now, Ended: true}
		if status.Complete(in) && !status.Terminal(status.Generate(in).Phase) {
			l.Fatalf("complete, and still %s", status.Generate(in).Phase)
		}
		return true
	}
	for _, kill := range todo.Kills {
		l.end(kill.Container.Name, 137)
	}
	for _, start := range todo.Starts {
		l.start(start)
	}
	if todo.Wake.After(l.now) {
		l.now = todo.Wake
	}
	return false
}

// start makes an instance of what the plan wants started: fate says whether it starts.
func (l *life) start(start plan.Start) {
	c := start.Container
	if found, _ := podspec.FindContainer(l.pod, c.Name); found == nil {
		l.Fatalf("start of %q, which the pod has not", c.Name)
	}
	known := l.state.Container(c.Name)
	if known.Running() {
		l.Fatalf("start of %q, which runs", c.Name)
	}
	known.SetBackOff(c.Image, start.BackOff)
	if err := l.configure(c); err != nil || l.next()%8 == 7 {
		known.StartFailure = &state.StartFailure{Reason: "CreateContainerConfigError", Message: fmt.Sprint(err), At: l.now, Image: c.Image}
		return
	}
	known.StartFailure = nil
	known.Unprobed()
	known.Previous = known.Current
	known.Current = &state.Instance{ID: l.id(), Attempt: known.NextAttempt(), Phase: state.Running, SandboxID: l.state.Sandbox.ID, Image: c.Image, CreatedAt: l.now, StartedAt: l.now}
}

// configure computes what the engine would be asked for.
func (l *life) configure(c *corev1.Container) error {
	facts := podspec.NodeFacts{Name: "n", PodIPs: l.state.Sandbox.IPs, HostIPs: l.state.Sandbox.HostIPs}
	env, err := podspec.Environment(l.pod, c, l.objects, facts)
	if err != nil {
		return err
	}
	for i := range c.VolumeMounts {
		if _, err := podspec.SubPath(&c.VolumeMounts[i], env); err != nil {
			return err
		}
	}
	if l.volumes != nil {
		if _, err := l.volumes.Mounts(c, volumes.MountOptions{APIVersion: "1.45"}); err != nil {
			return err
		}
	}
	command, args := podspec.Command(c, env)
	_, _, err = instance.Config(instance.Input{
		Pod: l.pod, Container: c, SandboxID: l.state.Sandbox.ID, NodeID: "n", NodeMemory: 1 << 30, Env: env, Command: command, Args: args,
	})
	return err
}

// live lets time pass, and containers end or be judged by their probes.
func (l *life) live() {
	l.now = l.now.Add(time.Duration(l.next()) * time.Second)
	for c := range podspec.AllContainers(l.pod) {
		known := l.state.Container(c.Name)
		if !known.Running() {
			continue
		}
		switch fate := l.next(); fate % 8 {
		case 0, 1, 2:
			l.end(c.Name, int(fate%3))
		case 3:
			known.Startup, known.Readiness, known.Liveness = state.Passed, state.Passed, state.Passed
		case 4:
			known.Startup = state.Passed
		case 5:
			known.Liveness = state.Failed
		case 6:
			l.state.Sandbox.Ready = false
		}
	}
}

func (l *life) end(name string, code int) {
	known := l.state.Container(name)
	if !known.Running() {
		l.Fatalf("end of %q, which does not run", name)
	}
	known.Current.Phase, known.Current.FinishedAt, known.Current.ExitCode, known.Current.Reason = state.Exited, l.now, code, "Completed"
	if code != 0 {
		known.Current.Reason = "Error"
	}
}

func (l *life) endAll() {
	for name, known := range l.state.Containers {
		if known.Running() {
			l.end(name, 137)
		}
	}
}

// forget takes a container's instances away, as RestartAllContainers does.
func (l *life) forget(name string) {
	known := l.state.Container(name)
	known.Spent = known.NextAttempt()
	known.Current, known.Previous = nil, nil
}

func (l *life) id() string {
	l.ids++
	return fmt.Sprintf("%064d", l.ids)
}
