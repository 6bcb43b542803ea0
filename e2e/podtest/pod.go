package podtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/podstate"
)

// Pod is a pod that Up has brought up.
//
// Its methods come in two forms. The plain one, such as WaitReady, is for the goroutine of the test: it fails the test when something goes
// wrong, and may take as long as Patience says and the test lives. The other, such as WaitReadyContext, takes a context, returns an error
// and may be called from anywhere. Errors tell what has happened to the pod until then, and the last lines of its containers' logs.
type Pod struct {
	t        TB
	space    *space
	name     string
	created  *corev1.Pod
	patience time.Duration
	history  *history
	forwards forwards
}

// newPod is a pod that has just been created. What happens to it is recorded until the test has ended.
func newPod(t TB, s *space, created *corev1.Pod, patience time.Duration) *Pod {
	p := &Pod{t: t, space: s, name: created.Name, created: created, patience: patience, history: newHistory(created, time.Now())}
	recording, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	recorded := make(chan struct{})
	go func() {
		defer close(recorded)
		p.history.record(recording, s.target)
	}()
	t.Cleanup(func() {
		defer func() { <-recorded }()
		defer stop()
		if t.Failed() {
			ctx, cancel := cleaning(t)
			defer cancel()
			t.Logf("podtest: %s", p.reportContext(ctx))
		}
	})
	return p
}

// Name is the pod's name.
func (p *Pod) Name() string { return p.name }

// Namespace is the test's own.
func (p *Pod) Namespace() string { return p.space.namespace }

// Client is the API of the node or the cluster that the pod is on.
func (p *Pod) Client() kubernetes.Interface { return p.space.client }

// Config is how other clients than Client reach that API.
func (p *Pod) Config() *rest.Config { return rest.CopyConfig(p.space.config) }

// Ready is a condition for WaitFor: the pod is ready.
func Ready(pod *corev1.Pod) bool { return podstate.Ready(pod) }

// Ended is a condition for WaitFor: the pod has ended for good, well or not.
func Ended(pod *corev1.Pod) bool { return podstate.Terminal(pod) }

// Succeeded is a condition for WaitFor: all containers of the pod have ended well.
func Succeeded(pod *corev1.Pod) bool { return pod.Status.Phase == corev1.PodSucceeded }

// WaitReady waits until the pod is ready. It does not wait for one that has ended, or that has a container whose image cannot be had for
// its first start. For one that has run it waits: its image was there, and may come back, as when MendFaults ends what FailPulls did.
func (p *Pod) WaitReady() {
	p.t.Helper()
	p.must(p.WaitReadyContext)
}

// WaitReadyContext is WaitReady with a context.
func (p *Pod) WaitReadyContext(ctx context.Context) error {
	return p.wait(ctx, "waiting until it is ready", func(pod *corev1.Pod) (bool, error) {
		if podstate.Ready(pod) {
			return true, nil
		}
		if podstate.Terminal(pod) {
			return false, fmt.Errorf("it has ended: %s", pod.Status.Phase)
		}
		if o, found := podstate.Obstructed(pod); found && o.ImageMissing() {
			return false, fmt.Errorf("container %q: %s: %s", o.Container, o.Reason, o.Message)
		}
		return false, nil
	})
}

// WaitFor waits until the condition holds of the pod as it is seen after a change. The condition must not change the pod.
func (p *Pod) WaitFor(condition func(*corev1.Pod) bool) {
	p.t.Helper()
	p.must(func(ctx context.Context) error { return p.WaitForContext(ctx, condition) })
}

// WaitForContext is WaitFor with a context.
func (p *Pod) WaitForContext(ctx context.Context, condition func(*corev1.Pod) bool) error {
	const doing = "waiting until its condition holds"
	if condition == nil {
		return p.failed(ctx, doing, errors.New("it is nil"))
	}
	return p.wait(ctx, doing, func(pod *corev1.Pod) (bool, error) { return condition(pod), nil })
}

