package event

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	testingclock "k8s.io/utils/clock/testing"
)

// sink keeps events by name, as a store does.
type sink struct {
	names  []string
	events map[string]*corev1.Event
}

func (s *sink) Create(e *corev1.Event) error {
	if s.events[e.Name] != nil {
		return errors.New("the name is taken")
	}
	s.names = append(s.names, e.Name)
	return s.Replace(e)
}

func (s *sink) Replace(e *corev1.Event) error {
	s.events[e.Name] = e.DeepCopy()
	return nil
}

// lines are the events in the order in which they first came.
func (s *sink) lines() []string {
	var lines []string
	for _, name := range s.names {
		e := s.events[name]
		lines = append(lines, fmt.Sprintf("%s %s x%d %s: %s", e.Type, e.Reason, e.Count, e.InvolvedObject.FieldPath, e.Message))
	}
	return lines
}

// start is when the clock of a test begins.
var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newTestRecorder() (*Recorder, *sink, *testingclock.FakePassiveClock) {
	kept, clock := &sink{events: map[string]*corev1.Event{}}, testingclock.NewFakePassiveClock(start)
	return NewRecorder(kept, "node-1", clock, slog.New(slog.DiscardHandler)), kept, clock
}

func podWith(init, main string) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "ns", UID: "u", ResourceVersion: "5"}}
	pod.Spec.InitContainers = []corev1.Container{{Name: init}}
	pod.Spec.Containers = []corev1.Container{{Name: main}}
	return pod
}

func TestAnEventNamesItsPodAndContainer(t *testing.T) {
	recorder, kept, _ := newTestRecorder()
	recorder.Container(podWith("a", "m"), "m", corev1.EventTypeNormal, "Started", "Container %s", "started")
	got := kept.events[kept.names[0]]
	want := &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{Name: got.Name, Namespace: "ns", CreationTimestamp: metav1.NewTime(start)},
		InvolvedObject: corev1.ObjectReference{Kind: "Pod", APIVersion: "v1", Namespace: "ns", Name: "p", UID: "u",
			ResourceVersion: "5", FieldPath: "spec.containers{m}"},
		Source:              corev1.EventSource{Component: "kubelet", Host: "node-1"},
		ReportingController: "kubelet", ReportingInstance: "node-1",
		Type: "Normal", Reason: "Started", Message: "Container started", Count: 1,
		FirstTimestamp: metav1.NewTime(start), LastTimestamp: metav1.NewTime(start),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(S15):\n%s", diff)
	}
}

func TestFieldPaths(t *testing.T) {
	recorder, kept, clock := newTestRecorder()
	pod := podWith("a", "m")
	recorder.Pod(pod, corev1.EventTypeNormal, "SandboxChanged", "changed")
	clock.SetTime(start.Add(time.Second))
	recorder.Container(pod, "a", corev1.EventTypeWarning, "BackOff", "waits")
	clock.SetTime(start.Add(2 * time.Second))
	recorder.Container(pod, "m", corev1.EventTypeWarning, "BackOff", "waits")
	want := []string{
		"Normal SandboxChanged x1 : changed",
		"Warning BackOff x1 spec.initContainers{a}: waits",
		"Warning BackOff x1 spec.containers{m}: waits",
	}
	if diff := cmp.Diff(want, kept.lines()); diff != "" {
		t.Errorf("an event of one container is not merged with another's (S15):\n%s", diff)
	}
}

func TestTheSchedulersEvent(t *testing.T) {
	recorder, kept, _ := newTestRecorder()
	recorder.Scheduled(podWith("a", "m"))
	if diff := cmp.Diff([]string{"Normal Scheduled x1 : Successfully assigned ns/p to node-1"}, kept.lines()); diff != "" {
		t.Error(diff)
	}
	if got := kept.events[kept.names[0]].Source; got != (corev1.EventSource{Component: "default-scheduler"}) {
		t.Errorf("its source is %v (S15)", got)
	}
}

func TestRepeatsAreMerged(t *testing.T) {
	recorder, kept, clock := newTestRecorder()
	pod := podWith("a", "m")
	for i := range 3 {
		clock.SetTime(start.Add(time.Duration(i) * time.Minute))
		recorder.Container(pod, "m", corev1.EventTypeWarning, "BackOff", "Back-off restarting failed container m in pod p")
		pod.ResourceVersion += "0" // the pod changes between them
	}
	want := []string{"Warning BackOff x3 spec.containers{m}: Back-off restarting failed container m in pod p"}
	if diff := cmp.Diff(want, kept.lines()); diff != "" {
		t.Fatalf("(S15.2):\n%s", diff)
	}
	e := kept.events[kept.names[0]]
	if !e.FirstTimestamp.Time.Equal(start) || !e.LastTimestamp.Time.Equal(start.Add(2*time.Minute)) {
		t.Errorf("it reaches from %v to %v (S15.2)", e.FirstTimestamp, e.LastTimestamp)
	}
}

func TestManySimilarMessagesAreAggregated(t *testing.T) {
	recorder, kept, clock := newTestRecorder()
	for i := range 12 {
		clock.SetTime(start.Add(time.Duration(i) * time.Second))
		recorder.Container(podWith("a", "m"), "m", corev1.EventTypeWarning, "Unhealthy", "Startup probe failed: %d", i)
	}
	lines := kept.lines()
	if len(lines) != 10 {
		t.Fatalf("%d events were kept (S15.2):\n%s", len(lines), lines)
	}
	if want := "Warning Unhealthy x3 spec.containers{m}: (combined from similar events): Startup probe failed: 11"; lines[9] != want {
		t.Errorf("the last one is %q, want %q (S15.2)", lines[9], want)
	}
}

func TestABurstOfOneObjectIsCut(t *testing.T) {
	recorder, kept, clock := newTestRecorder()
	for i := range 40 {
		clock.SetTime(start.Add(time.Duration(i) * time.Millisecond))
		recorder.Pod(podWith("a", "m"), corev1.EventTypeNormal, fmt.Sprintf("Reason%d", i), "news")
	}
	if got := len(kept.names); got != 25 {
		t.Errorf("%d events were kept, not 25 (S15.2)", got)
	}
}

func TestFaultsAreAllTold(t *testing.T) {
	r, kept, _ := newTestRecorder()
	pod := podWith("init", "main")
	for i := range 40 {
		r.Fault(pod, "", corev1.EventTypeWarning, "FaultInjected", "fault %d", i%20)
	}
	r.Fault(pod, "main", corev1.EventTypeNormal, "FaultCleared", "the last")
	lines := kept.lines()
	if len(lines) != 21 || lines[19] != "Warning FaultInjected x2 : fault 19" || lines[20] != "Normal FaultCleared x1 spec.containers{main}: the last" {
		t.Errorf("%d events: %q", len(lines), lines)
	}
}

func TestEventsOfOneMomentAreAllKept(t *testing.T) {
	recorder, kept, _ := newTestRecorder()
	pod := podWith("a", "m")
	recorder.Container(pod, "a", corev1.EventTypeNormal, "Killing", "Stopping container a")
	recorder.Container(pod, "m", corev1.EventTypeNormal, "Killing", "Stopping container m")
	want := []string{
		"Normal Killing x1 spec.initContainers{a}: Stopping container a",
		"Normal Killing x1 spec.containers{m}: Stopping container m",
	}
	if diff := cmp.Diff(want, kept.lines()); diff != "" {
		t.Errorf("clocks are coarser than events are fast (S8.12):\n%s", diff)
	}
}
