package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/instance"
	"github.com/podsim/podsim/runtime/plan"
	"github.com/podsim/podsim/runtime/status"
)

// deferredRetry is when a change of resources that did not fit is looked at again (S13.31).
const deferredRetry = 3 * time.Minute

// allocate grants the pod the resources that its spec asks for, if the node has them, and keeps the conditions of such a change
// (S13.31).
func (w *worker) allocate() {
	pod, ok := w.pod()
	if !ok {
		return
	}
	r := &w.state.Resize
	w.recallGranted(pod)
	granted := w.state.Allocated(pod)
	if granted == pod {
		r.Pending = nil
	} else if message := w.unfit(pod, granted); message != "" {
		w.deferResize(pod, message)
	} else {
		w.grant(pod)
	}
	resizing := plan.Resizing(plan.Input{Pod: w.state.Allocated(pod), State: &w.state})
	switch {
	case resizing && r.InProgress == nil:
		r.InProgress = resizeCondition(corev1.PodResizeInProgress, "", "", pod.Generation)
	case !resizing && r.InProgress != nil:
		w.resizeEvent(pod, corev1.EventTypeNormal, "ResizeCompleted", "Pod resize completed", r.InProgress.ObservedGeneration, "")
		r.InProgress = nil
	}
	w.deferred.Store(r.Pending != nil)
}

// resizeDue is when a change of resources that was not granted, or failed, is tried again; the zero time if there is none.
func (w *worker) resizeDue() time.Time {
	switch r := w.state.Resize; {
	case r.InProgress != nil && r.InProgress.Reason == corev1.PodReasonError:
		return time.Now().Add(plan.RetryInterval)
	case r.Pending != nil:
		return time.Now().Add(deferredRetry)
	}
	return time.Time{}
}

// retryDeferred has the workers of the pods look again whose resources could not be granted: another pod takes less.
func (n *Node) retryDeferred() {
	n.eachWorker(func(w *worker) {
		if w.deferred.Load() {
			w.inbox.nudge()
		}
	})
}

// recallGranted notes what each container has, before anybody asks for something else.
func (w *worker) recallGranted(pod *corev1.Pod) {
	if w.state.Resize.Allocated != nil {
		return
	}
	w.state.Resize.Allocated = map[string]corev1.ResourceRequirements{}
	for c := range podspec.Containers(pod) {
		w.state.Resize.Allocated[c.Name] = *c.Resources.DeepCopy()
	}
}

// recallResources takes over from the status of an adopted pod what its containers have and what they were granted: that is what the
// spec asks for, unless the status tells that this was not granted, or is older than the spec.
func (w *worker) recallResources(pod *corev1.Pod) {
	r := &w.state.Resize
	for i, c := range pod.Status.Conditions {
		switch c.Type {
		case corev1.PodResizePending:
			r.Pending = &pod.Status.Conditions[i]
		case corev1.PodResizeInProgress:
			r.InProgress = &pod.Status.Conditions[i]
		}
	}
	w.recallGranted(pod)
	for c := range podspec.Containers(pod) {
		memory, shown := w.state.Container(c.Name), status.Container(pod, c.Name)
		known := shown != nil && shown.Resources != nil
		if known && (r.Pending != nil || pod.Status.ObservedGeneration < pod.Generation) {
			r.Allocated[c.Name] = *shown.Resources.DeepCopy()
		}
		if memory.Current == nil {
			continue
		}
		memory.Current.Resources = r.Allocated[c.Name]
		if known && instanceID(shown.ContainerID) == memory.Current.ID {
			memory.Current.Resources = *shown.Resources.DeepCopy()
		}
	}
}

// unfit is why the pod cannot have what its spec asks for; "" if it can.
func (w *worker) unfit(pod, granted *corev1.Pod) string {
	all, _ := w.node.store.Pods.List("")
	var others []*corev1.Pod
	for _, other := range all {
		if other.UID != pod.UID && !status.Terminal(other.Status.Phase) {
			others = append(others, other)
		}
	}
	return plan.Unfit(pod, granted, others, w.node.facts.Allocatable())
}

func (w *worker) deferResize(pod *corev1.Pod, message string) {
	r := &w.state.Resize
	before := r.Pending
	r.Pending = resizeCondition(corev1.PodResizePending, corev1.PodReasonDeferred, message, pod.Generation)
	if before != nil {
		r.Pending.LastTransitionTime = before.LastTransitionTime
		if before.ObservedGeneration == pod.Generation {
			return
		}
	}
	w.resizeEvent(pod, corev1.EventTypeWarning, "ResizeDeferred", "Pod resize Deferred", pod.Generation, message)
}