// wait waits until done is true or an error of the pod.
func (p *Pod) wait(ctx context.Context, doing string, done func(*corev1.Pod) (bool, error)) error {
	var reached bool
	var failed error
	err := p.history.each(ctx, func(now sight) bool {
		reached, failed = done(now.pod)
		return reached || failed != nil
	})
	switch {
	case reached:
		return nil
	case failed != nil:
		err = failed
	case err == nil:
		err = errors.New("it is gone")
	}
	return p.failed(ctx, doing, err)
}

// Status is the pod's status now, or its last one if the pod is gone.
func (p *Pod) Status() corev1.PodStatus {
	p.t.Helper()
	return result(p, p.StatusContext)
}

// StatusContext is Status with a context.
func (p *Pod) StatusContext(ctx context.Context) (corev1.PodStatus, error) {
	pod, err := p.get(ctx)
	if err != nil {
		return corev1.PodStatus{}, p.failed(ctx, "asking for its status", err)
	}
	return pod.Status, nil
}

// get is the pod as it is now, or as it was last.
func (p *Pod) get(ctx context.Context) (*corev1.Pod, error) {
	pod, err := p.space.client.CoreV1().Pods(p.space.namespace).Get(ctx, p.name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) || err == nil && pod.UID != p.created.UID {
		return p.history.look().pod, nil
	}
	return pod, err
}

// Events are the events about the pod until now, the oldest first.
func (p *Pod) Events() []corev1.Event {
	p.t.Helper()
	return result(p, p.EventsContext)
}

// EventsContext is Events with a context.
func (p *Pod) EventsContext(ctx context.Context) ([]corev1.Event, error) {
	selector := fields.OneTermEqualSelector("involvedObject.uid", string(p.created.UID)).String()
	list, err := p.space.client.CoreV1().Events(p.space.namespace).List(ctx, metav1.ListOptions{FieldSelector: selector})
	if err != nil {
		return nil, p.failed(ctx, "asking for its events", err)
	}
	return list.Items, nil
}

// Timeline is what has happened to the pod since it was created, a line each: its events, and what became of its containers.
func (p *Pod) Timeline() string { return timeline(p.history.past()) }

// Container is a container of the pod: a main, an init container or an ephemeral one. A name that none has fails the test.
func (p *Pod) Container(name string) *Container {
	p.t.Helper()
	pod := p.history.look().pod
	if c, _ := podspec.FindContainer(pod, name); c == nil {
		var names []string
		for c := range podspec.AllContainers(pod) {
			names = append(names, c.Name)
		}
		p.t.Fatalf("podtest: pod %s has no container %q; it has %s", p.name, name, strings.Join(names, ", "))
	}
	return &Container{pod: p, name: name}
}

// must fails the test if what it does in the pod's time is an error.
func (p *Pod) must(do func(context.Context) error) {
	p.t.Helper()
	ctx, cancel := p.inTime()
	defer cancel()
	if err := do(ctx); err != nil {
		p.stop(err)
	}
}

// result is what get gets in the pod's time; an error fails the test.
func result[T any](p *Pod, get func(context.Context) (T, error)) T {
	p.t.Helper()
	ctx, cancel := p.inTime()
	defer cancel()
	value, err := get(ctx)
	if err != nil {
		p.stop(err)
	}
	return value
}

// inTime is the context of the methods that take none.
func (p *Pod) inTime() (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(p.t.Context(), p.patience, fmt.Errorf("not within %v", p.patience))
}

// stop ends the test: it is skipped if it needs what the target does not have, else it fails.
func (p *Pod) stop(err error) {
	p.t.Helper()
	var needs *NeedsEngineError
	if errors.As(err, &needs) {
		p.t.Skipf("podtest: skipped: %v", err)
	}
	p.t.Fatalf("podtest: %v", err)
}
