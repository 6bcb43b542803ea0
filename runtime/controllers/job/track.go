package job

import (
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/utils/ptr"

	"github.com/podsim/podsim/runtime/controllers/owned"
)

// Tracking is what follows from a pass: the status is written first.
type Tracking struct {
	Status batchv1.JobStatus
	// Release are the pods whose ends the status tells of by then, so that their tracking finalizer goes.
	Release []*corev1.Pod
	// Events are to be recorded once the status is written.
	Events []Event
	// BackOff is to be remembered once the status is written.
	BackOff BackOff
}

// Event is an event of the Job.
type Event struct{ Type, Reason, Message string }

// Track is the second half of a pass: what comes of it, when its deletions and creations went as the outcome says.
func (p Pass) Track(done Outcome) Tracking {
	v := &p.view
	t := Tracking{Status: *v.Job.Status.DeepCopy(), BackOff: v.backOff}
	if !IsManaged(v.Job) {
		return t
	}
	if IsFinished(v.Job) { // nobody is to keep a pod for a count that has ended
		t.BackOff, t.Release = BackOff{}, filter(v.Pods, IsTracked)
		return t
	}
	active := p.countPods(&t.Status, done)
	verdict := v.verdict
	switch {
	case verdict != nil && len(done.Deleted) < len(p.Delete):
		verdict = nil // the Job cannot end yet
	case verdict == nil && v.isComplete(active):
		verdict = v.condition(batchv1.JobSuccessCriteriaMet, batchv1.JobReasonCompletionsReached, "Reached expected number of succeeded pods")
	case verdict == nil && p.managed:
		t.tellSuspension(v)
	}
	full := t.record(v, verdict)
	if verdict != nil && t.announce(verdict) && !full && len(t.Release) == 0 {
		t.finish(v, verdict)
	}
	return t
}

// countPods fills in the numbers of pods that run, and returns how many are active.
func (p Pass) countPods(status *batchv1.JobStatus, done Outcome) (active int) {
	v := &p.view
	ready, terminating := v.ready, v.terminating
	for _, d := range p.Delete {
		if done.Deleted.Has(d.Pod.UID) {
			terminating++
			if owned.IsReady(d.Pod) {
				ready--
			}
		}
	}
	active = len(v.active) - len(done.Deleted) + done.Created
	status.StartTime = v.started
	status.Active = int32(active)
	status.Ready, status.Terminating = ptr.To(int32(ready)), ptr.To(int32(terminating))
	return active
}

// isComplete reports whether as many pods have succeeded as were to, and none is active any more.
func (v *view) isComplete(active int) bool {
	if active > 0 {
		return false
	}
	if v.Job.Spec.Completions == nil {
		return v.succeeded > 0
	}
	return v.succeeded >= int(*v.Job.Spec.Completions)
}

// tellSuspension keeps the condition Suspended; its first appearance can only be that of a suspended Job. The start time is that of the
// time for which the Job has been active.
func (t *Tracking) tellSuspension(v *view) {
	known := findJobCondition(t.Status.Conditions, batchv1.JobSuspended)
	switch {
	case isSuspended(v.Job) && (known == nil || known.Status != corev1.ConditionTrue):
		t.setCondition(v.condition(batchv1.JobSuspended, "JobSuspended", "Job suspended"))
		t.event(corev1.EventTypeNormal, "Suspended", "Job suspended")
		t.Status.StartTime = nil
	case !isSuspended(v.Job) && known != nil && known.Status != corev1.ConditionFalse:
		resumed := v.condition(batchv1.JobSuspended, "JobResumed", "Job resumed")
		resumed.Status = corev1.ConditionFalse
		t.setCondition(resumed)
		t.event(corev1.EventTypeNormal, "Resumed", "Job resumed")
		t.Status.StartTime = ptr.To(v.stamp())
	}
}

func (t *Tracking) setCondition(c *batchv1.JobCondition) {
	if known := findJobCondition(t.Status.Conditions, c.Type); known != nil {
		*known = *c
		return
	}
	t.Status.Conditions = append(t.Status.Conditions, *c)
}

func (t *Tracking) event(kind, reason, message string) {
	t.Events = append(t.Events, Event{kind, reason, message})
}

