package controllers

import (
	"context"
	"errors"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/podspec/workload"
	"github.com/podsim/podsim/runtime/controllers/owned"
	"github.com/podsim/podsim/runtime/controllers/replicaset"
)

func (m *Manager) replicaSets() *controller {
	return &controller{
		name:      "replicaset",
		follow:    []func(context.Context, queue){followOwners(m.store.ReplicaSets), followOwned(m.store.ReplicaSets, m.store.Pods)},
		reconcile: m.reconcileReplicaSet,
	}
}

func (m *Manager) reconcileReplicaSet(ctx context.Context, key types.NamespacedName) (time.Duration, error) {
	rs, err := m.store.ReplicaSets.Get(key)
	if apierrors.IsNotFound(err) {
		return 0, nil
	}
	o := owner{rs, m.store.ReplicaSets.Kind(), "replicaset-controller"}
	pods, err := m.podsOf(ctx, o, rs.Spec.Selector)
	if err != nil {
		return 0, err
	}
	plan := replicaset.Decide(rs, pods, time.Now())
	failure := m.carryOut(ctx, o, rs, plan)
	if isTerminating(failure) {
		failure = nil
	}
	if pods, err = m.podsOf(ctx, o, rs.Spec.Selector); err != nil {
		return 0, err
	}
	status, again := replicaset.Status(rs, pods, failure, time.Now())
	if !equality.Semantic.DeepEqual(status, rs.Status) {
		changed := rs.DeepCopy()
		changed.Status = status
		_, err = m.client.AppsV1().ReplicaSets(rs.Namespace).UpdateStatus(ctx, changed, metav1.UpdateOptions{})
	}
	return owned.Sooner(plan.Again, again), errors.Join(failure, err)
}

// carryOut makes and deletes pods. The first that cannot be made ends it, as most likely no other could.
func (m *Manager) carryOut(ctx context.Context, o owner, rs *appsv1.ReplicaSet, plan replicaset.Plan) error {
	for range plan.Create {
		if err := m.createPod(ctx, o, workload.Pod(&rs.Spec.Template, rs, o.kind)); err != nil {
			return err
		}
	}
	var failures []error
	for _, pod := range plan.Delete {
		failures = append(failures, m.deletePod(ctx, o, pod))
	}
	return errors.Join(failures...)
}
