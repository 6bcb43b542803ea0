package validation

import (
	"fmt"
	"strconv"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// The most that there may be in a success policy.
const (
	maxSuccessRules     = 20
	maxSucceededIndexes = 64 * 1024 // characters
)

// serverSuccessPolicy is the form in which the API server prints a success policy.
type serverSuccessPolicy struct{ Rules []serverSuccessRule }

type serverSuccessRule struct {
	SucceededIndexes *string
	SucceededCount   *int32
}

// validateSuccessPolicy checks the rules by which an indexed Job has succeeded before all of its indexes have.
func validateSuccessPolicy(spec *batchv1.JobSpec, path *field.Path) field.ErrorList {
	rules := spec.SuccessPolicy.Rules
	if !isIndexed(spec) {
		printed := serverSuccessPolicy{Rules: make([]serverSuccessRule, len(rules))}
		for i, rule := range rules {
			printed.Rules[i] = serverSuccessRule(rule)
		}
		if rules == nil {
			printed.Rules = nil // it is printed as null
		}
		return field.ErrorList{field.Invalid(path, printed, "requires indexed completion mode")}
	}
	var errs field.ErrorList
	at := path.Child("rules")
	if len(rules) == 0 {
		errs = append(errs, field.Required(at, "at least one rules must be specified when the successPolicy is specified"))
	}
	if len(rules) > maxSuccessRules {
		errs = append(errs, field.TooMany(at, len(rules), maxSuccessRules))
	}
	for i, rule := range rules {
		errs = append(errs, validateSuccessRule(rule, spec.Completions, at.Index(i))...)
	}
	return errs
}

// validateSuccessRule checks one rule. Without completions, which is an error of its own, there is nothing to hold a rule against.
func validateSuccessRule(rule batchv1.SuccessPolicyRule, completions *int32, path *field.Path) field.ErrorList {
	if rule.SucceededCount == nil && rule.SucceededIndexes == nil {
		return field.ErrorList{field.Required(path, "at least one of succeededCount or succeededIndexes must be specified")}
	}
	if completions == nil {
		return nil
	}
	var errs field.ErrorList
	var indexes int32
	if text := rule.SucceededIndexes; text != nil {
		at := path.Child("succeededIndexes")
		if len(*text) > maxSucceededIndexes {
			errs = append(errs, field.TooLong(at, "", maxSucceededIndexes))
		}
		var err error
		if indexes, err = countIndexes(*text, *completions); err != nil {
			errs = append(errs, field.Invalid(at, *text, fmt.Sprintf("error parsing succeededIndexes: %s", err)))
		}
	}
	if count := rule.SucceededCount; count != nil {
		at := path.Child("succeededCount")
		errs = append(errs, apivalidation.ValidateNonnegativeField(int64(*count), at)...)
		if *count > *completions {
			errs = append(errs, field.Invalid(at, *count, fmt.Sprintf("must be less than or equal to %d (the number of specified completions)", *completions)))
		}
		if rule.SucceededIndexes != nil && *count > indexes {
			errs = append(errs, field.Invalid(at, *count,
				fmt.Sprintf("must be less than or equal to %d (the number of indexes in the specified succeededIndexes field)", indexes)))
		}
	}
	return errs
}

// countIndexes is how many indexes a list such as "0,2-4" names; they must rise and lie below the completions.
func countIndexes(list string, completions int32) (int32, error) {
	if list == "" {
		return 0, nil
	}
	var count int32
	previous := -1
	for part := range strings.SplitSeq(list, ",") {
		first, last, err := indexInterval(part, int(completions))
		switch {
		case err != nil:
			return 0, err
		case count > 0 && previous >= first:
			return 0, notIncreasing(previous, first)
		}
		count += int32(last - first + 1)
		previous = last
	}
	return count, nil
}

func indexInterval(text string, completions int) (first, last int, err error) {
	ends := strings.Split(text, "-")
	if len(ends) > 2 {
		return 0, 0, fmt.Errorf("the fragment %q violates the requirement that an index interval can have at most two parts separated by '-'", text)
	}
	if first, err = index(ends[0], completions); err != nil || len(ends) == 1 {
		return first, first, err
	}
	if last, err = index(ends[1], completions); err == nil && first >= last {
		err = notIncreasing(first, last)
	}
	return first, last, err
}

func index(text string, completions int) (int, error) {
	i, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("cannot convert string to integer for index: %q", text)
	case i >= completions:
		return 0, fmt.Errorf("too large index: %q", text)
	}
	return i, nil
}

func notIncreasing(previous, current int) error {
	return fmt.Errorf("non-increasing order, previous: %d, current: %d", previous, current)
}
