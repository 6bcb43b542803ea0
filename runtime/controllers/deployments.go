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

	"github.com/podsim/podsim/runtime/controllers/deployment"
)

func (m *Manager) deployments() *controller {
	return &controller{
		name:      "deployment",
		follow:    []func(context.Context, queue){followOwners(m.store.Deployments), followOwned(m.store.Deployments, m.store.ReplicaSets)},
		reconcile: m.reconcileDeployment,
	}
}

func (m *Manager) reconcileDeployment(ctx context.Context, key types.NamespacedName) (time.Duration, error) {
	d, err := m.store.Deployments.Get(key)
	if apierrors.IsNotFound(err) {
		return 0, nil
	}
	o := owner{d, m.store.Deployments.Kind(), "deployment-controller"}
	own, err := m.replicaSetsOf(ctx, o, d)
	if err != nil {
		return 0, err
	}
	plan := deployment.Decide(d, own)
	collisions, failure := m.roll(ctx, o, own, plan)
	if isTerminating(failure) {
		failure = nil
	}
	if own, err = m.replicaSetsOf(ctx, o, d); err != nil {
		return 0, err
	}
	status, again := deployment.Status(d, own, time.Now())
	if collisions != nil {
		status.CollisionCount = collisions
	}
	annotated := plan.Revision == "" || d.Annotations[deployment.RevisionAnnotation] == plan.Revision
	if !annotated || !equality.Semantic.DeepEqual(status, d.Status) {
		changed := d.DeepCopy()
		changed.Status = status
		if !annotated {
			metav1.SetMetaDataAnnotation(&changed.ObjectMeta, deployment.RevisionAnnotation, plan.Revision)
		}
		_, err = m.client.AppsV1().Deployments(d.Namespace).UpdateStatus(ctx, changed, metav1.UpdateOptions{})
	}
	return again, errors.Join(failure, err)
}

// replicaSetsOf are the ReplicaSets that are the Deployment's own, as podsOf are pods.
func (m *Manager) replicaSetsOf(ctx context.Context, o owner, d *appsv1.Deployment) ([]*appsv1.ReplicaSet, error) {
	return ownOf(ctx, o, d.Spec.Selector, m.store.ReplicaSets, m.client.AppsV1().ReplicaSets(d.Namespace))
}

// roll makes, changes and deletes ReplicaSets. When another one has the name of the one that is missing, it returns the number of such
// collisions by now.
func (m *Manager) roll(ctx context.Context, o owner, own []*appsv1.ReplicaSet, plan deployment.Plan) (collisions *int32, err error) {
	sets := m.client.AppsV1().ReplicaSets(o.GetNamespace())
	if plan.Create != nil {
		created, err := sets.Create(ctx, plan.Create, metav1.CreateOptions{})
		switch {
		case apierrors.IsAlreadyExists(err):
			next := int32(1)
			if before := o.Object.(*appsv1.Deployment).Status.CollisionCount; before != nil {
				next = *before + 1
			}
			return &next, nil
		case err != nil:
			if !isTerminating(err) && ctx.Err() == nil {
				m.warn(o, "ReplicaSetCreateError", "Failed to create new replica set %q: %v", plan.Create.Name, err)
			}
			return nil, err
		}
		if *created.Spec.Replicas > 0 {
			m.tell(o, "ScalingReplicaSet", "Scaled up replica set %s from 0 to %d", created.Name, *created.Spec.Replicas)
		}
	}
	for _, rs := range plan.Update {
		if err := m.updateReplicaSet(ctx, o, own, rs); err != nil {
			return nil, err
		}
	}
	for _, rs := range plan.Delete {
		options := metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(rs.UID))}
		if err := sets.Delete(ctx, rs.Name, options); err != nil && !apierrors.IsNotFound(err) {
			return nil, err
		}
	}
	return nil, nil
}

// updateReplicaSet puts a changed ReplicaSet in place, and tells of it if it is to have another number of pods.
func (m *Manager) updateReplicaSet(ctx context.Context, o owner, own []*appsv1.ReplicaSet, rs *appsv1.ReplicaSet) error {
	if _, err := m.client.AppsV1().ReplicaSets(rs.Namespace).Update(ctx, rs, metav1.UpdateOptions{}); err != nil {
		return err
	}
	for _, before := range own {
		if before.UID != rs.UID {
			continue
		}
		switch from, to := *before.Spec.Replicas, *rs.Spec.Replicas; {
		case from < to:
			m.tell(o, "ScalingReplicaSet", "Scaled up replica set %s from %d to %d", rs.Name, from, to)
		case from > to:
			m.tell(o, "ScalingReplicaSet", "Scaled down replica set %s from %d to %d", rs.Name, from, to)
		}
	}
	return nil
}
