package validation

import (
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec"
)

// ValidateDaemonSet returns what the API server finds wrong with a defaulted DaemonSet. A selector that is missing selects nothing:
// that is all that the server says of it.
func ValidateDaemonSet(d *appsv1.DaemonSet, gates podspec.FeatureGates) field.ErrorList {
	spec, path := &d.Spec, field.NewPath("spec")
	template := path.Child("template")
	errs := validateTemplateGeneration(d.Annotations)
	errs = append(errs, validateMetadata(&d.ObjectMeta)...)
	errs = append(errs, validateSelector(spec.Selector, path.Child("selector"))...)
	errs = append(errs, validateSelects(spec.Selector, spec.Template.Labels, template)...)
	errs = append(errs, validateNotEmpty(spec.Selector, "daemonset", path.Child("selector"))...)
	errs = append(errs, validateTemplate(&spec.Template, gates, template)...)
	errs = append(errs, validateRunsForever(&spec.Template.Spec, "DaemonSet", template.Child("spec"))...)
	errs = append(errs, validateNonNegative(path, namedNumber[int32]{"minReadySeconds", &spec.MinReadySeconds})...)
	errs = append(errs, validateDaemonSetStrategy(&spec.UpdateStrategy, path.Child("updateStrategy"))...)
	errs = append(errs, validateNonNegative(path, namedNumber[int32]{"revisionHistoryLimit", spec.RevisionHistoryLimit})...)
	return withoutRepeats(errs)
}

// validateTemplateGeneration refuses an annotation that holds no number, which the API server cannot even decode.
func validateTemplateGeneration(annotations map[string]string) field.ErrorList {
	value, given := annotations[appsv1.DeprecatedTemplateGeneration]
	if _, err := strconv.ParseInt(value, 10, 64); given && err != nil {
		return field.ErrorList{field.Invalid(field.NewPath("metadata", "annotations").Key(appsv1.DeprecatedTemplateGeneration), value, err.Error())}
	}
	return nil
}

// serverDaemonSetStrategy is the form in which the API server prints a strategy.
type serverDaemonSetStrategy struct {
	Type          appsv1.DaemonSetUpdateStrategyType
	RollingUpdate *serverRollingUpdate
}

func validateDaemonSetStrategy(strategy *appsv1.DaemonSetUpdateStrategy, path *field.Path) field.ErrorList {
	switch rolling := strategy.RollingUpdate; strategy.Type {
	case appsv1.OnDeleteDaemonSetStrategyType:
		return nil
	case appsv1.RollingUpdateDaemonSetStrategyType:
		return validateDaemonSetUpdate(rolling, path.Child("rollingUpdate"))
	default:
		printed := serverDaemonSetStrategy{Type: strategy.Type}
		if rolling != nil {
			printed.RollingUpdate = printedRollingUpdate(rolling.MaxUnavailable, rolling.MaxSurge)
		}
		return field.ErrorList{field.NotSupported(path, printed,
			[]appsv1.DaemonSetUpdateStrategyType{appsv1.RollingUpdateDaemonSetStrategyType, appsv1.OnDeleteDaemonSetStrategyType})}
	}
}

// validateDaemonSetUpdate requires one way for the update to go on, and no second one: with a pod fewer on a node, or a pod more.
func validateDaemonSetUpdate(rolling *appsv1.RollingUpdateDaemonSet, path *field.Path) field.ErrorList {
	unavailable, surge := path.Child("maxUnavailable"), path.Child("maxSurge")
	errs := validateShare(rolling.MaxUnavailable, unavailable)
	errs = append(errs, validateShare(rolling.MaxSurge, surge)...)
	errs = append(errs, validateAtMostAll(rolling.MaxUnavailable, unavailable)...)
	errs = append(errs, validateAtMostAll(rolling.MaxSurge, surge)...)
	switch fewer, more := number(rolling.MaxUnavailable) != 0, number(rolling.MaxSurge) != 0; {
	case fewer && more:
		errs = append(errs, field.Invalid(surge, *rolling.MaxSurge, "may not be set when maxUnavailable is non-zero"))
	case !fewer && !more:
		errs = append(errs, field.Required(unavailable, "cannot be 0 when maxSurge is 0"))
	}
	return errs
}
