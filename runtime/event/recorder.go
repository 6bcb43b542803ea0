// Package event records what happens to pods as Kubernetes events, merged as client-go's recorder merges them (S15).
package event

import (
	"fmt"
	"log/slog"
	"math"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"

	"github.com/podsim/podsim/podspec"
)

// Sink keeps events.
type Sink interface {
	// Create stores a new event.
	Create(*corev1.Event) error
	// Replace stores an event whose count grew, or creates it again if it is gone.
	Replace(*corev1.Event) error
}

// Recorder records events of pods. It is safe for concurrent use.
type Recorder struct {
	sink       Sink
	node       string
	clock      clock.PassiveClock
	correlator *correlator
	faults     *correlator // of events about what was done on purpose: every one counts, and none keeps back another
	log        *slog.Logger

	mu   sync.Mutex
	last int64 // the moment that the newest event is named after, in ns
}

// NewRecorder returns a recorder for the events of one node.
func NewRecorder(sink Sink, node string, clock clock.PassiveClock, log *slog.Logger) *Recorder {
	return &Recorder{sink: sink, node: node, clock: clock, log: log,
		correlator: newCorrelator(clock, maxSimilar, burst), faults: newCorrelator(clock, math.MaxInt32, math.MaxInt32)}
}

// Pod records an event of the whole pod.
func (r *Recorder) Pod(pod *corev1.Pod, eventType, reason, format string, args ...any) {
	r.record(pod, "", corev1.EventSource{Component: "kubelet", Host: r.node}, eventType, reason, fmt.Sprintf(format, args...))
}

// Container records an event of one container; its field path names the list and the container.
func (r *Recorder) Container(pod *corev1.Pod, name, eventType, reason, format string, args ...any) {
	r.record(pod, fieldPath(pod, name), corev1.EventSource{Component: "kubelet", Host: r.node}, eventType, reason, fmt.Sprintf(format, args...))
}

// faultComponent is the source of events about faults.
const faultComponent = "podsim-fault"

// Fault records an event about a fault that was done to the pod on purpose; container is the one that it is about, or "".
func (r *Recorder) Fault(pod *corev1.Pod, container, eventType, reason, format string, args ...any) {
	path := ""
	if container != "" {
		path = fieldPath(pod, container)
	}
	r.record(pod, path, corev1.EventSource{Component: faultComponent, Host: r.node}, eventType, reason, fmt.Sprintf(format, args...))
}

// Scheduled records that the pod was given to the node, in the scheduler's name.
func (r *Recorder) Scheduled(pod *corev1.Pod) {
	r.record(pod, "", corev1.EventSource{Component: "default-scheduler"}, corev1.EventTypeNormal, "Scheduled",
		fmt.Sprintf("Successfully assigned %s/%s to %s", pod.Namespace, pod.Name, r.node))
}

// About records an event of any object, in the name of a component of the control plane.
func (r *Recorder) About(object corev1.ObjectReference, component, eventType, reason, format string, args ...any) {
	r.recordAbout(object, corev1.EventSource{Component: component}, eventType, reason, fmt.Sprintf(format, args...))
}

func fieldPath(pod *corev1.Pod, name string) string {
	list := "containers"
	switch _, kind := podspec.FindContainer(pod, name); kind {
	case podspec.Init:
		list = "initContainers"
	case podspec.Ephemeral:
		list = "ephemeralContainers"
	}
	return "spec." + list + "{" + name + "}"
}

// moment makes the time of an event one that no other event has: their names hold it, and clocks are coarser than events are fast.
func (r *Recorder) moment(now int64) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = max(now, r.last+1)
	return r.last
}

func (r *Recorder) record(pod *corev1.Pod, path string, source corev1.EventSource, eventType, reason, message string) {
	r.recordAbout(corev1.ObjectReference{
		Kind: "Pod", APIVersion: "v1", Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID,
		ResourceVersion: pod.ResourceVersion, FieldPath: path,
	}, source, eventType, reason, message)
}

func (r *Recorder) recordAbout(object corev1.ObjectReference, source corev1.EventSource, eventType, reason, message string) {
	now := r.clock.Now()
	moment := r.moment(now.UnixNano())
	seconds := metav1.NewTime(now.Truncate(time.Second)) // all that an API shows of a time
	e := &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{
			Name:              fmt.Sprintf("%s.%x", object.Name, moment),
			Namespace:         object.Namespace,
			CreationTimestamp: seconds,
		},
		InvolvedObject:      object,
		Source:              source,
		ReportingController: source.Component,
		ReportingInstance:   source.Host,
		Type:                eventType,
		Reason:              reason,
		Message:             message,
		FirstTimestamp:      seconds,
		LastTimestamp:       seconds,
		Count:               1,
	}
	correlator := r.correlator
	if source.Component == faultComponent {
		correlator = r.faults
	}
	merged, keep := correlator.correlate(e)
	if !keep {
		return
	}
	var err error
	if merged.Count > 1 {
		err = r.sink.Replace(merged)
	} else {
		err = r.sink.Create(merged)
	}
	if err != nil {
		r.log.Error("storing an event", "event", merged.Name, "error", err)
	}
}