// grant lets the pod have what its spec asks for. The back-off of a container belongs to its resources (S5.6).
func (w *worker) grant(pod *corev1.Pod) {
	r := &w.state.Resize
	for c := range podspec.Containers(pod) {
		if old := r.Allocated[c.Name]; !equality.Semantic.DeepEqual(old, c.Resources) {
			w.state.Container(c.Name).BackOffs = nil
		}
		r.Allocated[c.Name] = *c.Resources.DeepCopy()
	}
	r.Pending = nil
	r.InProgress = resizeCondition(corev1.PodResizeInProgress, "", "", pod.Generation)
	w.resizeEvent(pod, corev1.EventTypeNormal, "ResizeStarted", "Pod resize started", pod.Generation, "")
}

// resize changes the resources of running containers. It reports whether any changed; the first that does not keeps those after it from
// changing, and the condition tells why.
func (w *worker) resize(ctx context.Context, pod *corev1.Pod, updates []plan.Update) (changed bool) {
	err := w.checkMemory(ctx, updates)
	for _, u := range updates {
		memory := w.state.Containers[u.Container.Name]
		if err != nil || ctx.Err() != nil {
			break
		}
		if !memory.Running() {
			continue // it was killed just now
		}
		if _, err = w.node.engine.ContainerUpdate(ctx, memory.Current.ID, instance.Update(pod, u.Container)); err == nil {
			memory.Current.Resources = *u.Container.Resources.DeepCopy()
			changed = true
		}
	}
	if err != nil && ctx.Err() == nil {
		w.resizeFailed(pod, engineText(err))
	}
	if changed {
		w.node.retryDeferred()
	}
	return changed
}

// resizeFailed tells why the resources could not be changed.
func (w *worker) resizeFailed(pod *corev1.Pod, message string) {
	r := &w.state.Resize
	generation := pod.Generation
	if before := r.InProgress; before != nil {
		if before.Reason == corev1.PodReasonError && before.Message == message {
			return
		}
		generation = before.ObservedGeneration
	}
	r.InProgress = resizeCondition(corev1.PodResizeInProgress, corev1.PodReasonError, message, generation)
	w.resizeEvent(pod, corev1.EventTypeWarning, "ResizeError", "Pod resize error", generation, message)
	w.publish(status.Input{})
}

// checkMemory refuses to take memory away that is in use: the kernel would kill for it.
func (w *worker) checkMemory(ctx context.Context, updates []plan.Update) error {
	var failures []error
	for _, u := range updates {
		memory := w.state.Containers[u.Container.Name]
		if !u.TakesMemory() || !memory.Running() {
			continue
		}
		name, limit := u.Container.Name, u.Container.Resources.Limits.Memory().Value()
		sample, err := w.node.sample(ctx, memory.Current.ID)
		switch {
		case err != nil:
			failures = append(failures, fmt.Errorf("missing container %q memory usage", name))
		case sample.memory >= limit:
			failures = append(failures,
				fmt.Errorf("attempting to set container %q memory limit (%d) below current usage (%d)", name, limit, sample.memory))
		}
	}
	if len(failures) == 0 {
		return nil
	}
	return errors.New("cannot decrease memory limits: " + utilerrors.NewAggregate(failures).Error())
}

func resizeCondition(kind corev1.PodConditionType, reason, message string, generation int64) *corev1.PodCondition {
	now := metav1.Now().Rfc3339Copy()
	return &corev1.PodCondition{Type: kind, Status: corev1.ConditionTrue, LastProbeTime: now, LastTransitionTime: now,
		Reason: reason, Message: message, ObservedGeneration: generation}
}

// resizeSummary is what the events of a resize tell of the pod.
type resizeSummary struct {
	InitContainers []resizedContainer `json:"initContainers,omitempty"`
	Containers     []resizedContainer `json:"containers,omitempty"`
	Generation     int64              `json:"generation"`
	Error          string             `json:"error,omitempty"`
}

type resizedContainer struct {
	Name      string                      `json:"name"`
	Resources corev1.ResourceRequirements `json:"resources,omitempty"`
}

func (w *worker) resizeEvent(pod *corev1.Pod, eventType, reason, what string, generation int64, failure string) {
	summary := resizeSummary{Generation: generation, Error: failure}
	for c, isInit := range podspec.Containers(pod) {
		shown := resizedContainer{c.Name, c.Resources}
		if isInit {
			summary.InitContainers = append(summary.InitContainers, shown)
		} else {
			summary.Containers = append(summary.Containers, shown)
		}
	}
	text, err := json.Marshal(summary)
	if err != nil {
		w.log.Error("describing a resize", "error", err)
	}
	w.node.recorder.Pod(pod, eventType, reason, "%s: %s", what, text)
}
