package controllers

import (
	"context"
	"errors"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/flowcontrol"

	"github.com/podsim/podsim/podspec/workload"
	"github.com/podsim/podsim/runtime/controllers/daemonset"
	"github.com/podsim/podsim/runtime/controllers/owned"
)

const (
	// A daemon pod that has failed is replaced after minPause, and each that fails after it more slowly, up to maxPause.
	minPause = time.Second
	maxPause = 15 * time.Minute
)

func (m *Manager) daemonSets() *controller {
	pauses := flowcontrol.NewBackOff(minPause, maxPause)
	return &controller{
		name:   "daemonset",
		follow: []func(context.Context, queue){followOwners(m.store.DaemonSets), followOwned(m.store.DaemonSets, m.store.Pods)},
		reconcile: func(ctx context.Context, key types.NamespacedName) (time.Duration, error) {
			return m.reconcileDaemonSet(ctx, key, pauses)
		},
	}
}

func (m *Manager) reconcileDaemonSet(ctx context.Context, key types.NamespacedName, pauses *flowcontrol.Backoff) (time.Duration, error) {
	ds, err := m.store.DaemonSets.Get(key)
	if apierrors.IsNotFound(err) {
		return 0, nil
	}
	o := owner{ds, m.store.DaemonSets.Kind(), "daemonset-controller"}
	pods, err := m.podsOf(ctx, o, ds.Spec.Selector)
	if err != nil {
		return 0, err
	}
	plan := daemonset.Decide(ds, pods)
	var failures []error
	pause := time.Duration(0)
	for _, pod := range plan.Failed {
		wait, err := m.replaceDaemon(ctx, o, pod, pauses)
		pause, failures = owned.Sooner(pause, wait), append(failures, err)
	}
	for _, pod := range plan.Delete {
		failures = append(failures, m.deletePod(ctx, o, pod))
	}
	if plan.Create {
		if err := m.createPod(ctx, o, workload.DaemonPod(ds)); !isTerminating(err) {
			failures = append(failures, err)
		}
	}
	if pods, err = m.podsOf(ctx, o, ds.Spec.Selector); err != nil {
		return 0, err
	}
	status, again := daemonset.Status(ds, pods, time.Now())
	if !equality.Semantic.DeepEqual(status, ds.Status) {
		changed := ds.DeepCopy()
		changed.Status = status
		_, err = m.client.AppsV1().DaemonSets(ds.Namespace).UpdateStatus(ctx, changed, metav1.UpdateOptions{})
	}
	return owned.Sooner(pause, again), errors.Join(append(failures, err)...)
}

// replaceDaemon deletes a pod that has ended, so that another comes, or returns how long that has to wait.
func (m *Manager) replaceDaemon(ctx context.Context, o owner, pod *corev1.Pod, pauses *flowcontrol.Backoff) (time.Duration, error) {
	key, now := string(o.GetUID()), time.Now()
	if pauses.IsInBackOffSinceUpdate(key, now) {
		return pauses.Get(key), nil
	}
	pauses.Next(key, now)
	if pod.Status.Phase == corev1.PodFailed {
		m.warn(o, "FailedDaemonPod", "Found failed daemon pod %s/%s on node %s, will try to kill it", pod.Namespace, pod.Name, pod.Spec.NodeName)
	} else {
		m.tell(o, "SucceededDaemonPod", "Found succeeded daemon pod %s/%s on node %s, will try to delete it", pod.Namespace, pod.Name, pod.Spec.NodeName)
	}
	return 0, m.deletePod(ctx, o, pod)
}
