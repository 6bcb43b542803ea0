package validation

import (
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec"
)

// ValidateDeployment returns what the API server finds wrong with a defaulted Deployment.
func ValidateDeployment(d *appsv1.Deployment, gates podspec.FeatureGates) field.ErrorList {
	spec, path := &d.Spec, field.NewPath("spec")
	errs := validateMetadata(&d.ObjectMeta)
	errs = append(errs, validateNonNegative(path, namedNumber[int32]{"replicas", spec.Replicas})...)
	errs = append(errs, validatePodSelector(spec.Selector, "deployment", path.Child("selector"))...)
	errs = append(errs, validateReplicaTemplate(&spec.Template, spec.Selector, gates, path)...)
	errs = append(errs, validateDeploymentStrategy(&spec.Strategy, path.Child("strategy"))...)
	errs = append(errs, validateNonNegative(path, namedNumber[int32]{"minReadySeconds", &spec.MinReadySeconds},
		namedNumber[int32]{"revisionHistoryLimit", spec.RevisionHistoryLimit})...)
	errs = append(errs, validateRollback(d.Annotations, path)...)
	errs = append(errs, validateNonNegative(path, namedNumber[int32]{"progressDeadlineSeconds", spec.ProgressDeadlineSeconds})...)
	if deadline := spec.ProgressDeadlineSeconds; deadline != nil && *deadline <= spec.MinReadySeconds {
		errs = append(errs, field.Invalid(path.Child("progressDeadlineSeconds"), *deadline, "must be greater than minReadySeconds"))
	}
	return withoutRepeats(errs)
}

// validateReplicaTemplate checks the template of a Deployment or a ReplicaSet, if the selector can be read. The path is the spec's.
func validateReplicaTemplate(
	t *corev1.PodTemplateSpec, selector *metav1.LabelSelector, gates podspec.FeatureGates, path *field.Path,
) field.ErrorList {
	at := path.Child("template")
	s, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return field.ErrorList{field.Invalid(path.Child("selector"), selector, "invalid label selector")}
	}
	var errs field.ErrorList
	if !s.Empty() {
		errs = validateSelects(selector, t.Labels, at)
	}
	errs = append(errs, validateTemplate(t, gates, at)...)
	return append(errs, validateRunsForever(&t.Spec, "ReplicaSet", at.Child("spec"))...)
}

// serverDeploymentStrategy is the form in which the API server prints a strategy.
type serverDeploymentStrategy struct {
	Type          appsv1.DeploymentStrategyType
	RollingUpdate *serverRollingUpdate
}

// serverRollingUpdate is the form in which it prints the numbers of an update.
type serverRollingUpdate struct{ MaxUnavailable, MaxSurge intstr.IntOrString }

func validateDeploymentStrategy(strategy *appsv1.DeploymentStrategy, path *field.Path) field.ErrorList {
	switch rolling := strategy.RollingUpdate; strategy.Type {
	case appsv1.RecreateDeploymentStrategyType:
		if rolling != nil {
			return field.ErrorList{field.Forbidden(path.Child("rollingUpdate"), "may not be specified when strategy `type` is 'Recreate'")}
		}
		return nil
	case appsv1.RollingUpdateDeploymentStrategyType:
		return validateRollingUpdate(rolling, path.Child("rollingUpdate"))
	default:
		printed := serverDeploymentStrategy{Type: strategy.Type}
		if rolling != nil {
			printed.RollingUpdate = printedRollingUpdate(rolling.MaxUnavailable, rolling.MaxSurge)
		}
		return field.ErrorList{field.NotSupported(path, printed,
			[]appsv1.DeploymentStrategyType{appsv1.RecreateDeploymentStrategyType, appsv1.RollingUpdateDeploymentStrategyType})}
	}
}

// printedRollingUpdate shows numbers that are not given as 0.
func printedRollingUpdate(maxUnavailable, maxSurge *intstr.IntOrString) *serverRollingUpdate {
	var printed serverRollingUpdate
	if maxUnavailable != nil {
		printed.MaxUnavailable = *maxUnavailable
	}
	if maxSurge != nil {
		printed.MaxSurge = *maxSurge
	}
	return &printed
}

// validateRollingUpdate requires that there is a way for the update to go on: with a pod fewer or a pod more.
func validateRollingUpdate(rolling *appsv1.RollingUpdateDeployment, path *field.Path) field.ErrorList {
	unavailable, surge := path.Child("maxUnavailable"), path.Child("maxSurge")
	errs := validateShare(rolling.MaxUnavailable, unavailable)
	errs = append(errs, validateShare(rolling.MaxSurge, surge)...)
	if number(rolling.MaxUnavailable) == 0 && number(rolling.MaxSurge) == 0 {
		errs = append(errs, field.Invalid(unavailable, *rolling.MaxUnavailable, "may not be 0 when `maxSurge` is 0"))
	}
	return append(errs, validateAtMostAll(rolling.MaxUnavailable, unavailable)...)
}

// validateRollback checks the annotation with the revision to go back to, which the API server sees as a field that versions of old had.
func validateRollback(annotations map[string]string, path *field.Path) field.ErrorList {
	value := annotations[appsv1.DeprecatedRollbackTo]
	if value == "" {
		return nil
	}
	revision, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return field.ErrorList{field.Invalid(field.NewPath("metadata", "annotations").Key(appsv1.DeprecatedRollbackTo), value, err.Error())}
	}
	return apivalidation.ValidateNonnegativeField(revision, path.Child("rollback", "version"))
}
