package validation

import (
	"strconv"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// validateShare checks how many pods may be missing, or too many, during an update: a number or a percentage.
func validateShare(share *intstr.IntOrString, path *field.Path) field.ErrorList {
	if share.Type == intstr.String {
		return invalid(path, *share, validation.IsValidPercent(share.StrVal))
	}
	return apivalidation.ValidateNonnegativeField(int64(share.IntVal), path)
}

// validateAtMostAll refuses more than all pods.
func validateAtMostAll(share *intstr.IntOrString, path *field.Path) field.ErrorList {
	if percent, ok := percentage(share); ok && percent > 100 {
		return field.ErrorList{field.Invalid(path, *share, "must not be greater than 100%")}
	}
	return nil
}

// number is the number of a share, of pods or of hundredths; text that is no percentage counts with the number that it is, else as 0.
func number(share *intstr.IntOrString) int {
	if percent, ok := percentage(share); ok {
		return percent
	}
	return share.IntValue()
}

func percentage(share *intstr.IntOrString) (percent int, ok bool) {
	if share.Type != intstr.String || len(validation.IsValidPercent(share.StrVal)) > 0 {
		return 0, false
	}
	percent, _ = strconv.Atoi(share.StrVal[:len(share.StrVal)-1])
	return percent, true
}
