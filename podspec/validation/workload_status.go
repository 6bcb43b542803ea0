package validation

import (
	appsv1 "k8s.io/api/apps/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"
)

// ValidateDeploymentStatusUpdate returns what the API server finds wrong with a new status of a Deployment.
func ValidateDeploymentStatusUpdate(newer, older *appsv1.Deployment) field.ErrorList {
	s := &newer.Status
	errs := statusUpdate(newer, older,
		namedNumber[int64]{"observedGeneration", &s.ObservedGeneration}, wide("replicas", &s.Replicas), wide("updatedReplicas", &s.UpdatedReplicas),
		wide("readyReplicas", &s.ReadyReplicas), wide("availableReplicas", &s.AvailableReplicas), wide("unavailableReplicas", &s.UnavailableReplicas),
		wide("terminatingReplicas", s.TerminatingReplicas), wide("collisionCount", s.CollisionCount))
	errs = append(errs, validateAtMostReplicas(s.Replicas, count{"updatedReplicas", s.UpdatedReplicas}, count{"readyReplicas", s.ReadyReplicas},
		count{"availableReplicas", s.AvailableReplicas})...)
	errs = append(errs, validateAvailableAreReady(s.AvailableReplicas, s.ReadyReplicas, "readyReplicas")...)
	return append(errs, validateCollisionsGrow(s.CollisionCount, older.Status.CollisionCount)...)
}

// ValidateReplicaSetStatusUpdate returns what the API server finds wrong with a new status of a ReplicaSet.
func ValidateReplicaSetStatusUpdate(newer, older *appsv1.ReplicaSet) field.ErrorList {
	s := &newer.Status
	errs := statusUpdate(newer, older,
		wide("replicas", &s.Replicas), wide("fullyLabeledReplicas", &s.FullyLabeledReplicas), wide("readyReplicas", &s.ReadyReplicas),
		wide("availableReplicas", &s.AvailableReplicas), namedNumber[int64]{"observedGeneration", &s.ObservedGeneration},
		wide("terminatingReplicas", s.TerminatingReplicas))
	errs = append(errs, validateAtMostReplicas(s.Replicas, count{"fullyLabeledReplicas", s.FullyLabeledReplicas},
		count{"readyReplicas", s.ReadyReplicas}, count{"availableReplicas", s.AvailableReplicas})...)
	return append(errs, validateAvailableAreReady(s.AvailableReplicas, s.ReadyReplicas, "readyReplicas")...)
}

// ValidateStatefulSetStatusUpdate returns what the API server finds wrong with a new status of a StatefulSet.
func ValidateStatefulSetStatusUpdate(newer, older *appsv1.StatefulSet) field.ErrorList {
	s := &newer.Status
	errs := statusUpdate(newer, older,
		wide("replicas", &s.Replicas), wide("readyReplicas", &s.ReadyReplicas), wide("currentReplicas", &s.CurrentReplicas),
		wide("updatedReplicas", &s.UpdatedReplicas), wide("availableReplicas", &s.AvailableReplicas),
		namedNumber[int64]{"observedGeneration", &s.ObservedGeneration}, wide("collisionCount", s.CollisionCount))
	errs = append(errs, validateAtMostReplicas(s.Replicas, count{"readyReplicas", s.ReadyReplicas}, count{"currentReplicas", s.CurrentReplicas},
		count{"updatedReplicas", s.UpdatedReplicas}, count{"availableReplicas", s.AvailableReplicas})...)
	errs = append(errs, validateAvailableAreReady(s.AvailableReplicas, s.ReadyReplicas, "status.readyReplicas")...)
	return append(errs, validateCollisionsGrow(s.CollisionCount, older.Status.CollisionCount)...)
}

// ValidateDaemonSetStatusUpdate returns what the API server finds wrong with a new status of a DaemonSet.
func ValidateDaemonSetStatusUpdate(newer, older *appsv1.DaemonSet) field.ErrorList {
	s := &newer.Status
	errs := statusUpdate(newer, older,
		wide("currentNumberScheduled", &s.CurrentNumberScheduled), wide("numberMisscheduled", &s.NumberMisscheduled),
		wide("desiredNumberScheduled", &s.DesiredNumberScheduled), wide("numberReady", &s.NumberReady),
		namedNumber[int64]{"observedGeneration", &s.ObservedGeneration}, wide("updatedNumberScheduled", &s.UpdatedNumberScheduled),
		wide("numberAvailable", &s.NumberAvailable), wide("numberUnavailable", &s.NumberUnavailable), wide("collisionCount", s.CollisionCount))
	return append(errs, validateCollisionsGrow(s.CollisionCount, older.Status.CollisionCount)...)
}

// statusUpdate is what is wrong with the metadata of an object whose status changes, and with the numbers in it.
func statusUpdate(newer, older metav1.Object, numbers ...namedNumber[int64]) field.ErrorList {
	errs := apivalidation.ValidateObjectMetaAccessorUpdate(newer, older, field.NewPath("metadata"))
	return append(errs, validateNonNegative(field.NewPath("status"), numbers...)...)
}

// wide is a number as a wider one; nil stays nil.
func wide(name string, value *int32) namedNumber[int64] {
	if value == nil {
		return namedNumber[int64]{name, nil}
	}
	return namedNumber[int64]{name, ptr.To(int64(*value))}
}

// count is a number of pods in a status.
type count struct {
	name  string
	value int32
}

// validateAtMostReplicas checks that no part is more than the whole.
func validateAtMostReplicas(replicas int32, parts ...count) field.ErrorList {
	var errs field.ErrorList
	for _, part := range parts {
		if part.value > replicas {
			errs = append(errs, field.Invalid(field.NewPath("status", part.name), part.value, "cannot be greater than status.replicas"))
		}
	}
	return errs
}

// validateAvailableAreReady checks that there are not more pods available than ready, whose number the message calls by the name.
func validateAvailableAreReady(available, ready int32, name string) field.ErrorList {
	if available <= ready {
		return nil
	}
	return field.ErrorList{field.Invalid(field.NewPath("status", "availableReplicas"), available, "cannot be greater than "+name)}
}

func validateCollisionsGrow(newer, older *int32) field.ErrorList {
	if older == nil || ptr.Deref(newer, -1) >= *older {
		return nil
	}
	return field.ErrorList{field.Invalid(field.NewPath("status", "collisionCount"), ptr.Deref(newer, 0), "cannot be decremented")}
}
