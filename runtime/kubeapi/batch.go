package kubeapi

import (
	"fmt"
	"strconv"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec/defaults"
	"github.com/podsim/podsim/podspec/validation"
)

// jobs are the Jobs. Who deletes one and does not say what is to become of its pods leaves them, as ever in this version.
func jobs(config Config) *resource[*batchv1.Job] {
	return &resource[*batchv1.Job]{
		collection: config.Store.Jobs, singular: "job", categories: []string{"all"}, orphansByDefault: true,
		newObject: func() *batchv1.Job { return &batchv1.Job{} },
		newList:   func() runtime.Object { return &batchv1.JobList{} },
		table:     jobTable(),
		fields: func(job *batchv1.Job) fields.Set {
			return with(metadataFields(job), fields.Set{"status.successful": strconv.Itoa(int(job.Status.Succeeded))})
		},
		prepare: func(job *batchv1.Job) {
			defaults.JobSelector(job)
			job.Status, job.Generation = batchv1.JobStatus{}, 1
			dropDisabled(&job.Spec.Template, config.FeatureGates)
		},
		check: func(job *batchv1.Job) field.ErrorList { return validation.ValidateJob(job, config.FeatureGates) },
		prepareUpdate: func(newer, older *batchv1.Job) {
			newer.Status = older.Status
			dropDisabled(&newer.Spec.Template, config.FeatureGates)
			countSpec(newer, older, newer.Spec, older.Spec)
		},
		checkUpdate: func(newer, older *batchv1.Job) field.ErrorList {
			return validation.ValidateJobUpdate(newer, older, config.FeatureGates)
		},
	}
}

func cronJobs(config Config) *resource[*batchv1.CronJob] {
	return &resource[*batchv1.CronJob]{
		collection: config.Store.CronJobs, singular: "cronjob", shortNames: []string{"cj"}, categories: []string{"all"},
		newObject: func() *batchv1.CronJob { return &batchv1.CronJob{} },
		newList:   func() runtime.Object { return &batchv1.CronJobList{} },
		table:     cronJobTable(), fields: metadataFields[*batchv1.CronJob],
		prepare: func(cron *batchv1.CronJob) {
			cron.Status, cron.Generation = batchv1.CronJobStatus{}, 1
			dropDisabled(&cron.Spec.JobTemplate.Spec.Template, config.FeatureGates)
		},
		check: func(cron *batchv1.CronJob) field.ErrorList {
			return validation.ValidateCronJob(cron, config.FeatureGates)
		},
		prepareUpdate: func(newer, older *batchv1.CronJob) {
			newer.Status = older.Status
			dropDisabled(&newer.Spec.JobTemplate.Spec.Template, config.FeatureGates)
			countSpec(newer, older, newer.Spec, older.Spec)
		},
		checkUpdate: func(newer, older *batchv1.CronJob) field.ErrorList {
			return validation.ValidateCronJobUpdate(newer, older, config.FeatureGates)
		},
	}
}

func jobTable() table[*batchv1.Job] {
	return table[*batchv1.Job]{
		columns: append(append([]metav1.TableColumnDefinition{
			nameColumn(), column("Status", "Status of the job."), column("Completions", "Pods that succeeded of those wanted."),
			column("Duration", "Time that the job took."), ageColumn(),
		}, templateColumns()...), selectorColumn()),
		row: func(job *batchv1.Job, now time.Time) metav1.TableRow {
			took := ""
			if begun, ended := job.Status.StartTime, job.Status.CompletionTime; begun != nil && ended != nil {
				took = since(begun.Time, ended.Time)
			} else if begun != nil {
				took = since(begun.Time, now)
			}
			row := cells(job.Name, jobStatus(job), jobCompletions(job), took, since(job.CreationTimestamp.Time, now))
			row.Cells = append(append(row.Cells, templateCells(&job.Spec.Template)...), metav1.FormatLabelSelector(job.Spec.Selector))
			return row
		},
	}
}

// jobStatus is what a Job does in one word.
func jobStatus(job *batchv1.Job) string {
	is := func(condition batchv1.JobConditionType) bool {
		for _, c := range job.Status.Conditions {
			if c.Type == condition {
				return c.Status == corev1.ConditionTrue
			}
		}
		return false
	}
	switch {
	case is(batchv1.JobComplete):
		return "Complete"
	case is(batchv1.JobFailed):
		return "Failed"
	case job.DeletionTimestamp != nil:
		return "Terminating"
	case is(batchv1.JobSuspended):
		return "Suspended"
	case is(batchv1.JobFailureTarget):
		return "FailureTarget"
	case is(batchv1.JobSuccessCriteriaMet):
		return "SuccessCriteriaMet"
	}
	return "Running"
}

func jobCompletions(job *batchv1.Job) string {
	switch parallelism := valueOr(job.Spec.Parallelism, 0); {
	case job.Spec.Completions != nil:
		return fmt.Sprintf("%d/%d", job.Status.Succeeded, *job.Spec.Completions)
	case parallelism > 1:
		return fmt.Sprintf("%d/1 of %d", job.Status.Succeeded, parallelism)
	}
	return fmt.Sprintf("%d/1", job.Status.Succeeded)
}

func cronJobTable() table[*batchv1.CronJob] {
	return table[*batchv1.CronJob]{
		columns: append(append([]metav1.TableColumnDefinition{
			nameColumn(), column("Schedule", "When jobs are to run."), column("Timezone", "Time zone of the schedule."),
			{Name: "Suspend", Type: "boolean", Description: "Whether no more jobs are to run."}, count("Active", "Jobs that run."),
			column("Last Schedule", "Time since a job was last made."), ageColumn(),
		}, templateColumns()...), selectorColumn()),
		row: func(cron *batchv1.CronJob, now time.Time) metav1.TableRow {
			last := "<none>"
			if at := cron.Status.LastScheduleTime; at != nil {
				last = since(at.Time, now)
			}
			suspended := "<unset>"
			if cron.Spec.Suspend != nil {
				suspended = printBool(*cron.Spec.Suspend)
			}
			row := cells(cron.Name, cron.Spec.Schedule, orNone(valueOr(cron.Spec.TimeZone, "")), suspended, int64(len(cron.Status.Active)),
				last, since(cron.CreationTimestamp.Time, now))
			row.Cells = append(append(row.Cells, templateCells(&cron.Spec.JobTemplate.Spec.Template)...), metav1.FormatLabelSelector(cron.Spec.JobTemplate.Spec.Selector))
			return row
		},
	}
}

// printBool writes it as kubectl does.
func printBool(value bool) string {
	if value {
		return "True"
	}
	return "False"
}