// record adds to the counters the pods on record that have been let go, puts the new ends on record, and lets their pods go. It reports
// whether there are more than one status may hold.
func (t *Tracking) record(v *view, verdict *batchv1.JobCondition) (full bool) {
	uncounted := t.Status.UncountedTerminatedPods
	if uncounted == nil {
		uncounted = &batchv1.UncountedTerminatedPods{}
		t.Status.UncountedTerminatedPods = uncounted
	}
	tracked := sets.New[types.UID]()
	for _, pod := range filter(v.Pods, IsTracked) {
		tracked.Insert(pod.UID)
	}
	count(&uncounted.Succeeded, &t.Status.Succeeded, tracked)
	count(&uncounted.Failed, &t.Status.Failed, tracked)
	pods := slices.Clone(v.Pods)
	if isIndexed(v.Job) {
		slices.SortStableFunc(pods, func(a, b *corev1.Pod) int { return indexOf(a) - indexOf(b) })
	}
	for _, pod := range pods {
		if !IsTracked(pod) || !v.mayGo(pod, verdict) {
			continue
		}
		if len(uncounted.Succeeded)+len(uncounted.Failed) >= maxPodsPerPass {
			full = true
			break
		}
		t.Release = append(t.Release, pod)
		switch {
		case pod.Status.Phase == corev1.PodSucceeded && !v.uncountedFailed.Has(pod.UID):
			if !isIndexed(v.Job) && !v.uncountedSucceeded.Has(pod.UID) { // else the index tells of it
				uncounted.Succeeded = append(uncounted.Succeeded, pod.UID)
			}
		case hasFailed(pod, v.Job) || verdict != nil && verdict.Type != batchv1.JobSuccessCriteriaMet:
			if v.isNew(pod) && judge(v.Job.Spec.PodFailurePolicy, pod).counts() {
				uncounted.Failed = append(uncounted.Failed, pod.UID)
			}
		}
	}
	if isIndexed(v.Job) {
		t.Status.Succeeded = int32(v.succeededIndexes.count())
		t.Status.CompletedIndexes = v.succeededIndexes.String()
		t.Status.FailedIndexes = nil
		if v.limitsIndexes() {
			t.Status.FailedIndexes = ptr.To(v.failedIndexes.String())
		}
	}
	return full
}

// count moves the uids of pods that are no longer tracked from the record into the counter.
func count(recorded *[]types.UID, counter *int32, tracked sets.Set[types.UID]) {
	var left []types.UID
	for _, uid := range *recorded {
		if tracked.Has(uid) {
			left = append(left, uid)
		} else {
			*counter++
		}
	}
	*recorded = left
}

// mayGo reports whether a tracked pod needs its finalizer no longer once the status is written: it has ended, unless its replacement is
// still to learn how often its index failed, or the Job ends.
func (v *view) mayGo(pod *corev1.Pod, verdict *batchv1.JobCondition) bool {
	if v.Job.DeletionTimestamp != nil || verdict != nil || pod.Status.Phase == corev1.PodSucceeded {
		return true
	}
	if !hasFailed(pod, v.Job) {
		return false
	}
	waiting := v.replaced[indexOf(pod)]
	return waiting == nil || waiting.UID != pod.UID
}

// announce writes down how the Job will end, and reports whether that was on record before.
func (t *Tracking) announce(verdict *batchv1.JobCondition) (known bool) {
	if verdict.Type == batchv1.JobFailed || trueCondition(t.Status.Conditions, verdict.Type) != nil {
		return true
	}
	t.setCondition(verdict)
	return false
}

// finish ends the Job, if all its pods are counted and none still terminates.
func (t *Tracking) finish(v *view, verdict *batchv1.JobCondition) {
	uncounted := t.Status.UncountedTerminatedPods
	if len(uncounted.Succeeded)+len(uncounted.Failed) > 0 || *t.Status.Terminating > 0 {
		return
	}
	if verdict.Type == batchv1.JobFailed {
		t.setCondition(verdict)
		t.event(corev1.EventTypeWarning, verdict.Reason, verdict.Message)
		return
	}
	complete := v.condition(batchv1.JobComplete, verdict.Reason, verdict.Message)
	t.setCondition(complete)
	t.Status.CompletionTime = &complete.LastTransitionTime
	if wanted := v.Job.Spec.Completions; wanted != nil && t.Status.Succeeded > *wanted {
		t.event(corev1.EventTypeWarning, "TooManySucceededPods", "Too many succeeded pods running after completion count reached")
	}
	t.event(corev1.EventTypeNormal, "Completed", "Job completed")
}
