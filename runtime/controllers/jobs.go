package controllers

import (
	"context"
	"errors"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/podsim/podsim/runtime/controllers/job"
	"github.com/podsim/podsim/runtime/store"
)

// jobs runs Jobs to their completion. What it remembers of their failures is forgotten with the node, as it is with a cluster's controller.
type jobs struct {
	*Manager
	backOffs map[types.NamespacedName]remembered
}

// remembered is the back-off of the Job with that uid.
type remembered struct {
	uid     types.UID
	backOff job.BackOff
}

func (m *Manager) jobs() *controller {
	j := jobs{m, map[types.NamespacedName]remembered{}}
	return &controller{
		name:      "job",
		follow:    []func(context.Context, queue){followOwners(m.store.Jobs), followOwned(m.store.Jobs, m.store.Pods)},
		reconcile: j.reconcile,
	}
}

// reconcile makes passes until one changes nothing.
func (j jobs) reconcile(ctx context.Context, key types.NamespacedName) (time.Duration, error) {
	for {
		again, changed, err := j.pass(ctx, key)
		if err != nil || !changed {
			return again, err
		}
	}
}

// pass looks at a Job once: pods are deleted and created, then the status is written, and then the pods are let go of which it tells.
func (j jobs) pass(ctx context.Context, key types.NamespacedName) (again time.Duration, changed bool, err error) {
	current, err := j.store.Jobs.Get(key)
	if apierrors.IsNotFound(err) {
		delete(j.backOffs, key)
		return 0, false, nil
	}
	if !job.IsManaged(current) {
		return 0, false, nil
	}
	o := owner{current, j.store.Jobs.Kind(), "job-controller"}
	pods, err := j.podsOf(ctx, o, current.Spec.Selector)
	if err != nil {
		return 0, false, err
	}
	pass := job.Next(job.Input{Job: current, Pods: pods, Now: time.Now(), BackOff: j.backOff(current)})
	if pass.Expired {
		return 0, false, j.expire(ctx, current)
	}
	done, failure := j.carryOut(ctx, o, pass)
	tracking := pass.Track(done)
	changed, err = j.record(ctx, current, tracking)
	if err != nil {
		return 0, false, err
	}
	j.backOffs[key] = remembered{current.UID, tracking.BackOff}
	for _, e := range tracking.Events {
		j.recorder.About(o.reference(), o.controller, e.Type, e.Reason, "%s", e.Message)
	}
	if err := j.releaseAll(ctx, tracking.Release); err != nil {
		return 0, false, errors.Join(failure, err)
	}
	return until(pass.Wake), changed || len(tracking.Release) > 0, failure
}

// until is how long it is to a time; 0 for the zero time, and else more than that.
func until(at time.Time) time.Duration {
	if at.IsZero() {
		return 0
	}
	return max(time.Until(at), time.Millisecond)
}

func (j jobs) backOff(of *batchv1.Job) job.BackOff {
	if r := j.backOffs[store.KeyOf(of)]; r.uid == of.UID {
		return r.backOff
	}
	return job.BackOff{}
}

// carryOut deletes and creates pods. The first that cannot be created ends it, as most likely no other could.
func (j jobs) carryOut(ctx context.Context, o owner, pass job.Pass) (job.Outcome, error) {
	done := job.Outcome{Deleted: sets.New[types.UID]()}
	var failures []error
	for _, deletion := range pass.Delete {
		if err := j.discard(ctx, o, deletion); err != nil {
			failures = append(failures, err)
			continue
		}
		done.Deleted.Insert(deletion.Pod.UID)
	}
	for _, pod := range pass.Create {
		err := j.createPod(ctx, o, pod)
		if isTerminating(err) {
			break
		}
		if err != nil {
			failures = append(failures, err)
			break
		}
		done.Created++
	}
	return done, errors.Join(failures...)
}

func (j jobs) discard(ctx context.Context, o owner, deletion job.Deletion) error {
	if deletion.Uncounted {
		if err := j.release(ctx, deletion.Pod); err != nil {
			return err
		}
	}
	return j.deletePod(ctx, o, deletion.Pod)
}

// record writes a Job's status, if it is another than before, and, if it counts pods that are to be let go, waits until it would outlive
// the node.
func (j jobs) record(ctx context.Context, current *batchv1.Job, tracking job.Tracking) (changed bool, err error) {
	if !equality.Semantic.DeepEqual(tracking.Status, current.Status) {
		written := current.DeepCopy()
		written.Status = tracking.Status
		if _, err := j.client.BatchV1().Jobs(current.Namespace).UpdateStatus(ctx, written, metav1.UpdateOptions{}); err != nil {
			return false, err
		}
		changed = true
	}
	if len(tracking.Release) == 0 {
		return changed, nil
	}
	return changed, j.saved(ctx)
}

// expire deletes a Job whose time has come, and lets its pods go first.
func (j jobs) expire(ctx context.Context, current *batchv1.Job) error {
	foreground := metav1.DeletePropagationForeground
	err := j.client.BatchV1().Jobs(current.Namespace).Delete(ctx, current.Name, metav1.DeleteOptions{
		Preconditions: metav1.NewUIDPreconditions(string(current.UID)), PropagationPolicy: &foreground,
	})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

func (m *Manager) releaseAll(ctx context.Context, pods []*corev1.Pod) error {
	var failures []error
	for _, pod := range pods {
		failures = append(failures, m.release(ctx, pod))
	}
	return errors.Join(failures...)
}

// release lets a pod go that no Job is to count any more. One that is gone already needs nothing.
func (m *Manager) release(ctx context.Context, pod *corev1.Pod) error {
	change := unfinalized(pod, batchv1.JobTrackingFinalizer)
	_, err := m.client.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.StrategicMergePatchType, change, metav1.PatchOptions{})
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) { // gone, or another of its name
		return nil
	}
	return err
}

// jobStrays lets pods go that wait to be counted by a Job that is not there.
func (m *Manager) jobStrays() *controller {
	whenJobsGo := func(ctx context.Context, pending queue) {
		store.Follow(ctx, m.store.Jobs, func(j *batchv1.Job) {
			if _, err := m.store.Jobs.Get(store.KeyOf(j)); err != nil {
				addAll(m.store.Pods, j.Namespace, pending)
			}
		})
	}
	return &controller{
		name:   "job-strays",
		follow: []func(context.Context, queue){followOwners(m.store.Pods), whenJobsGo},
		reconcile: func(ctx context.Context, key types.NamespacedName) (time.Duration, error) {
			pod, err := m.store.Pods.Get(key)
			if err != nil || !job.IsTracked(pod) || m.mayBeCounted(pod) {
				return 0, nil
			}
			return 0, m.release(ctx, pod)
		},
	}
}

// mayBeCounted reports whether a pod has a Job, or belongs to something of which nothing is known here.
func (m *Manager) mayBeCounted(pod *corev1.Pod) bool {
	owner := metav1.GetControllerOfNoCopy(pod)
	if owner == nil {
		return false
	}
	if owner.Kind != m.store.Jobs.Kind().Kind || owner.APIVersion != batchv1.SchemeGroupVersion.String() {
		return true
	}
	found, err := m.store.Jobs.Get(types.NamespacedName{Namespace: pod.Namespace, Name: owner.Name})
	return err == nil && found.UID == owner.UID
}
