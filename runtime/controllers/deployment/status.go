package deployment

import (
	"fmt"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

// Reasons of the condition Progressing.
const (
	ReasonCreated   = "NewReplicaSetCreated"
	ReasonUpdated   = "ReplicaSetUpdated"
	ReasonAvailable = "NewReplicaSetAvailable"
	ReasonTimedOut  = "ProgressDeadlineExceeded"
	reasonPaused    = "DeploymentPaused"
)

// Status is what a Deployment shows of its own ReplicaSets. Again is when it will be another one although nothing changes; 0 is never.
func Status(d *appsv1.Deployment, own []*appsv1.ReplicaSet, now time.Time) (status appsv1.DeploymentStatus, again time.Duration) {
	current := Current(d, own)
	status = appsv1.DeploymentStatus{
		ObservedGeneration: d.Generation, CollisionCount: d.Status.CollisionCount, Conditions: slices.Clone(d.Status.Conditions), TerminatingReplicas: new(int32),
	}
	var planned int32
	for _, rs := range own {
		planned += *rs.Spec.Replicas
		status.Replicas += rs.Status.Replicas
		status.ReadyReplicas += rs.Status.ReadyReplicas
		status.AvailableReplicas += rs.Status.AvailableReplicas
		*status.TerminatingReplicas += ptr.Deref(rs.Status.TerminatingReplicas, 0)
	}
	if current != nil {
		status.UpdatedReplicas = current.Status.Replicas
	}
	status.UnavailableReplicas = max(planned-status.AvailableReplicas, 0)

	missing := int32(share(d, func(r *appsv1.RollingUpdateDeployment) *intstr.IntOrString { return r.MaxUnavailable }, false))
	if status.AvailableReplicas >= ptr.Deref(d.Spec.Replicas, 1)-missing {
		set(&status, now, appsv1.DeploymentAvailable, corev1.ConditionTrue, "MinimumReplicasAvailable", "Deployment has minimum availability.")
	} else {
		set(&status, now, appsv1.DeploymentAvailable, corev1.ConditionFalse, "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
	}
	again = progress(d, current, &status, now)
	tellFailure(own, current, &status)
	return status, again
}

// progress sets the condition Progressing. It returns when the deadline for progress ends; 0 if nothing is waited for.
func progress(d *appsv1.Deployment, current *appsv1.ReplicaSet, status *appsv1.DeploymentStatus, now time.Time) time.Duration {
	deadline := time.Duration(ptr.Deref(d.Spec.ProgressDeadlineSeconds, 600)) * time.Second
	before := Condition(status.Conditions, appsv1.DeploymentProgressing)
	subject := fmt.Sprintf("Deployment %q", d.Name)
	if current != nil {
		subject = fmt.Sprintf("ReplicaSet %q", current.Name)
	}
	success := subject + " has successfully progressed."
	isSettled := before != nil && before.Reason == ReasonAvailable && before.Message == success
	wanted := ptr.Deref(d.Spec.Replicas, 1)
	complete := current != nil && status.UpdatedReplicas == wanted && status.Replicas == wanted && status.AvailableReplicas == wanted
	switch {
	case d.Spec.Paused:
		set(status, now, appsv1.DeploymentProgressing, corev1.ConditionUnknown, reasonPaused, "Deployment is paused")
		return 0
	case isSettled && status.Replicas == status.UpdatedReplicas:
		return 0
	case complete:
		set(status, now, appsv1.DeploymentProgressing, corev1.ConditionTrue, ReasonAvailable, success)
		return 0
	case current != nil && (before == nil || before.Reason == ReasonAvailable && !isSettled):
		set(status, now, appsv1.DeploymentProgressing, corev1.ConditionTrue, ReasonCreated, fmt.Sprintf("Created new replica set %q", current.Name))
		return deadline
	case before == nil:
		return 0
	case hasProgressed(d, status) || before.Reason == ReasonAvailable || before.Reason == reasonPaused:
		set(status, now, appsv1.DeploymentProgressing, corev1.ConditionTrue, ReasonUpdated, subject+" is progressing.")
		Condition(status.Conditions, appsv1.DeploymentProgressing).LastUpdateTime = metav1.NewTime(now).Rfc3339Copy()
		return deadline
	case before.Reason == ReasonTimedOut:
		return 0
	}
	left := before.LastUpdateTime.Add(deadline).Sub(now)
	if left <= 0 {
		set(status, now, appsv1.DeploymentProgressing, corev1.ConditionFalse, ReasonTimedOut, subject+" has timed out progressing.")
		return 0
	}
	return left
}

// hasProgressed says that more pods are as they should be than before, or fewer are not.
func hasProgressed(d *appsv1.Deployment, status *appsv1.DeploymentStatus) bool {
	before := &d.Status
	return status.UpdatedReplicas > before.UpdatedReplicas || status.Replicas-status.UpdatedReplicas < before.Replicas-before.UpdatedReplicas ||
		status.ReadyReplicas > before.ReadyReplicas || status.AvailableReplicas > before.AvailableReplicas
}

// tellFailure shows that pods of a ReplicaSet cannot be made, of the current one first.
func tellFailure(own []*appsv1.ReplicaSet, current *appsv1.ReplicaSet, status *appsv1.DeploymentStatus) {
	status.Conditions = slices.DeleteFunc(status.Conditions, func(c appsv1.DeploymentCondition) bool { return c.Type == appsv1.DeploymentReplicaFailure })
	if current != nil {
		own = append([]*appsv1.ReplicaSet{current}, own...)
	}
	for _, rs := range own {
		for _, c := range rs.Status.Conditions {
			if c.Type == appsv1.ReplicaSetReplicaFailure {
				status.Conditions = append(status.Conditions, appsv1.DeploymentCondition{
					Type: appsv1.DeploymentReplicaFailure, Status: c.Status, Reason: c.Reason, Message: c.Message,
					LastTransitionTime: c.LastTransitionTime, LastUpdateTime: c.LastTransitionTime,
				})
				return
			}
		}
	}
}

// Condition is the condition of a type among others; nil if it is not.
func Condition(conditions []appsv1.DeploymentCondition, which appsv1.DeploymentConditionType) *appsv1.DeploymentCondition {
	for i := range conditions {
		if conditions[i].Type == which {
			return &conditions[i]
		}
	}
	return nil
}

// set puts a condition in the place of the one before, unless that says the same. The time of a transition is that of another status.
func set(status *appsv1.DeploymentStatus, now time.Time, which appsv1.DeploymentConditionType, value corev1.ConditionStatus, reason, message string) {
	at := metav1.NewTime(now).Rfc3339Copy()
	condition := appsv1.DeploymentCondition{Type: which, Status: value, Reason: reason, Message: message, LastUpdateTime: at, LastTransitionTime: at}
	before := Condition(status.Conditions, which)
	if before == nil {
		status.Conditions = append(status.Conditions, condition)
		return
	}
	if before.Status == value && before.Reason == reason && (which != appsv1.DeploymentProgressing || before.Message == message) {
		return
	}
	if before.Status == value {
		condition.LastTransitionTime = before.LastTransitionTime
	}
	status.Conditions = append(slices.DeleteFunc(status.Conditions, func(c appsv1.DeploymentCondition) bool { return c.Type == which }), condition)
}
