package validation

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // time zones for a machine that has none of its own, as an API server has them in itself

	"github.com/robfig/cron/v3"
	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/podsim/podsim/podspec"
)

// maxCronJobName leaves room, in the name of a Job, for what the controller adds.
const maxCronJobName = validation.DNS1035LabelMaxLength - 11

// ValidateCronJob returns what the API server finds wrong with a defaulted CronJob.
func ValidateCronJob(c *batchv1.CronJob, gates podspec.FeatureGates) field.ErrorList {
	errs := append(validateMetadata(&c.ObjectMeta), validateCronJobSpec(&c.Spec, gates)...)
	if len(c.Name) > maxCronJobName {
		errs = append(errs, field.Invalid(field.NewPath("metadata", "name"), c.Name, fmt.Sprintf("must be no more than %d characters", maxCronJobName)))
	}
	return withoutRepeats(append(errs, validateScheduled(&c.Spec)...))
}

func validateCronJobSpec(spec *batchv1.CronJobSpec, gates podspec.FeatureGates) field.ErrorList {
	path := field.NewPath("spec")
	errs := validateSchedule(spec.Schedule, path.Child("schedule"))
	errs = append(errs, validateNonNegative(path, namedNumber[int64]{"startingDeadlineSeconds", spec.StartingDeadlineSeconds})...)
	errs = append(errs, validateTimeZone(spec.TimeZone, path.Child("timeZone"))...)
	errs = append(errs, validateOneOf(path.Child("concurrencyPolicy"), spec.ConcurrencyPolicy,
		batchv1.AllowConcurrent, batchv1.ForbidConcurrent, batchv1.ReplaceConcurrent)...)
	errs = append(errs, validateJobTemplate(&spec.JobTemplate.Spec, gates, path.Child("jobTemplate", "spec"))...)
	return append(errs, validateNonNegative(path, namedNumber[int32]{"successfulJobsHistoryLimit", spec.SuccessfulJobsHistoryLimit},
		namedNumber[int32]{"failedJobsHistoryLimit", spec.FailedJobsHistoryLimit})...)
}

// validateScheduled requires a schedule. The server looks for it in another way than for the rest, and afterwards.
func validateScheduled(spec *batchv1.CronJobSpec) field.ErrorList {
	if spec.Schedule != "" {
		return nil
	}
	return field.ErrorList{field.Required(field.NewPath("spec", "schedule"), "")}
}

// validateJobTemplate checks the template of the Jobs, each of which gets a selector of its own.
func validateJobTemplate(spec *batchv1.JobSpec, gates podspec.FeatureGates, path *field.Path) field.ErrorList {
	errs := validateJobSpec(spec, gates, path)
	if spec.Selector != nil {
		errs = append(errs, field.Invalid(path.Child("selector"), spec.Selector, "`selector` will be auto-generated"))
	}
	if ptr.Deref(spec.ManualSelector, false) {
		errs = append(errs, field.NotSupported(path.Child("manualSelector"), *spec.ManualSelector, []string{"nil", "false"}))
	}
	return errs
}

func validateSchedule(schedule string, path *field.Path) field.ErrorList {
	if schedule == "" {
		return nil
	}
	var errs field.ErrorList
	if err := parseSchedule(schedule); err != nil {
		errs = append(errs, field.Invalid(path, schedule, err.Error()))
	}
	if strings.Contains(schedule, "TZ") {
		errs = append(errs, field.Invalid(path, schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"))
	}
	return errs
}

// parseSchedule tells what is wrong with a schedule. The parser panics at some that name a time zone badly.
func parseSchedule(schedule string) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("invalid schedule format: %v", reason)
		}
	}()
	_, err = cron.ParseStandard(schedule)
	return err
}

// timeZonePart is the form of what stands between the slashes of a time zone's name.
var timeZonePart = regexp.MustCompile(`^[A-Za-z\.\-_0-9+]{1,14}$`)

// validateTimeZone looks the time zone up.
func validateTimeZone(zone *string, path *field.Path) field.ErrorList {
	if zone == nil {
		return nil
	}
	if *zone == "" {
		return field.ErrorList{field.Invalid(path, *zone, "timeZone must be nil or non-empty string")}
	}
	if slices.ContainsFunc(strings.Split(*zone, "/"), func(part string) bool {
		return part == "." || part == ".." || strings.HasPrefix(part, "-") || !timeZonePart.MatchString(part)
	}) {
		return field.ErrorList{field.Invalid(path, *zone, "unknown time zone "+*zone)}
	}
	var errs field.ErrorList
	if strings.EqualFold(*zone, "Local") {
		errs = append(errs, field.Invalid(path, *zone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"))
	}
	if _, err := time.LoadLocation(*zone); err != nil {
		errs = append(errs, field.Invalid(path, *zone, err.Error()))
	}
	return errs
}
